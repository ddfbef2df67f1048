/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-base-crew.c - each job is done once, whoever helps, and seen by the owner; who has no work sleeps */
#include "collector/base/crew.h"

#include <time.h>

enum { JOBS = 37, LISTS = 3000 };

typedef struct Sheet {
    uint32_t given;       /* by the owner, for this list */
    uint32_t marks[JOBS]; /* by the jobs: plain numbers, so that a sanitizer sees what is not handed over */
} Sheet;

static void
mark(void *user, uint32_t index)
{
    Sheet *sheet = user;

    sheet->marks[index] += sheet->given;
}

static void
check_lists(uint32_t helpers)
{
    g_autoptr(Crew) crew = crew_new(helpers);
    Sheet sheet = { 0 };
    uint32_t sums[JOBS] = { 0 };

    for (uint32_t i = 1; i <= LISTS; i++) {
        uint32_t n = i % (JOBS + 1);
        sheet.given = i;
        crew_begin(crew, mark, &sheet, n);
        crew_end(crew);
        for (uint32_t k = 0; k < JOBS; k++) {
            sums[k] += k < n ? i : 0;
            g_assert_cmpuint(sheet.marks[k], ==, sums[k]);
        }
        if (i % 1000 == 0) /* long enough for them to fall asleep */
            g_usleep(2000);
    }
}

static void
test_each_job_is_done_once(void)
{
    for (uint32_t helpers = 0; helpers <= 3; helpers++)
        check_lists(helpers);
}

static void
test_what_was_begun_is_done_before_the_end(void)
{
    Sheet sheet = { .given = 1 };
    Crew *crew = crew_new(2);

    crew_end(crew); /* of nothing */
    crew_begin(crew, mark, &sheet, JOBS);
    crew_free(crew);
    for (uint32_t k = 0; k < JOBS; k++)
        g_assert_cmpuint(sheet.marks[k], ==, 1);
    crew_free(NULL);
}

static int64_t
cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
test_without_work_it_sleeps(void)
{
    enum { IDLE_US = 300000 };
    g_autoptr(Crew) crew = crew_new(3);
    Sheet sheet = { .given = 1 };

    crew_begin(crew, mark, &sheet, JOBS);
    crew_end(crew);
    int64_t before_us = cpu_us();
    g_usleep(IDLE_US);
    g_assert_cmpint(cpu_us() - before_us, <,
                    IDLE_US / 10); /* three that look would take three times IDLE_US */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/crew/each-job-is-done-once", test_each_job_is_done_once);
    g_test_add_func("/base/crew/what-was-begun-is-done-before-the-end",
                    test_what_was_begun_is_done_before_the_end);
    g_test_add_func("/base/crew/without-work-it-sleeps", test_without_work_it_sleeps);
    return g_test_run();
}

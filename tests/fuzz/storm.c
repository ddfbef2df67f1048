/* SPDX-License-Identifier: GPL-3.0-or-later */
/* storm.c - see storm.h */
#include "tests/fuzz/storm.h"
#include "tests/fuzz/damage.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/generator.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Inputs of one child; octets of an input; what a sequence may take of the processor's time, and a child of
 * memory; how a child ends that is well, and one that has lost memory. */
enum {
    CHILD_INPUTS = 1000000,
    INPUT_MOST = 16384,
    SEQUENCE_S = 10,
    CHILD_KB = 1 << 20,
    WELL = 0,
    LEAKS = 3,
};

/* In what a child and its parent share. */
typedef struct Progress {
    uint64_t sequence, inputs; /* begun, all in all */
    unsigned input;            /* in work, of its sequence */
} Progress;

struct Storm {
    uint64_t seed;
    GPtrArray *corpus; /* of GBytes */
    Progress *progress;
    uint8_t *room; /* of INPUT_MOST: the input in work */
};

typedef struct Sequence {
    uint64_t random;
    unsigned inputs;
    size_t most; /* octets of an input */
} Sequence;

/* There where the sanitizer is linked. */
__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);

Storm *
storm_new(uint64_t seed)
{
    Storm *self = g_new0(Storm, 1);

    self->seed = seed;
    self->corpus = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    self->progress =
        mmap(NULL, sizeof *self->progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert(self->progress != MAP_FAILED);
    self->room = g_malloc(INPUT_MOST);
    return self;
}

void
storm_free(Storm *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->corpus);
    munmap(self->progress, sizeof *self->progress);
    g_free(self->room);
    g_free(self);
}

static int
by_content(const void *a, const void *b)
{
    return g_bytes_compare(*(GBytes *const *)a, *(GBytes *const *)b);
}

unsigned
storm_add_folder(Storm *self, const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        char *bytes;
        gsize length;
        if (g_file_get_contents(file, &bytes, &length, NULL))
            g_ptr_array_add(self->corpus, g_bytes_new_take(bytes, length));
    }
    g_ptr_array_sort(self->corpus, by_content); /* in whatever order the folder tells them */
    return self->corpus->len;
}

/* Small inputs, most of the time: they are quick, and a fault that needs a large one is rare. */
static Sequence
begin(const Storm *self, uint64_t number)
{
    static const unsigned inputs[] = { 1, 8, 64, 64 };
    static const size_t most[] = { 250, 250, 250, 250, 600, 600, 600, INPUT_MOST };
    Sequence sequence = { .random = self->seed + number * 0x2545f4914f6cdd1du };
    uint64_t draw = generator_random(&sequence.random);

    sequence.inputs = inputs[draw % G_N_ELEMENTS(inputs)];
    sequence.most = most[(draw >> 8) % G_N_ELEMENTS(most)];
    return sequence;
}

/* The sequence's next one, into the room: one of the corpus, changed a few times. */
static size_t
next(Storm *self, Sequence *sequence)
{
    uint64_t draw = generator_random(&sequence->random);
    gsize length;
    const void *bytes = g_bytes_get_data(self->corpus->pdata[draw % self->corpus->len], &length);
    unsigned changes = 1 + (unsigned)(draw >> 40) % 4;

    length = MIN(length, sequence->most);
    memcpy(self->room, bytes, length);
    for (unsigned i = 0; i < changes; i++)
        length = damage(&sequence->random, self->room, length, sequence->most);
    return length;
}

static void
run_sequence(Storm *self, uint64_t number)
{
    const struct itimerval limit = { .it_value = { .tv_sec = SEQUENCE_S } };
    Sequence sequence = begin(self, number);
    Progress *progress = self->progress;

    progress->sequence = number;
    setitimer(ITIMER_PROF, &limit, NULL); /* ends the process */
    fuzz_keep(sequence.inputs);
    for (progress->input = 0; progress->input < sequence.inputs; progress->input++) {
        size_t length = next(self, &sequence);
        progress->inputs++;
        LLVMFuzzerTestOneInput(self->room, length);
    }
}

/* What functions that have returned left on the stack looks like a pointer to memory that was lost. */
static __attribute__((noinline, no_sanitize("address"))) void
wipe_stack(void)
{
    char room[256 << 10];

    explicit_bzero(room, sizeof room);
}

static bool
lost_memory(void)
{
    wipe_stack();
    return __lsan_do_recoverable_leak_check != NULL && __lsan_do_recoverable_leak_check() != 0;
}

/* What a child does; @until is past its last sequence, unless its time is over before. */
static int
run_child(Storm *self, uint64_t first, uint64_t until, int64_t end_us)
{
    const uint64_t begun = self->progress->inputs;
    struct rusage usage;

    for (uint64_t i = first; i < until && self->progress->inputs - begun < CHILD_INPUTS; i++) {
        run_sequence(self, i);
        if (g_get_monotonic_time() >= end_us)
            break;
    }
    setitimer(ITIMER_PROF, &(struct itimerval){ 0 }, NULL);
    getrusage(RUSAGE_SELF, &usage);
    FUZZ_CHECK(usage.ru_maxrss < CHILD_KB);
    return lost_memory() ? LEAKS : WELL;
}

/* How the child ended; or rather, by what. */
static int
fork_child(Storm *self, uint64_t first, uint64_t until, int64_t end_us)
{
    int status;
    pid_t child = fork();

    g_assert(child >= 0);
    if (child == 0)
        _exit(run_child(self, first, until, end_us));
    while (waitpid(child, &status, 0) < 0)
        g_assert(errno == EINTR);
    return status;
}

static bool
leaks(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == LEAKS;
}

/* The sequence that loses memory, of those in [@first, @until) that do so together; @until if none does
 * alone. */
static uint64_t
find_leak(Storm *self, uint64_t first, uint64_t until)
{
    uint64_t low = first, high = until;

    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (leaks(fork_child(self, low, middle, INT64_MAX)))
            high = middle;
        else
            low = middle;
    }
    return leaks(fork_child(self, low, high, INT64_MAX)) ? low : until;
}

/* Its inputs up to @last, each a file. */
static void
write_down(Storm *self, uint64_t number, unsigned last, const char *findings)
{
    g_autofree char *folder =
        g_strdup_printf("%sstorm-%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, findings, self->seed, number);
    Sequence sequence = begin(self, number);
    bool is_written = g_mkdir_with_parents(folder, 0755) == 0;

    for (unsigned i = 0; i < sequence.inputs && i <= last; i++) {
        g_autofree char *path = g_strdup_printf("%s/%02u", folder, i);
        size_t length = next(self, &sequence);
        is_written &= g_file_set_contents(path, (const char *)self->room, (gssize)length, NULL);
    }
    fprintf(stderr, "FINDING: sequence %" G_GUINT64_FORMAT "%s are the inputs in %s\n", number,
            is_written ? "" : " (could not be written)", folder);
}

/* Writes down what ended the child that began with @first. */
static void
tell(Storm *self, int status, uint64_t first, const char *findings)
{
    const Progress at = *self->progress;

    if (!leaks(status)) {
        if (WIFSIGNALED(status))
            fprintf(stderr, "ended by a signal: %s\n", strsignal(WTERMSIG(status)));
        write_down(self, at.sequence, at.input, findings);
        return;
    }
    uint64_t found = find_leak(self, first, at.sequence + 1);
    self->progress->inputs = at.inputs; /* what was run again counts once */
    if (found <= at.sequence)
        write_down(self, found, UINT_MAX, findings);
    else
        fprintf(stderr,
                "FINDING: no sequence of %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " loses memory alone\n",
                first, at.sequence);
}

bool
storm_run(Storm *self, double seconds, const char *findings)
{
    int64_t end_us = g_get_monotonic_time() + (int64_t)(seconds * 1e6);

    for (uint64_t first = 0; g_get_monotonic_time() < end_us; first = self->progress->sequence + 1) {
        int status = fork_child(self, first, UINT64_MAX, end_us);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != WELL) {
            tell(self, status, first, findings);
            return false;
        }
    }
    return true;
}

uint64_t
storm_inputs_run(const Storm *self)
{
    return self->progress->inputs;
}

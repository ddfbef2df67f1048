/* SPDX-License-Identifier: GPL-3.0-or-later */
/* problem.c - see problem.h */
#include "web/problem.h"

#include <jansson.h>

typedef struct ProblemKind {
    unsigned status;
    const char *type;
    const char *title;
} ProblemKind;

static const ProblemKind kinds[N_PROBLEMS] = {
#define X(id, status, name, title) { status, "urn:talaya:problem:" name, title },
    PROBLEMS(X)
#undef X
};

unsigned
problem_status(Problem problem)
{
    return kinds[problem].status;
}

Problem
problem_of_status(unsigned status)
{
    static const struct {
        unsigned status;
        Problem problem;
    } table[] = { { 400, PROBLEM_BAD_PARAMETER }, { 404, PROBLEM_NOT_FOUND }, { 409, PROBLEM_CONFLICT },
                  { 412, PROBLEM_CHANGED },       { 422, PROBLEM_BAD_BODY },  { 503, PROBLEM_UNAVAILABLE } };

    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if (table[i].status == status)
            return table[i].problem;
    return PROBLEM_INTERNAL;
}

char *
problem_text(Problem problem, const char *instance, const char *detail)
{
    const ProblemKind *kind = &kinds[problem];
    g_autofree char *where = g_utf8_make_valid(instance, -1);
    g_autofree char *what = g_utf8_make_valid(detail, -1);
    json_t *object = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", kind->type, "title", kind->title,
                               "status", (int)kind->status, "detail", what, "instance", where);
    char *text = json_dumps(object, JSON_COMPACT);

    json_decref(object);
    return text;
}

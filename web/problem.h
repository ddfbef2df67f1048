/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * problem.h - how every error looks: application/problem+json (RFC 9457)
 *
 * The type is stable, so a program may branch on it; the detail is for the human in front of the program and
 * says what to do about it.
 */
#pragma once
#include <glib.h>

/* id, status, last part of the type "urn:talaya:problem:...", title */
#define PROBLEMS(X)                                                                                          \
    X(BAD_TARGET, 400, "bad-target", "The address cannot be read")                                           \
    X(BAD_PARAMETER, 400, "bad-parameter", "A query parameter is wrong")                                     \
    X(BAD_BODY, 400, "bad-body", "The body is wrong")                                                        \
    X(NO_TOKEN, 401, "no-token", "A token is needed")                                                        \
    X(BAD_TOKEN, 401, "bad-token", "The token is not valid")                                                 \
    X(FORBIDDEN, 403, "forbidden", "The token may not do this")                                              \
    X(NOT_FOUND, 404, "not-found", "There is no such thing")                                                 \
    X(METHOD, 405, "method-not-allowed", "The method does not fit the address")                              \
    X(CONFLICT, 409, "conflict", "This cannot be done now")                                                  \
    X(CHANGED, 412, "changed-meanwhile", "Somebody changed it meanwhile")                                    \
    X(BODY_SIZE, 413, "body-too-large", "The body is too large")                                             \
    X(TARGET_SIZE, 414, "target-too-long", "The address is too long")                                        \
    X(MEDIA_TYPE, 415, "media-type", "The body is not JSON")                                                 \
    X(SLOW_DOWN, 429, "slow-down", "Too many bad tokens")                                                    \
    X(INTERNAL, 500, "internal", "Something is wrong in the server")                                         \
    X(UNAVAILABLE, 503, "unavailable", "A part of Talaya does not answer")

typedef enum Problem {
#define X(id, status, name, title) PROBLEM_##id,
    PROBLEMS(X)
#undef X
        N_PROBLEMS
} Problem;

unsigned problem_status(Problem problem);
/* The problem that stands for an HTTP status given by another process; INTERNAL for one that means nothing
 * here. */
Problem problem_of_status(unsigned status);
/* The JSON text. @instance and @detail may hold anything; what is no UTF-8 is replaced. The caller frees it.
 */
char *problem_text(Problem problem, const char *instance, const char *detail);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * param.h - the query of a request, checked against a table before a handler sees it
 *
 * A route names its parameters in a table of ParamSpec. Anything else is refused with a sentence that names
 * what is wrong, the range, and the parameters that exist: a typing error must not silently widen a question.
 */
#pragma once
#include "collector/base/clock.h"

typedef enum ParamKind {
    PARAM_TEXT,    /* @min..@max characters */
    PARAM_INT,     /* @min..@max */
    PARAM_NUMBER,  /* @min..@max */
    PARAM_TIME,    /* see time-param.h */
    PARAM_CHOICE,  /* one of @choices */
    PARAM_CHOICES, /* some of @choices, separated by commas */
    PARAM_ADDRESS, /* an IP address; kept as RFC 5952 text */
} ParamKind;

typedef struct ParamSpec {
    const char *name; /* NULL ends a table */
    ParamKind kind;
    double min, max;
    const char *choices; /* "a|b|c" */
} ParamSpec;

enum { PARAMS_MOST = 16 };

typedef struct ParamValue {
    const ParamSpec *spec;
    char *text;    /* owned */
    double number; /* PARAM_INT, PARAM_NUMBER */
    WallTime time; /* PARAM_TIME */
} ParamValue;

typedef struct Params {
    ParamValue values[PARAMS_MOST];
    unsigned n;
} Params;

/* Reads @query (may be NULL) into @self, which is zero before. On failure false, and *detail is a sentence
 * that the caller frees. Call params_clear either way. */
bool params_parse(Params *self, const char *query, const ParamSpec *specs, WallTime now, char **detail);
void params_clear(Params *self);
/* Lends the value, or NULL when it was not given. */
const ParamValue *params_find(const Params *self, const char *name);

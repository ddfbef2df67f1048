/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream-end.c - see stream-end.h */
#include "collector/stream-end.h"

#include <stddef.h>

static const struct {
    const char *name, *words, *fix;
} ends[N_STREAM_ENDS] = {
#define X(id, name, words, fix) [STREAM_END_##id] = { name, words, fix },
    STREAM_ENDS(X)
#undef X
};

const char *
stream_end_name(StreamEnd end)
{
    return ends[end].name;
}

const char *
stream_end_words(StreamEnd end)
{
    return ends[end].words;
}

const char *
stream_end_fix(StreamEnd end)
{
    return ends[end].fix;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series-file.h - one RRD file: made whole, checked before it is trusted, updated (for series*.c only)
 *
 * librrd maps its files into memory, so a hole in a file on a full disk, or a damaged header, would end the
 * process. Files are therefore fully allocated before they get their name, and a file that was there before
 * is compared with a fresh one of the same shape before librrd sees it. Errors of librrd are per thread and
 * sticky: each call here clears them first.
 */
#pragma once
#include "collector/series.h"

/* Data sources, in the order of the file. name, smallest value allowed */
#define SERIES_SOURCES(X)                                                                                    \
    X(OCTETS_IN, "octets_in")                                                                                \
    X(OCTETS_OUT, "octets_out")                                                                              \
    X(PACKETS_IN, "packets_in")                                                                              \
    X(PACKETS_OUT, "packets_out")                                                                            \
    X(FLOWS_IN, "flows_in")                                                                                  \
    X(FLOWS_OUT, "flows_out")                                                                                \
    X(LOST, "lost")                                                                                          \
    X(SCORE, "score")                                                                                        \
    X(EXPECTED_LOW, "expected_low")                                                                          \
    X(EXPECTED_HIGH, "expected_high")
typedef enum SeriesSource {
#define X(id, name) SOURCE_##id,
    SERIES_SOURCES(X)
#undef X
        N_SOURCES
} SeriesSource;

/* What a fresh file of our shape looks like. Zero-initialised: not learned yet. */
typedef struct SeriesShape {
    int64_t size;         /* of the file, bytes */
    size_t fixed_length;  /* bytes at its start that never change */
    size_t header_length; /* up to the values; ends with one row pointer an archive */
    uint8_t *fixed;       /* owned */
} SeriesShape;
/* Makes a file in @dir, looks at it, removes it. False, with @error, for example when the disk is full. */
bool series_shape_learn(SeriesShape *self, const char *dir, uint32_t step_s, GError **error);
void series_shape_clear(SeriesShape *self);

typedef enum SeriesFileState { SERIES_FILE_NONE, SERIES_FILE_GOOD, SERIES_FILE_DAMAGED } SeriesFileState;
/* Fills @last_s with the time of the last update of a good file, @why (static) with what is wrong with a
 * damaged one. */
SeriesFileState series_file_check(const SeriesShape *shape, const char *path, int64_t now_s, int64_t *last_s,
                                  const char **why);

/* Makes @path, ready for samples after @start_s. On failure nothing is left of it. */
bool series_file_create(const char *path, uint32_t step_s, int64_t start_s, GError **error);
/* Writes @n samples, ordered by time, in one go. */
bool series_file_update(const char *path, uint32_t step_s, const SeriesSample *samples, uint32_t n,
                        GError **error);

/* Sets @error to librrd's last words about @path, of which it may have none. */
void series_file_error(GError **error, const char *verb, const char *path);

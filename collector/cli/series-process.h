/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series-process.h - the loop of the `series` process: samples in, answers out
 *
 * One thread. Whatever comes over a channel is checked: sizes here, values in series.c. An answer that nobody
 * fetches is dropped by the channel and counted there.
 */
#pragma once
#include <jansson.h>
#include "collector/base/message.h"
#include "collector/series.h"

/* Takes samples from @from_sense and queries (`series`, `graph`, `counters`) from either, writes every
 * second. Returns 0 when @signals (a signalfd, or anything that becomes readable when it is time to end) is
 * readable, or when both channels are gone. What was taken is written before. */
int series_process_run(Series *series, Channel *from_sense, Channel *from_web, int signals);

/* Answers one query. Fills @status as HTTP has it; the body is JSON, or an image when the query was `graph`
 * and
 * @status is 200. */
GBytes *series_process_answer(Series *series, GBytes *query, uint16_t *status);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.h - one line a message on stderr, in words for the operator
 *
 * Under systemd (JOURNAL_STREAM set) the line starts with the syslog priority in angle brackets, else with
 * the time. Control characters are escaped, so that nothing from the network can forge a second line. For
 * what a sender can cause, use a LogLimit: at most a few lines a minute, and the number of those left out.
 */
#pragma once
#include <glib.h>
#include <stdint.h>

typedef enum LogLevel {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARN = 4,
    LOG_LEVEL_NOTE = 5,
    LOG_LEVEL_INFO = 6
} LogLevel;

void log_line(LogLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);
#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_note(...)  log_line(LOG_LEVEL_NOTE, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LEVEL_INFO, __VA_ARGS__)

/* Zero-initialised is ready for use. One owner, one thread. */
typedef struct LogLimit {
    int64_t window_start_s;
    uint32_t lines;
    uint32_t left_out;
} LogLimit;
/* At most 5 lines a minute; the first line of the next minute says how many were left out. */
void log_limited(LogLimit *limit, LogLevel level, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log.c - see log.h */
#include "collector/base/log.h"
#include "collector/base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LINES_PER_MINUTE = 5 };

static void
log_write(LogLevel level, const char *text, uint32_t left_out)
{
    static const char *const names[] = { [LOG_LEVEL_ERROR] = "error",
                                         [LOG_LEVEL_WARN] = "warning",
                                         [LOG_LEVEL_NOTE] = "note",
                                         [LOG_LEVEL_INFO] = "info" };
    g_autoptr(GString) line = g_string_sized_new(256);

    if (getenv("JOURNAL_STREAM") != NULL) {
        g_string_printf(line, "<%d>", (int)level);
    } else {
        char now[WALL_TIME_TEXT];
        g_string_printf(line, "%s %s: ", wall_time_text(clock_wall(clock_system()), now), names[level]);
    }
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7f)
            g_string_append_printf(line, "\\x%02x", *at);
        else
            g_string_append_c(line, (char)*at);
    }
    if (left_out > 0)
        g_string_append_printf(line, " (%u more like it were left out in the last minute)", left_out);
    g_string_append_c(line, '\n');
    ssize_t ignored =
        write(STDERR_FILENO, line->str, line->len); /* one call: lines of two processes do not mix */
    (void)ignored;
}

void
log_line(LogLevel level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    log_write(level, text, 0);
}

void
log_limited(LogLimit *limit, LogLevel level, const char *format, ...)
{
    int64_t now_s = clock_mono(clock_system()).ns / 1000000000;
    uint32_t left_out = 0;
    va_list args;

    if (now_s - limit->window_start_s >= 60) {
        left_out = limit->left_out;
        *limit = (LogLimit){ .window_start_s = now_s };
    }
    if (limit->lines >= LINES_PER_MINUTE) {
        limit->left_out++;
        return;
    }
    limit->lines++;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    log_write(level, text, left_out);
}

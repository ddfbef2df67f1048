/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series.c - the `series` process: RRD files and graphs; librrd runs nowhere else */
#include "collector/series.h"
#include "collector/base/log.h"
#include "collector/base/sandbox.h"
#include "collector/cli/child.h"
#include "collector/cli/series-process.h"

static const uint64_t MEMORY_BYTES = 2ULL
                                     << 30; /* a graph that wants more ends the process, not the machine */

int
series_run(const ChildArgs *args)
{
    g_autofree char *dir = g_build_filename(args->state_dir, "rrd", NULL);
    g_autofree char *cache = g_build_filename(args->state_dir, "cache", NULL);
    g_autoptr(Channel) sense = channel_new(args->peers[CHILD_SENSE]);
    g_autoptr(Channel) web = channel_new(args->peers[CHILD_WEB]);
    g_autoptr(GError) error = NULL;
    const SeriesSettings *settings = &args->settings->series;
    SeriesConf conf = { .dir = dir,
                        .step_s = (uint32_t)args->settings->scoring.window,
                        .max_files = (uint32_t)settings->max_files,
                        .min_free_bytes = (uint64_t)settings->min_free };
    /* Drawing text needs fonts, and what fontconfig and Pango read to find them. */
    SandboxFolder folders[] = {
        { dir, true },     { cache, true },         { "/usr", false },
        { "/etc", false }, { "/proc/self", false }, { "/var/cache/fontconfig", false }
    };

    g_setenv("XDG_CACHE_HOME", cache, TRUE);
    g_mkdir_with_parents(dir, 0700);
    g_mkdir_with_parents(cache, 0700);
    g_autofree char *holds = sandbox_enter(&(SandboxConf){
        .folders = folders, .n_folders = G_N_ELEMENTS(folders), .memory_bytes = MEMORY_BYTES });
    log_info("series: %s", holds);
    g_autoptr(Series) series = series_new(&conf, clock_system(), &error);
    if (series == NULL) {
        log_error("series: %s", error->message);
        return 1;
    }
    return series_process_run(series, sense, web, args->signals);
}

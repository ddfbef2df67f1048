/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crew.h - a few threads that help one other with short jobs, some microseconds each
 *
 * The owner begins a list of jobs, goes on with something else, and when it needs them done, ends them: it
 * works on those that nobody has taken yet, and waits for the rest. Who does which job is chance, so jobs
 * must not depend on each other. Helpers wait for the next list for a moment, and then sleep: a crew without
 * work takes no processor time. Handing over takes no lock, and a system call only when helpers sleep.
 */
#pragma once
#include <glib.h>
#include <stdint.h>

typedef struct Crew Crew;
typedef void (*CrewJob)(void *user, uint32_t index);

/* With so many threads besides the owner's; with none the owner does all by itself, in crew_begin. */
Crew *crew_new(uint32_t helpers);
/* Ends what was begun. Takes NULL. */
void crew_free(Crew *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Crew, crew_free)

/* Owner: @job(@user, i) for i below @n, on any threads; what was begun before must have been ended. What the
 * owner wrote before is seen by the jobs. */
void crew_begin(Crew *self, CrewJob job, void *user, uint32_t n);
/* Owner: until all are done. What they wrote is seen by the owner. Nothing happens when all are. */
void crew_end(Crew *self);

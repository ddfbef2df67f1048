/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sandbox.h - a process gives away what it does not need, before it reads its first byte from outside
 *
 * No new privileges, no capabilities, no core dumps; a Landlock rule set (kernel 5.13 and later) that leaves
 * only the named folders; a seccomp filter that kills on exec, ptrace, mounts and the like and refuses new
 * sockets. What the kernel does not offer is skipped and said. Builds with AddressSanitizer leave open what
 * its search for leaks needs: ptrace, and reading /proc and the libraries.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct SandboxFolder {
    const char *path; /* skipped when it does not exist */
    bool writable;
} SandboxFolder;

typedef struct SandboxConf {
    const SandboxFolder *folders;
    size_t n_folders;
    uint64_t memory_bytes; /* limit of the address space; 0: none. Not set in sanitizer builds, which reserve
                              terabytes. */
    bool may_accept;       /* takes connections on sockets that it was given */
} SandboxConf;

/* Enters; there is no way back. What holds now, in words ("landlock, seccomp, no capabilities"); the caller
 * frees it. Call once, before any other thread is started. */
char *sandbox_enter(const SandboxConf *conf);
/* Gives CAP_NET_RAW away, so that neither this process nor what it starts can open raw sockets. */
void sandbox_drop_raw(void);

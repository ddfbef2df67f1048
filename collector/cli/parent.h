/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parent.h - the small parent of `talaya serve`
 *
 * Reads the configuration, makes the state folder and the first token, binds the sockets, starts the three
 * children and starts them again when they die. It parses nothing that comes from the network. The sockets
 * stay its own, so that while a child is replaced what comes in waits in the kernel's buffer; and systemd,
 * where there is one, keeps them while the parent itself is (socket-store.h).
 */
#pragma once

/* Runs until SIGTERM or SIGINT. @state_dir may be NULL: the configuration's. Returns the exit status. */
int parent_run(const char *config_path, const char *state_dir);

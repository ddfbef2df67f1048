/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * steering.h - which of several intakes hears a sender
 *
 * A router's templates, sequence and clock lie in one intake, so all that it sends must come to that one. A
 * function of the source address alone decides, and is written twice: here in C, for what is restored from a
 * file, and as a program (classic BPF) that the kernel runs for each datagram at sockets that share a port.
 * A test holds the two against each other.
 */
#pragma once
#include "collector/flow.h"

/* The lane of @source, below @lanes; 0 where there is just one. */
uint32_t steering_lane(const IpAddress *source, uint32_t lanes);

/*
 * Makes the kernel give what comes to the sockets that share a port with @fd to the socket of its lane: the
 * first that was bound is lane 0, and so on. @fd must have been bound with SO_REUSEPORT, or must be about to
 * be. Replaces an earlier program at once, for datagrams that come from then on. False with @error.
 */
bool steering_attach(int fd, uint32_t lanes, GError **error);

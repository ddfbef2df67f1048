/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * steering.h - which of several intakes hears a sender
 *
 * A router's templates, sequence and clock lie in one intake, so all that it sends must come to that one. A
 * function of the source address alone decides, and is written twice: here in C, for what is restored from a
 * file, and as a program for the kernel. A test holds the two against each other.
 */
#pragma once
#include "collector/flow.h"

/* The lane of @source, below @lanes; 0 where there is just one. */
uint32_t steering_lane(const IpAddress *source, uint32_t lanes);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * work.h - what the steps of decoding cost, and how much of it one datagram may make us do
 *
 * Whatever a sender puts into 64 KiB, one datagram may not take more than about two milliseconds: each step
 * has a price, about a nanosecond a unit, and what is left when all is spent is given up and counted. Honest
 * datagrams of 64 KiB take a quarter of it. Measured by tests/bench/worst-case.
 */
#pragma once

enum {
    WORK_DATAGRAM = 1 << 20,
    WORK_FLUSH = 4 << 20, /* for what is due, ten times a second */
    WORK_SET = 60,
    WORK_HELD_SET = 90, /* more, when it has to wait */
    WORK_TEMPLATE_KNOWN = 40,
    WORK_WITHDRAWAL = 150,
    WORK_TEMPLATE_SLOT = 2, /* of all that one domain has, when all are withdrawn */
    WORK_TEMPLATE = 900,
    WORK_FIELD_COMPILED = 100,
    WORK_FIELD_NAMED = 300, /* more, when nobody knows it and it gets a name of its own */
    WORK_RECORD = 60,
    WORK_STEP = 3,
    WORK_EVENT = 60, /* more, to find its connection */
    WORK_VARIABLE_RECORD = 150,
    WORK_FIELD = 4, /* to step over in a variable record */
    WORK_OPTIONS_RECORD = 2400,
    WORK_LIST = 100,
    WORK_LIST_FIELD = 8, /* to check it, and to step over it then */
    WORK_INNER_RECORD = 400,
    WORK_SECTION = 300,
    WORK_SAMPLE = 100,
    WORK_SAMPLE_RECORD = 50,
    WORK_COUNTERS = 300,
};

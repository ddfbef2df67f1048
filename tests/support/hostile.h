/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile.h - makes datagrams that try to break a collector, and says what a sound one makes of them
 *
 * A case is a capture file with one or more datagrams, and what the books must say afterwards. The
 * expectation comes from what the generator did to the bytes and from the RFCs, never from what our decoder
 * said. The cases stand in classes, one a folder of tests/data/hostile; its README tells the format. The same
 * call gives the same bytes everywhere.
 */
#pragma once
#include <glib.h>
#include <stdint.h>

typedef struct HostileCase {
    const char *class_name, *name; /* the file is CLASS/NAME.pcap */
    const void *capture;
    size_t length;
    const char *expected; /* "received=2 records=3 malformed.set_length=1": see the README */
} HostileCase;

/* First line of a class's expected.tsv; then one line a case. */
#define HOSTILE_TABLE_HEADER "file\tbooks\n"

/* Lends @one for the call. */
typedef void (*HostileTaker)(void *user, const HostileCase *one);

/* The elements that the class "fields" is about, with their native sizes; for a test that none is missing. */
typedef struct HostileElement {
    uint32_t pen;
    uint16_t id, length;
} HostileElement;
const HostileElement *hostile_elements(size_t *n);

/* Names of all classes, NULL-terminated. */
const char *const *hostile_classes(void);
/* Gives each case, class by class. */
void hostile_make(HostileTaker take, void *user);

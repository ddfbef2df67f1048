/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet.h - finds the UDP payload in a captured frame
 *
 * Link layers: Ethernet (VLAN tags too), Linux cooked v1 and v2, BSD loopback, raw IP. IPv4 and IPv6,
 * fragments put together again in a table of fixed size (the oldest unfinished one gives way). Everything is
 * read through a Cursor: a capture file is no more to be trusted than the network. One thread.
 */
#pragma once
#include "collector/flow.h"

typedef enum PacketKind {
    PACKET_UDP,      /* @out is filled */
    PACKET_FRAGMENT, /* part of a datagram that is not whole yet */
    PACKET_OTHER,    /* no IP, no UDP, or damaged */
} PacketKind;

typedef struct UdpPacket {
    IpAddress source, destination;
    uint16_t source_port, destination_port;
    const uint8_t *payload; /* lent: valid as long as the frame, and until the next packet_read */
    size_t length;
    bool is_cut; /* the capture kept only the beginning of the packet */
} UdpPacket;

typedef struct PacketReader PacketReader;
/* @link_type is a DLT_ number of libpcap; NULL when it is none of those above. */
PacketReader *packet_reader_new(int link_type);
void packet_reader_free(PacketReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PacketReader, packet_reader_free)

PacketKind packet_read(PacketReader *self, const uint8_t *frame, size_t length, UdpPacket *out);
/* Datagrams of which not all fragments came, those still waiting included. */
uint64_t packet_reader_unfinished(const PacketReader *self);

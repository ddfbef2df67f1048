# SPDX-License-Identifier: GPL-3.0-or-later
"""traffic.py - known packets for the exporters of test-exporters.py, and a recorder for what they export"""
import collections
import ipaddress
import pathlib
import socket
import struct
import threading
import time

# One direction of a conversation. @octets is what a router counts: IP header and all behind it, over all packets.
Flow = collections.namedtuple("Flow", "src dst src_port dst_port protocol packets octets flags")
MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
TCP, UDP, ICMP = 6, 17, 1
FILLER_PORT = 9999


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip_packet(src, dst, protocol, payload):
    """IPv4 or IPv6 around @payload, whose checksum is filled in."""
    src, dst = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    pseudo = src.packed + dst.packed + struct.pack(">II", len(payload), protocol)
    where = {TCP: 16, UDP: 6, ICMP: 2}[protocol]
    total = checksum(payload if protocol == ICMP else pseudo + payload)
    payload = payload[:where] + struct.pack(">H", total) + payload[where + 2:]
    if src.version == 6:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + src.packed + dst.packed + payload
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, src.packed, dst.packed)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def transport(flow, index, size):
    if flow.protocol == TCP:
        flags = 2 if index == 0 else 0x18 if index < flow.packets - 1 else 0x11
        return struct.pack(">HHIIBBHHH", flow.src_port, flow.dst_port, 1000 + index, 2000, 5 << 4, flags, 8192, 0,
                           0) + bytes(size)
    if flow.protocol == UDP:
        return struct.pack(">HHHH", flow.src_port, flow.dst_port, 8 + size, 0) + bytes(size)
    return struct.pack(">BBHHH", 8, 0, 0, 7, index) + bytes(size)


def conversation(src, dst, src_port, dst_port, protocol, packets, size):
    """One direction, as a Flow and its Ethernet frames."""
    frames, octets, flags = [], 0, 0
    flow = Flow(src, dst, src_port, dst_port, protocol, packets, 0, 0)
    for index in range(packets):
        payload = transport(flow, index, size)
        packet = ip_packet(src, dst, protocol, payload)
        frames.append(MAC_B + MAC_A + (b"\x86\xdd" if ":" in src else b"\x08\x00") + packet)
        octets += len(packet)
        flags |= payload[13] if protocol == TCP else 0
    return flow._replace(octets=octets, flags=flags), frames


def network(with_ipv6=True):
    """Flows of a small network, some answered and some not, with their frames in the order of time."""
    wanted = [("198.51.100.10", "203.0.113.5", 40001, 443, TCP, 7, 120),
              ("203.0.113.5", "198.51.100.10", 443, 40001, TCP, 9, 900),
              ("198.51.100.11", "203.0.113.6", 40002, 22, TCP, 3, 16),
              ("198.51.100.12", "203.0.113.53", 5300, 53, UDP, 4, 44),
              ("203.0.113.53", "198.51.100.12", 53, 5300, UDP, 4, 200),
              ("198.51.100.13", "203.0.113.7", 6000, 123, UDP, 1, 48)]
    if with_ipv6:
        wanted += [("2001:db8:1::10", "2001:db8:2::5", 41001, 443, TCP, 5, 300),
                   ("2001:db8:1::11", "2001:db8:2::53", 5301, 53, UDP, 2, 60)]
    flows, frames = [], []
    for one in wanted:
        flow, sent = conversation(*one)
        flows.append(flow)
        frames += list(enumerate(sent))
    return flows, [frame for _, frame in sorted(frames, key=lambda item: item[0])]


def filler(packets):
    """Frames behind the others, for an exporter that ends without sending its last datagram; not compared."""
    return conversation("198.51.100.99", "203.0.113.99", FILLER_PORT, 9, UDP, packets, 200)[1]


def write_pcap(path, packets):
    """@packets: (seconds, Ethernet frame)."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for seconds, frame in packets:
            out.write(struct.pack("<IIII", int(seconds), int(seconds % 1 * 1e6), len(frame), len(frame)) + frame)


class Recorder:
    """A UDP socket on loopback that keeps what comes; a context manager."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self.datagrams = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.receive, daemon=True)
        self.thread.start()

    def receive(self):
        while not self.ended.is_set():
            try:
                datagram, sender = self.socket.recvfrom(65535)
            except TimeoutError:
                continue
            self.datagrams.append((time.time(), sender, datagram))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        self.socket.close()

    def wait_until_quiet(self, quiet=1.0, most=15.0):
        """Until nothing has come for @quiet seconds after something had come."""
        until = time.monotonic() + most
        while time.monotonic() < until:
            if self.datagrams and time.time() - self.datagrams[-1][0] > quiet:
                return True
            time.sleep(0.05)
        return bool(self.datagrams)

    def save(self, path):
        """As a capture that talaya reads."""
        packets = []
        for seconds, (host, port), datagram in self.datagrams:
            udp = struct.pack(">HHHH", port, self.port, 8 + len(datagram), 0) + datagram
            packets.append((seconds, MAC_B + MAC_A + b"\x08\x00" + ip_packet(host, "127.0.0.1", UDP, udp)))
        write_pcap(path, packets)
        return pathlib.Path(path)

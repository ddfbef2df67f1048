#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-duplicates.py - one flow that several routers export is counted once

Captures are made here: IPFIX from one to three routers, with the clocks and the order of arrival of real life, and
replayed the whole way. What the scorer counts must be what one router saw. Two flows stay two: a translated address
in between makes another flow, and so does a router that reports what another one never saw.
"""
import json
import pathlib
import struct
import sys
import tempfile

from daemon import Tap, run

START = 1767225600000  # 2026-01-01, ms
ASSET, FAR = "10.0.0.5", "198.51.100.9"
tap = Tap()


def address(text):
    return bytes(int(part) for part in text.split("."))


FIELDS = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (61, 1), (1, 8), (2, 8), (152, 8), (153, 8), (34, 4))


def record(begin, end, octets, src=ASSET, dst=FAR, sport=40000, direction=0, sampling=1):
    """@begin and @end in ms behind START, by the exporter's clock."""
    return (address(src) + address(dst) + struct.pack(">HHBBQQQQI", sport, 443, 6, direction, octets,
                                                      max(1, octets // 1000), START + begin, START + end, sampling))


class Router:
    """Sends each record in a message of its own."""

    def __init__(self, number_, clock=0):
        self.source, self.clock, self.sequence = f"192.0.2.{number_}", clock, 0
        self.messages = []  # (ms of arrival, bytes)

    def send(self, arrives, *records):
        body = struct.pack(">HHHH", 2, 8 + 4 * len(FIELDS), 300, len(FIELDS))
        body += b"".join(struct.pack(">HH", *field) for field in FIELDS)
        data = b"".join(records)
        body += struct.pack(">HH", 300, 4 + len(data)) + data
        seconds = (START + arrives + self.clock) // 1000
        self.messages.append((arrives, struct.pack(">HHIII", 10, 16 + len(body), seconds, self.sequence, 7) + body))
        self.sequence += len(records)

    def flow(self, begin, end, octets, arrives=None, **more):
        begin, end = begin + self.clock, end + self.clock
        self.send((end - self.clock + 1000) if arrives is None else arrives, record(begin, end, octets, **more))


def write_pcap(path, routers):
    packets = sorted((at, router.source, message) for router in routers for at, message in router.messages)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for at, source, message in packets:
            udp = struct.pack(">HHHH", 50000, 4739, 8 + len(message), 0) + message
            head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, address(source),
                               address("192.0.2.200"))
            frame = bytes(12) + b"\x08\x00" + head + udp
            when = START + at
            file.write(struct.pack("<IIII", when // 1000, when % 1000 * 1000, len(frame), len(frame)) + frame)


def counted(folder, routers):
    """The scorer's counters after all that the routers have sent."""
    write_pcap(folder / "capture.pcap", routers)
    (folder / "talaya.conf").write_text("[collector]\nexporters=192.0.2.0/24\n[assets]\nprefixes=10.0.0.0/8\n",
                                        encoding="ascii")
    result = run("replay", "--summary", "--config", folder / "talaya.conf", folder / "capture.pcap")
    lines = [line for line in result.stderr.splitlines() if line.startswith("{")]
    return json.loads(lines[-1]) if lines else {"stderr": result.stderr}


def find(counters, name):
    """A counter, wherever it stands."""
    if name in counters:
        return counters[name]
    return next((find(each, name) for each in counters.values() if isinstance(each, dict)
                 and find(each, name) is not None), None)


def expect(folder, words, routers, duplicates):
    counters = counted(folder, routers)
    tap.ok(find(counters, "duplicates") == duplicates, words,
           f"duplicates {find(counters, 'duplicates')}, not {duplicates}: {json.dumps(counters)}")


def long_flow(routers, slices=10, **more):
    """A flow of many minutes, reported each minute."""
    for i in range(slices):
        for router in routers:
            router.flow(60000 * i, 60000 * (i + 1), 60000, **more)
    return routers


def main():
    with tempfile.TemporaryDirectory(prefix="talaya-duplicates-") as name:
        folder = pathlib.Path(name)
        expect(folder, "one router: ten slices of a flow, none twice", long_flow([Router(1)]), 0)
        expect(folder, "two routers: ten of twenty slices are the other's", long_flow([Router(1), Router(2)]), 10)
        expect(folder, "three routers: twenty of thirty", long_flow([Router(1), Router(2), Router(3)]), 20)
        expect(folder, "clocks two seconds apart make no difference to long flows",
               long_flow([Router(1), Router(2, 2000)]), 10)
        expect(folder, "nor which of them is ahead", long_flow([Router(1, 2000), Router(2)]), 10)
        expect(folder, "three of them, one ahead and one behind",
               long_flow([Router(1), Router(2, 2000), Router(3, -2000)]), 20)

        a, b = Router(1), Router(2)
        for i in range(10):  # b's time-out runs half a minute later
            a.flow(60000 * i, 60000 * (i + 1), 60000)
            b.flow(60000 * i + 30000, 60000 * (i + 1) + 30000, 60000)
        expect(folder, "slices that do not begin at the same time are recognised", [a, b], 10)

        a, b = Router(1), Router(2)
        for i in range(10):  # they are sampled: what they see differs
            a.flow(60000 * i + 100, 60000 * (i + 1) - 100, 60000 - 700 * i, sampling=100)
            b.flow(60000 * i + 900, 60000 * (i + 1) - 500, 58000 + 300 * i, sampling=1000)
        expect(folder, "two that sample differently are recognised", [a, b], 10)

        one = Router(1)
        for i in range(10):  # what comes in goes out, and both are exported
            one.flow(60000 * i, 60000 * (i + 1), 60000, direction=0)
            one.flow(60000 * i, 60000 * (i + 1), 60000, direction=1)
        expect(folder, "one router that exports both in and out", [one], 10)

        a, b = Router(1), Router(2)
        for i in range(10):
            a.flow(60000 * i, 60000 * (i + 1), 60000)
            b.flow(60000 * i, 60000 * (i + 1), 60000, src="203.0.113.1", sport=50000 + i)
        expect(folder, "an address that was translated in between is another flow", [a, b], 0)

        a, b = Router(1), Router(2)
        for i in range(10):  # by turns, and never at the same time
            (a, b)[i % 2].flow(60000 * i, 60000 * (i + 1), 60000)
        expect(folder, "a flow that changes its router is counted all the way", [a, b], 0)

        a, b = Router(1), Router(2)
        for i in range(10):  # conversations of half a second, a minute apart
            a.flow(60000 * i, 60000 * i + 500, 3000, sport=40000 + i)
            b.flow(60000 * i + 3, 60000 * i + 503, 3000, sport=40000 + i)
        expect(folder, "short flows are recognised where clocks agree", [a, b], 10)

        a, b = Router(1), Router(2, 2000)
        for i in range(10):
            a.flow(60000 * i, 60000 * i + 500, 3000, sport=40000 + i)
            b.flow(60000 * i + 3, 60000 * i + 503, 3000, sport=40000 + i)
        expect(folder, "short flows are recognised with clocks two seconds apart", [a, b], 10)

        a, b = Router(1), Router(2)
        for i in range(10):
            a.flow(60000 * i, 60000 * i, 90, sport=40000 + i)
            b.flow(60000 * i + 3, 60000 * i + 3, 90, sport=40000 + i)
        expect(folder, "flows of one packet are recognised", [a, b], 10)

        a, b = Router(1), Router(2)
        for i in range(10):  # two connections of one pair, each by a router of its own (ECMP)
            a.flow(60000 * i, 60000 * (i + 1), 60000, sport=40000)
            b.flow(60000 * i, 60000 * (i + 1), 60000, sport=40001)
        expect(folder, "two connections at the same time, by two routers, are two", [a, b], 0)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())

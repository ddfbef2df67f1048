#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-floods.py - whoever floods the port gains nothing: memory stays bounded, the others are heard, and it is told

A million sources that may not send, and as many that may; from one allowed exporter all template ids there are,
templates of as many fields as may be, data that waits for templates that never come, and 65,536 domains. A well-behaved
exporter sends a numbered stream meanwhile: what it sent is what was decoded and what is known as lost, and no more is
lost than the kernel has dropped. The argument is the folder of captures (not used); FLOOD names the load tool.
"""
import os
import pathlib
import socket
import struct
import subprocess
import threading
import time

from daemon import Daemon, Tap, wait_for

FLOOD = os.environ.get("FLOOD", "build/tests/support/flood")
SOURCES = int(os.environ.get("FLOOD_SOURCES", "1000000"))
GOOD, BAD = "127.0.0.77", "127.0.0.66"
MIB = 1 << 20


def sender(address):
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.bind((address, 0))
    return out


class NumberedStream:
    """NetFlow v5 from GOOD, one record a datagram, 200 a second; a context manager."""

    def __init__(self, port):
        self.port, self.sent, self.ended = port, 0, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        with sender(GOOD) as out:
            while not self.ended.is_set():
                now = time.time()
                header = struct.pack(">HHIIIIBBH", 5, 1, 1000000 + self.sent * 5, int(now), 0, self.sent, 0, 0, 0)
                record = socket.inet_aton("198.51.100.1") + socket.inet_aton("203.0.113.5") + bytes(40)
                out.sendto(header + record, ("127.0.0.1", self.port))
                self.sent += 1
                time.sleep(0.005)

    def __enter__(self):
        self.thread.start()
        return self

    def stop(self):
        self.ended.set()
        self.thread.join()

    def __exit__(self, *_):
        self.stop()


def rss(daemon):
    """Bytes of memory of sense, without what it shares with files."""
    text = pathlib.Path(f"/proc/{daemon.child('sense')}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("RssAnon"))


def exporter(daemon, address):
    return next((one for one in daemon.exporters() if one["address"] == address), None)


def quiet(daemon):
    """Waits until nothing of a flood is left in the sockets."""
    last = -1
    for _ in range(60):
        now = daemon.api("status")["books"]["refused"]
        if now == last:
            return
        last = now
        time.sleep(0.5)


def check_stream(tap, daemon, stream, name):
    """The numbered stream balances, whatever else came."""
    stream.stop()

    def is_there():
        one = exporter(daemon, GOOD)
        return one and one["books"]["records"] + one["books"]["sequenceLost"] >= stream.sent and one

    one = wait_for(is_there, 30) or exporter(daemon, GOOD)
    books, status = one["books"], daemon.api("status")["books"]
    tap.equal(books["records"] + books["sequenceLost"], stream.sent, f"{name}: the numbered stream balances")
    tap.ok(books["sequenceLost"] <= status["kernelDrops"], f"{name}: it lost no more than the kernel dropped",
           books["sequenceLost"], status["kernelDrops"])
    tap.equal(status["difference"], 0, f"{name}: received = decoded + refused")


def flood(daemon, first, each):
    result = subprocess.run([FLOOD, str(daemon.flow_port), first, str(SOURCES), str(each)], check=True,
                            capture_output=True, text=True, timeout=120)
    return int(result.stdout)


def strangers(tap):
    """A million sources that may not send, and a router that was forgotten in the configuration among them."""
    with Daemon(config=None) as daemon:
        text = daemon.config.read_text(encoding="utf-8")
        daemon.config.write_text(text.replace("exporters=127.0.0.0/8", "exporters=127.0.0.0/25"), encoding="utf-8")
        daemon.start()
        with NumberedStream(daemon.flow_port) as stream:
            wait_for(lambda: exporter(daemon, GOOD))
            before = rss(daemon)
            sent = flood(daemon, "127.16.0.0", 10)
            quiet(daemon)
            grown = rss(daemon) - before
            status = daemon.api("status")
            refused = status["books"]["refusedBy"].get("not_allowed", 0)
            print(f"# {sent} sent, {refused} refused, {status['books']['kernelDrops']} dropped by the kernel, "
                  f"memory grew by {grown / MIB:.1f} MiB")
            tap.ok(refused > sent / 100 and refused + status["books"]["kernelDrops"] >= sent,
                   "strangers: each is refused and counted, or dropped by the kernel and counted", refused,
                   status["books"])
            tap.ok(grown < 16 * MIB, "strangers: memory does not grow with their number", grown)
            senders = status["refusedSenders"]
            tap.ok(len(senders) <= 64 and senders[0]["address"] == "127.2.2.2",
                   "strangers: the heaviest is named first, of 64 at most", senders[:3])
            words = " ".join(one["text"] for one in status["problems"])
            tap.ok("127.2.2.2" in words and "a flood, or forged addresses" in words,
                   "strangers: the operator reads what happened", words)
            tap.ok(refused * 0.8 < status["books"]["refusedSenders"] * 10 / 9 < refused * 1.2,
                   "strangers: and about how many there were", status["books"]["refusedSenders"], refused)
            check_stream(tap, daemon, stream, "strangers")


def allowed(tap):
    """A million sources that may: there are too many, so the quota holds."""
    with Daemon(collector="max-exporters=300\nmax-new-exporters=200").start() as daemon:
        with NumberedStream(daemon.flow_port) as stream:
            wait_for(lambda: exporter(daemon, GOOD))
            before = rss(daemon)
            sent = flood(daemon, "127.32.0.0", 0)
            quiet(daemon)
            grown = rss(daemon) - before
            status = daemon.api("status")
            print(f"# {sent} sent, {status['exporters']['total']} exporters, "
                  f"{status['books']['kernelDrops']} dropped by the kernel, memory grew by {grown / MIB:.1f} MiB")
            tap.ok(100 < status["exporters"]["total"] <= 300, "allowed: there are no more exporters than may be",
                   status["exporters"])
            tap.ok(status["books"]["refusedBy"].get("exporter_quota", 0) > 0, "allowed: the rest is refused and counted",
                   status["books"])
            tap.ok(grown < 32 * MIB, "allowed: memory stays within what so many exporters take", grown)
            tap.ok(any("too many exporters" in one["text"] for one in status["problems"]),
                   "allowed: the operator reads what happened", status["problems"])
            check_stream(tap, daemon, stream, "allowed")


def v9(domain, sequence, *sets):
    return struct.pack(">HHIIII", 9, 1, 1000000, int(time.time()), sequence, domain) + b"".join(sets)


def a_set(number, body):
    return struct.pack(">HH", number, 4 + len(body)) + body


def template_ids():
    """All 65,280 of them, a hundred a datagram."""
    for first in range(256, 65536, 100):
        body = b"".join(struct.pack(">HHHHHH", i, 2, 8, 4, 1, 4) for i in range(first, min(first + 100, 65536)))
        yield v9(1, first, a_set(0, body))


def largest_templates():
    """512 fields each, of elements that nobody knows."""
    for i in range(3000):
        body = struct.pack(">HH", 256 + i, 512) + b"".join(struct.pack(">HH", 20000 + i + k, 1) for k in range(512))
        yield v9(2, i, a_set(0, body))


def waiting_data():
    for i in range(3000):
        yield v9(3, i, a_set(5000 + i % 1000, bytes(60000)))


def domains():
    for i in range(65536):
        yield v9(1000 + i, 0, a_set(0, struct.pack(">HHHH", 256, 1, 8, 4)))


def one_exporter(tap):
    """Everything that one allowed exporter may send without end."""
    with Daemon().start() as daemon, sender(BAD) as out:
        with NumberedStream(daemon.flow_port) as stream:
            wait_for(lambda: exporter(daemon, GOOD))
            before = rss(daemon)
            for make in (template_ids, largest_templates, waiting_data, domains):
                for i, datagram in enumerate(make()):
                    out.sendto(datagram, ("127.0.0.1", daemon.flow_port))
                    if i % (8 if len(datagram) > 9000 else 128) == 0:
                        time.sleep(0.001)
            quiet(daemon)
            time.sleep(1.5)
            grown, bad = rss(daemon) - before, exporter(daemon, BAD)
            books = bad["books"]
            print(f"# memory grew by {grown / MIB:.1f} MiB; {books['received']} received, {books['malformed']}, "
                  f"{books['refusedBy']}")
            tap.ok(books["templates"] > 30000 and books["malformed"].get("template_quota", 0) > 0,
                   "one exporter: templates beyond the quota are counted", books)
            tap.ok(sum(one["templates"] for one in bad["domains"]) <= 1024, "one exporter: and not kept")
            tap.ok(books["heldDroppedSets"] > 0, "one exporter: data beyond what may wait is given up and counted", books)
            tap.ok(len(bad["domains"]) <= 64 and books["refusedBy"].get("domain_quota", 0) > 0,
                   "one exporter: domains beyond the quota are refused", len(bad["domains"]), books["refusedBy"])
            # The bounds: 1 MiB of templates, 1 MiB of held data, 64 domains, and malloc's own waste on them.
            tap.ok(grown < 24 * MIB, "one exporter: memory stays within the bounds", grown)
            codes = {one["code"] for one in bad["diagnosis"]}
            tap.ok({"template_quota", "domain_quota", "held_dropped"} <= codes, "one exporter: its page says so in words",
                   codes)
            check_stream(tap, daemon, stream, "one exporter")


def main():
    tap = Tap()
    strangers(tap)
    allowed(tap)
    one_exporter(tap)
    tap.done()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-books.py - forty faulty networks and one daemon with tiny buffers: sent = decoded + named losses, each time

Each scenario is an exporter of its own with a seed: NetFlow v5, v9, IPFIX or sFlow, whose datagrams are lost, doubled
and overtaken on the way, whose template comes late, which restarts. They send at the same time and in bursts, into a
receive buffer that is far too small, with a scoring queue that is too short. For each, what was sent must be what was
decoded and what the books name as lost, to the record; tests/collector/test-books.c does the same hundreds of times
without sockets, and restarts the decoder as well. The argument is the folder of captures (not used).
"""
import random
import socket
import struct
import time

from daemon import Daemon, Tap, wait_for

SCENARIOS, DATAGRAMS, RECORDS, SHIELD = 40, 300, 5, 12
PROTOCOLS = ("netflow5", "netflow9", "ipfix", "sflow")


class Scenario:
    """One exporter and its network: the datagrams in the order in which they come, and what was done to them."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.seed, self.protocol = seed, PROTOCOLS[seed % 4]
        self.address = f"127.0.9.{seed + 1}"
        self.late = self.random.randrange(1, 10) if seed % 8 >= 4 and self.has_templates() else 0
        self.restart = self.random.randrange(60, 200) if seed % 3 == 0 else None
        self.lost = self.doubled = 0
        self.datagrams = self.carry([self.make(i) for i in range(DATAGRAMS)])

    def has_templates(self):
        return self.protocol in ("netflow9", "ipfix")

    def make(self, i):
        """Datagram @i of the sender, who counts anew when he has restarted."""
        number = i - self.restart if self.restart is not None and i >= self.restart else i
        uptime = 1000 + number * 100 if number != i else 100_000_000 + i * 100
        now, units = int(time.time()), number * (RECORDS if self.protocol in ("netflow5", "ipfix") else 1)
        record = socket.inet_aton("198.51.100.1") + struct.pack(">I", 1000)
        if self.protocol == "netflow5":
            head = struct.pack(">HHIIIIBBH", 5, RECORDS, uptime, now, 0, units, 0, 0, 0)
            return head + (socket.inet_aton("198.51.100.1") + bytes(44)) * RECORDS
        if self.protocol == "sflow":
            sample = struct.pack(">II", 1, 32) + struct.pack(">7I", *[1] * 7) + bytes(4)
            return struct.pack(">II4s4I", 5, 1, socket.inet_aton(self.address), 0, units, uptime, RECORDS) + sample * RECORDS
        template = struct.pack(">HHHHHH", 300, 2, 8, 4, 1, 4)
        announce = i >= self.late and (i - self.late) % 10 == 0
        sets = struct.pack(">HH", 0 if self.protocol == "netflow9" else 2, 4 + len(template)) + template if announce else b""
        sets += struct.pack(">HH", 300, 4 + RECORDS * 8) + record * RECORDS
        if self.protocol == "netflow9":
            return struct.pack(">HHIIII", 9, 1, uptime, now, units, 1) + sets
        return struct.pack(">HHIII", 10, 16 + len(sets), now, units, 1) + sets

    def is_shielded(self, i):
        """Where nobody could tell a fault: at both ends, and around a restart."""
        around = self.restart is not None and abs(i - self.restart) < SHIELD
        return i < self.late + 12 or i >= DATAGRAMS - SHIELD or around

    def carry(self, sent):
        out, i = [], 0
        while i < len(sent):
            dice = self.random.random() if not self.is_shielded(i) and not self.is_shielded(i + 5) else 0.5
            if dice < 0.05:
                self.lost += 1
            elif dice < 0.1:
                distance = self.random.randrange(1, 5)
                out += sent[i + 1:i + 1 + distance] + [sent[i]]
                i += distance
            else:
                out.append(sent[i])
                if dice > 0.95:
                    out.append(sent[i])
                    self.doubled += 1
            i += 1
        return out

    def difference(self, books):
        """Sent, less decoded and named losses; in records."""
        unit = RECORDS if self.protocol in ("netflow9", "sflow") else 1
        decoded = books["records"] + books["lateRecords"] - books["sequenceDuplicates"] * RECORDS
        return DATAGRAMS * RECORDS - decoded - books["sequenceLost"] * unit - books["heldDroppedSets"] * RECORDS


def send_at_once(scenarios, port):
    """All of them, in bursts; ends and restarts slowly, so that what the kernel drops there is not what nobody knows."""
    sockets = {}
    for scenario in scenarios:
        sockets[scenario.seed] = out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.bind((scenario.address, 0))
        out.connect(("127.0.0.1", port))
    most = max(len(scenario.datagrams) for scenario in scenarios)
    burst = random.Random(1)
    for at in range(most):
        is_calm = at < 40 or at > most - 60
        for scenario in scenarios:
            if at < len(scenario.datagrams):
                sockets[scenario.seed].send(scenario.datagrams[at])
            near = scenario.restart is not None and abs(at - scenario.restart) < 40
            if is_calm or near:
                time.sleep(0.0005)
        if is_calm or burst.random() < 0.2:
            time.sleep(0.02)
    for out in sockets.values():
        out.close()


def taken(books):
    """The books, when every record that was decoded is scored or named as not taken by the queue."""
    return books["records"] + books["lateRecords"] == books["scored"] + books["queueFull"] and books


def told(books):
    """Records that arrived or are known to be lost."""
    return books["records"] + books["lostRecords"] + books["unseenRecords"]


def many_flows(number):
    """A NetFlow v5 datagram of 30 flows, each of a pair that was never seen before."""
    now = int(time.time())
    flows = b"".join(socket.inet_aton("198.51.100.7") + struct.pack(">I", 0x0A000000 + number * 30 + i) + bytes(8)
                     + struct.pack(">IIIIHHBBBBHHBBH", 1, 1000, 100_000_000, 100_000_000, 1024 + i, 443, 0, 16, 6, 0, 0, 0, 0, 0, 0)
                     for i in range(30))
    return struct.pack(">HHIIIIBBH", 5, 30, 100_000_000, now, 0, number * 30, 0, 0, 0) + flows


def settled(daemon, sent):
    """The books when all that was sent is in them, for what the daemon tells of itself is a second old; or the last ones."""
    def whole():
        books = daemon.api("status")["books"]
        return taken(books) if told(books) == sent else False

    return wait_for(whole, 20, 0.2) or daemon.api("status")["books"]


def overrun(tap):
    """Flows come faster than they can be scored, by far: what the queue cannot take is counted, to the record."""
    with Daemon(collector="queue=4").start() as daemon, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", daemon.flow_port))
        number, books = 0, daemon.api("status")["books"]
        while books["queueFull"] == 0 and number < 100_000:
            burst = [many_flows(number + i) for i in range(5000)]
            number += len(burst)
            for datagram in burst:
                out.send(datagram)
            books = settled(daemon, number * 30)
        tap.ok(books["queueFull"] > 0, "the queue to the scoring was full", books)
        tap.ok(taken(books), "decoded = scored + what the queue had no room for, when it was full", books)
        tap.equal(told(books), number * 30, "and sent = decoded + lost")


def main():
    tap = Tap()
    scenarios = [Scenario(seed) for seed in range(SCENARIOS)]
    with Daemon(collector="receive-buffer=65536\nqueue=4").start() as daemon:
        send_at_once(scenarios, daemon.flow_port)

        def exporters():
            found = {one["address"]: one for one in daemon.exporters()}
            left = [s for s in scenarios if s.address not in found or s.difference(found[s.address]["books"]) != 0]
            return not left and found

        wait_for(exporters, 20, 0.5)
        found = {one["address"]: one for one in daemon.exporters()}
        lost = 0
        for scenario in scenarios:
            books = found.get(scenario.address, {}).get("books")
            name = f"scenario {scenario.seed} ({scenario.protocol})"
            if not tap.ok(books is not None, f"{name}: it was heard"):
                continue
            lost += books["sequenceLost"] // (RECORDS if scenario.protocol in ("netflow5", "ipfix") else 1) - scenario.lost
            tap.ok(scenario.difference(books) == 0 and books["difference"] == 0,
                   f"{name}: sent = decoded + named losses", f"difference {scenario.difference(books)}",
                   f"lost {scenario.lost}, doubled {scenario.doubled}, late {scenario.late}, restart {scenario.restart}",
                   books)
        status = wait_for(lambda: taken(daemon.api("status")["books"]), 20, 0.5) or daemon.api("status")["books"]
        print(f"# the kernel dropped {status['kernelDrops']} datagrams, the sequences show {lost}; "
              f"the queue was full for {status['queueFull']} records")
        tap.equal(status["difference"], 0, "received = decoded + refused, over all")
        tap.ok(taken(status), "decoded = scored + what the queue had no room for", status)
    overrun(tap)
    tap.done()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-import.py - what lies in nfcapd files comes in: Debian's nfreplay sends it, record for record

Our captures (argument: their folder) are collected by nfcapd, and its file is played into a socket of this test, whose
datagrams `talaya decode` reads, and into a daemon. Skipped where nfdump is not installed.

nfreplay 1.7.1 writes NetFlow v9 that nobody can read, nfcapd neither, when records of several layouts stand side by
side in its file. So routers of several kinds go the way that the README tells: IPv4 as v5, and IPv6 as v9.
"""
import collections
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from daemon import Daemon, Tap, free_port, run, wait_for

# Without sampling, for nfcapd multiplies by the rate what it stores. The first has IPv6 too.
ONE_KIND = ("cisco-iosxe",)
MANY_KINDS = ("cisco-iosxe", "router-v9", "router-ipfix", "netflow5")
KEYS = ("sourceIPv4Address", "destinationIPv4Address", "sourceIPv6Address", "destinationIPv6Address",
        "sourceTransportPort", "destinationTransportPort", "protocolIdentifier", "packetDeltaCount", "octetDeltaCount",
        "flowStartMilliseconds", "flowEndMilliseconds", "ingressInterface", "egressInterface", "ipClassOfService",
        "tcpControlBits")
USEC = 500  # between two datagrams: no buffer overflows at that


def udp_ports():
    """Ports of this machine's UDP sockets."""
    lines = pathlib.Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]
    return {int(line.split()[1].rpartition(":")[2], 16) for line in lines}


def collect(folder, files):
    """The file that nfcapd makes of what @files hold; None when it makes none."""
    port = free_port(socket.SOCK_DGRAM)
    log = folder / "nfcapd.log"
    with open(log, "wb") as out:
        nfcapd = subprocess.Popen(["nfcapd", "-b", "127.0.0.1", "-p", str(port), "-w", str(folder), "-t", "3600"],
                                  stdout=out, stderr=out)
    wait_for(lambda: port in udp_ports())
    for file in files:
        run("send", "--to", f"127.0.0.1:{port}", "--rate", "500", file)
    wait_for(lambda: not waiting(port))
    nfcapd.send_signal(signal.SIGTERM)
    nfcapd.wait(120)
    return next(iter(sorted(folder.glob("nfcapd.2*"))), None)


def waiting(port):
    """Whether bytes wait in the socket at @port."""
    for line in pathlib.Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if int(fields[1].rpartition(":")[2], 16) == port:
            return int(fields[4].split(":")[1], 16) > 0
    return False


class Sink:
    """Keeps each datagram that comes in a file, as `talaya decode` reads them."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.port = self.socket.getsockname()[1]
        self.is_over = False
        self.n = 0
        self.thread = threading.Thread(target=self.take)
        self.thread.start()

    def take(self):
        while True:
            try:
                datagram = self.socket.recv(65536)
            except socket.timeout:
                if self.is_over:
                    return
                continue
            (self.folder / f"{self.n:06d}.dat").write_bytes(datagram)
            self.n += 1

    def files(self):
        self.is_over = True
        self.thread.join()
        self.socket.close()
        return sorted(self.folder.glob("*.dat"))


def nfreplay(file, port, version, *only):
    """Plays @file to @port; @only: a filter as nfdump knows it."""
    return subprocess.run(["nfreplay", "-r", str(file), "-H", "127.0.0.1", "-p", str(port), "-v", version,
                           "-d", str(USEC), *only], capture_output=True, text=True, timeout=120, check=False)


def records(*files):
    """How often each flow is in @files."""
    counts = collections.Counter()
    for line in run("decode", *files).stdout.splitlines():
        record = json.loads(line)
        if record["kind"] == "flow":
            # A member that is not there and one that is 0 are the same to a file that has room for it.
            counts[tuple(record.get(key) or None for key in KEYS)] += 1
    return counts


def differences(wanted, got):
    """A few records of which one side has more, side by side."""
    lines = []
    for sign, more in (("-", wanted - got), ("+", got - wanted)):
        lines += [f"{sign} {dict(zip(KEYS, one))}" for one in list(more)[:3]]
    return lines


def into_scoring(tap, folder, files, n, version):
    """What nfreplay's own clock would put into one window, or call late, is scored at the time of each flow."""
    config = folder / "talaya.conf"
    config.write_text("[assets]\nprefixes=10.0.0.0/8,2001:db8:1::/48\n", encoding="ascii")
    done = run("replay", "--config", config, "--summary", "--by-flow-end", *files)
    lines = done.stderr.strip().splitlines() or ["{}"]
    scoring = json.loads(lines[-1]).get("scoring", {})
    tap.equal([scoring.get(key) for key in ("records", "late", "oddTimes")], [n, 0, 0],
              f"replay --by-flow-end scores them when they were (NetFlow v{version})")


def into_decode(tap, folder, file, wanted, plays, name):
    got = collections.Counter()
    for number, play in enumerate(plays):
        part = folder / f"play{number}"
        part.mkdir()
        sink = Sink(part)
        nfreplay(file, sink.port, *play)
        files = sink.files()
        part_of_it = records(*files)
        into_scoring(tap, part, files, sum(part_of_it.values()), play[0])
        got += part_of_it
    tap.ok(got == wanted and got, name, f"{sum(got.values())} records of {sum(wanted.values())}", *differences(wanted, got))


def books_of(daemon):
    """The daemon's books; empty when it has not answered in time, which it need not on a busy machine."""
    status, body = daemon.request("/api/v1/status")
    return body["books"] if status == 200 else {}


def into_daemon(tap, file, wanted):
    n = sum(wanted.values())
    with Daemon().start() as daemon:
        nfreplay(file, daemon.flow_port, "9")
        wait_for(lambda: books_of(daemon).get("records", 0) >= n)
        books = books_of(daemon)
        tap.equal(tuple(books.get(key) for key in ("records", "difference", "refused", "sequenceLost", "kernelDrops")),
                  (n, 0, 0, 0, 0), "the daemon gets them all, and misses none")
        # The exporters' objects are made anew once somebody has asked for them.
        exporters = wait_for(lambda: daemon.exporters()) or []
        tap.equal([(one["address"], one["protocol"]) for one in exporters], [("127.0.0.1", "netflow9")],
                  "they stand under nfreplay's address, as NetFlow v9")


def main():
    tap = Tap()
    captures = pathlib.Path(sys.argv[1])
    if not shutil.which("nfcapd") or not shutil.which("nfreplay"):
        tap.skip("nfcapd files come in", "no nfdump (apt-get install nfdump)")
        tap.done()
    with tempfile.TemporaryDirectory(prefix="talaya-import-") as name:
        folder = pathlib.Path(name)
        for shapes, plays, words in (
                (ONE_KIND, [("9",)], "a router's IPv4 and IPv6 flows are, as NetFlow v9, what they were before nfcapd"),
                (MANY_KINDS, [("5",), ("9", "inet6")], "those of several kinds of routers are, IPv4 as NetFlow v5")):
            own = folder / str(len(shapes))
            own.mkdir()
            files = [captures / f"{shape}.pcap" for shape in shapes]
            wanted = records(*files)
            file = collect(own, files)
            if not tap.ok(file is not None, f"nfcapd makes a file of {', '.join(shapes)}"):
                continue
            into_decode(tap, own, file, wanted, plays, words)
            if shapes == ONE_KIND:
                into_daemon(tap, file, wanted)
    tap.done()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-reload.py - a numbered stream runs through reloads, a kill -9, and restarts with sockets that are handed over,
as systemd's store of descriptors does it; then the books are balanced: nothing is lost that the kernel could hold"""
import array
import fcntl
import os
import pathlib
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

from daemon import TALAYA, Daemon, Tap, wait_for

RECORDS = 10    # in a datagram
PAUSE = 0.004   # between two rounds
ROUTERS = 8
LISTEN_FDS_START = 3


def v5(sequence):
    """A NetFlow v5 datagram, whose sequence number counts records."""
    header = struct.pack(">HHIIIIBBH", 5, RECORDS, 1000, int(time.time()), 0, sequence, 0, 0, 0)
    record = struct.pack(">IIIHHIIIIHHBBBBHHBBH", 0x0a000001, 0xcb007101, 0, 1, 2, 5, 500, 100, 900, 1234, 80,
                         0, 16, 6, 0, 0, 0, 24, 24, 0)
    return header + record * RECORDS


class Stream(threading.Thread):
    """Some routers that send until they are told to end."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.datagrams = 0
        self.should_end = False

    def run(self):
        senders = []
        for i in range(ROUTERS):
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sender.bind((f"127.0.{i * 37 % 200}.{i + 2}", 0))
            senders.append(sender)
        while not self.should_end:
            data = v5(self.datagrams // ROUTERS * RECORDS)
            for sender in senders:
                try:
                    sender.sendto(data, ("127.0.0.1", self.port))
                except ConnectionRefusedError:
                    pass  # it is counted as sent: where nobody listens, it is lost
                self.datagrams += 1
            time.sleep(PAUSE)
        for sender in senders:
            sender.close()

    def end(self):
        self.should_end = True
        self.join()
        return self.datagrams * RECORDS


def books(daemon):
    return daemon.api("status")["books"]


def settled(daemon):
    """The books of a daemon to which nobody sends, when all that was sent has been read, and published."""
    last = [None]

    def is_same():
        now = books(daemon)
        same = last[0] is not None and now["received"] == last[0]["received"]
        last[0] = now
        return same
    wait_for(is_same, 10, 0.5)
    return last[0]


def sense_was_replaced(daemon, before):
    def is_new():
        try:
            return daemon.child("sense") not in (0, None, before) and daemon.is_ready()
        except (OSError, RuntimeError, StopIteration):
            return False
    return wait_for(is_new, 15)


def test_reload(tap, folder):
    """SIGHUP, also with another number of threads: what comes meanwhile waits, and is decoded in order."""
    with Daemon(folder, collector="threads=1\n").start() as daemon:
        stream = Stream(daemon.flow_port)
        stream.start()
        time.sleep(1.5)
        for threads in (1, 3, 3, 2, 4, 1):
            text = daemon.config.read_text(encoding="utf-8")
            before = daemon.child("sense")
            start, _, rest = text.partition("threads=")
            daemon.config.write_text(f"{start}threads={threads}\n{rest.partition(chr(10))[2]}", encoding="utf-8")
            os.kill(daemon.process.pid, signal.SIGHUP)
            tap.ok(sense_was_replaced(daemon, before), f"a reload to {threads} threads replaces the process",
                   daemon.log()[-1000:])
            time.sleep(1)
            now = settled_while_running(daemon)
            tap.equal(now["lostRecords"] + now["unseenRecords"] + now["kernelDrops"], 0, "and nothing is lost")
            intakes = daemon.api("status")["intakes"]
            tap.equal(len([one for one in intakes if one["name"].startswith("udp-")]), threads, "and each is shown")
            tap.equal(sum(one["records"] for one in intakes) > 0, True, "with what it hears")
        stream.end()


def settled_while_running(daemon):
    """Books that have had time to be published."""
    time.sleep(0.5)
    return books(daemon)


def test_kill(tap, folder):
    """kill -9 of the process that decodes: what it had not told the file is told as lost, and not a record more."""
    with Daemon(folder).start() as daemon:
        stream = Stream(daemon.flow_port)
        stream.start()
        time.sleep(2.5)  # longer than two snapshots
        before = daemon.child("sense")
        os.kill(before, signal.SIGKILL)
        killed_at = stream.datagrams
        tap.ok(sense_was_replaced(daemon, before), "a killed process is started again", daemon.log()[-1000:])
        time.sleep(1)
        sent = stream.end()
        now = settled(daemon)
        told = now["records"] + now["lostRecords"] + now["unseenRecords"]
        snapshot = sent - told  # what came before the snapshot is in the books of the process that died
        tap.equal(now["kernelDrops"], 0, "the kernel holds what comes while it is down")
        tap.ok(0 < snapshot <= killed_at * RECORDS, "what is told begins at the last snapshot",
               f"sent {sent} told {told} until the kill {killed_at * RECORDS}")
        rate = ROUTERS * RECORDS / PAUSE
        tap.ok(now["lostRecords"] <= 2 * rate, "and that was no longer ago than it should be",
               f"{now['lostRecords']} lost at {rate} a second")


class Keeper:
    """systemd, as far as a service sees it: hears notices, keeps the descriptors that come with them."""

    def __init__(self, folder):
        self.path = str(pathlib.Path(folder) / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(0.2)
        self.kept = []  # (name, descriptor)
        self.messages = []

    def close(self):
        self.socket.close()
        for _, descriptor in self.kept:
            os.close(descriptor)

    def take(self, until):
        """Reads notices until one of them has the line @until."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(64 * 4))
            except socket.timeout:
                continue
            lines = dict(line.partition("=")[::2] for line in data.decode().splitlines())
            descriptors = array.array("i")
            for level, kind, payload in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    descriptors.frombytes(payload)
            self.messages.append((lines, len(descriptors)))
            self.obey(lines, descriptors)
            if until.partition("=")[::2] in lines.items():
                return True
        return False

    def obey(self, lines, descriptors):
        name = lines.get("FDNAME", "stored")
        if lines.get("FDSTOREREMOVE") == "1":
            for _, descriptor in (one for one in self.kept if one[0] == name):
                os.close(descriptor)
            self.kept = [one for one in self.kept if one[0] != name]
        elif lines.get("FDSTORE") == "1":
            self.kept += [(name, descriptor) for descriptor in descriptors]

    def start(self, daemon):
        """Starts the daemon as systemd would, with what is kept, and returns when it is ready."""
        kept = list(self.kept)
        environment = dict(os.environ, NOTIFY_SOCKET=self.path)
        if kept:
            environment.update(LISTEN_FDS=str(len(kept)), LISTEN_FDNAMES=":".join(name for name, _ in kept))

        # LISTEN_PID is the process that is to take them, so a shell says it of itself and becomes the daemon.
        moves = [os.dup(descriptor) for _, descriptor in kept]
        high = [fcntl_dup(descriptor) for descriptor in moves]
        for descriptor in moves:
            os.close(descriptor)
        redirects = " ".join(f"{LISTEN_FDS_START + i}<&{descriptor}" for i, descriptor in enumerate(high))
        closes = " ".join(f"{descriptor}<&-" for descriptor in high)
        script = f'exec {redirects} {closes}; LISTEN_PID=$$ exec "$@"' if kept else 'exec "$@"'
        log = open(daemon.log_path, "a", encoding="utf-8")
        daemon.process = subprocess.Popen(["bash", "-c", script, "bash", TALAYA, "serve", "--config", daemon.config,
                                           "--state", daemon.state], stdout=log, stderr=log, env=environment,
                                          stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=high)
        log.close()
        for descriptor in high:
            os.close(descriptor)
        return self.take("READY=1") and wait_for(daemon.is_ready)


def fcntl_dup(descriptor):
    """A duplicate with a number above those that systemd gives."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD, 100)


def test_restart(tap, folder, threads, threads_after):
    daemon = Daemon(folder, collector=f"threads={threads}\n")
    keeper = Keeper(folder)
    tap.ok(keeper.start(daemon), f"it starts with {threads} threads", daemon.log()[-1000:])
    names = sorted(name for name, _ in keeper.kept)
    tap.equal(len([name for name in names if name.startswith("udp")]), threads, f"sockets are kept by name: {names}")
    stream = Stream(daemon.flow_port)
    stream.start()
    time.sleep(1.5)
    for round_number, n in enumerate((threads, threads_after, threads_after)):
        text = daemon.config.read_text(encoding="utf-8").replace(f"threads={threads}\n", f"threads={n}\n")
        daemon.config.write_text(text, encoding="utf-8")
        tap.equal(daemon.stop(), 0, "it stops as told")
        time.sleep(0.5)  # and the routers go on
        tap.ok(keeper.start(daemon), f"restart {round_number + 1}, {n} threads: it takes over", daemon.log()[-1000:])
        time.sleep(1)
        now = settled_while_running(daemon)
        tap.equal(now["lostRecords"] + now["unseenRecords"] + now["kernelDrops"], 0, "and nothing is lost")
        tap.ok(now["records"] > RECORDS * ROUTERS / PAUSE / 4, "what waited and what came is decoded", now)
    daemon.stop()
    for _, descriptor in keeper.kept:
        os.close(descriptor)
    keeper.kept = []
    time.sleep(0.5)
    tap.ok(keeper.start(daemon), "and once more, with nothing handed over", daemon.log()[-1000:])
    time.sleep(1)
    now = settled_while_running(daemon)
    tap.ok(now["lostRecords"] > RECORDS * ROUTERS, "then what was sent meanwhile is lost, and told", now)
    stream.end()
    daemon.stop()
    keeper.close()


def test_foreign(tap, folder):
    """What is handed over and is not wanted, or is no socket of ours, is closed and does no harm."""
    daemon = Daemon(folder)
    keeper = Keeper(folder)
    strange = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    strange.bind(("127.0.0.1", 0))
    port = strange.getsockname()[1]
    reading, writing = os.pipe()
    keeper.kept = [("udp.0.1", strange.detach()), ("udp.0.1", reading), ("web", writing), ("what", os.dup(0))]
    tap.ok(keeper.start(daemon), "it starts with strange descriptors", daemon.log()[-1000:])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(v5(0), ("127.0.0.1", daemon.flow_port))
    tap.ok(wait_for(lambda: books(daemon)["received"] == 1), "and hears its own")
    for _, descriptor in keeper.kept[:4]:
        os.close(descriptor)
    keeper.kept = keeper.kept[4:]

    def is_free():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return True
            except OSError:
                return False
    tap.ok(wait_for(is_free), "what is not wanted is closed")
    daemon.stop()
    keeper.close()


def main():
    tap = Tap()
    tests = [lambda folder: test_reload(tap, folder), lambda folder: test_kill(tap, folder),
             lambda folder: test_restart(tap, folder, 1, 1), lambda folder: test_restart(tap, folder, 3, 2),
             lambda folder: test_foreign(tap, folder)]
    for test in tests:
        with tempfile.TemporaryDirectory(prefix="talaya-reload-") as folder:
            test(pathlib.Path(folder))
    tap.done()


if __name__ == "__main__":
    main()

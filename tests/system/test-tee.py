#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-tee.py - every datagram is sent on as it came, with its own source where asked, and nobody waits for anybody

Destinations are recorders, a second talaya, and a port where nobody listens. The argument is the folder of our
generator's captures. Keeping the source takes root, IPv6 with addresses of its own a network namespace.
"""
import collections
import hashlib
import os
import pathlib
import socket
import subprocess
import sys
import time

from daemon import Daemon, Tap, free_port, run, wait_for
from traffic import Recorder

CAPTURES = ("netflow5", "router-v9", "router-ipfix", "sflow-expanded")


def digest(data):
    return hashlib.sha256(data).hexdigest()


def heard(recorder):
    """What a recorder has: {(source address, hash): how often}."""
    return collections.Counter((sender[0], digest(data)) for _, sender, data in recorder.datagrams)


def sections(*tees):
    """The rest of a configuration: (name, port, further lines)."""
    return "".join(f"[tee.{name}]\nto=udp:127.0.0.1:{port}\n" + "".join(f"{line}\n" for line in lines)
                   for name, port, *lines in tees)


def tees_of(daemon):
    return {tee["name"]: tee for tee in daemon.api("status")["tees"]}


def send_all(daemon, files):
    """Sends captures one by one, at a rate that no recorder on a busy machine misses; how many datagrams."""
    return sum(daemon.send(file, rate=2000)["datagrams"] for file in files)


def test_identical(tap, files):
    is_root = os.geteuid() == 0
    with Recorder() as direct, Recorder() as plain, Recorder() as kept, Recorder() as some, \
            Daemon() as other:
        other.start()
        dead = free_port(socket.SOCK_DGRAM)
        rest = sections(("plain", plain.port), ("dead", dead), ("other", other.flow_port),
                        ("kept", kept.port, "keep-source=yes" if is_root else "keep-source=no"),
                        ("some", some.port, "exporters=127.0.0.99"))
        with Daemon(rest=rest).start() as daemon:
            for file in files:
                run("send", "--to", f"127.0.0.1:{direct.port}", "--rate", "2000", file)
            sent = send_all(daemon, files)
            tap.ok(wait_for(lambda: tees_of(daemon)["plain"]["sent"] >= sent), "all is sent on", tees_of(daemon))
            for recorder in (direct, plain, kept):
                wait_for(lambda r=recorder: len(r.datagrams) >= sent)
            wanted = heard(direct)
            tap.equal(sum(wanted.values()), sent, "the recorder missed nothing itself")
            tap.equal(sorted(key[1] for key in heard(plain).elements()),
                      sorted(key[1] for key in wanted.elements()), "each datagram arrives byte for byte")
            if is_root:
                tap.ok(heard(kept) == wanted, "with its exporter's own address as the source",
                       heard(kept) - wanted, wanted - heard(kept))
            else:
                tap.skip("with its exporter's own address as the source", "a raw socket takes root")
            tap.equal(len(some.datagrams), 0, "a destination that wants other exporters gets nothing")
            wait_for(lambda: other.api("status")["books"]["received"] >= sent)
            books, here = other.api("status")["books"], daemon.api("status")["books"]
            tap.equal((books["received"], books["bytes"]), (here["received"], here["bytes"]),
                      "another talaya receives what we have received")
            tees = tees_of(daemon)
            tap.ok(tees["dead"]["errors"] > 0 and "Nobody listens" in (tees["dead"]["problem"] or ""),
                   "a dead destination is told in words", tees["dead"])
            tap.ok(any("tee.dead" in one["text"] for one in daemon.api("status")["problems"]), "to the operator, too")
            tap.equal([tees[name]["problem"] for name in ("plain", "other", "kept", "some")], [None] * 4,
                      "and concerns no other")
            tap.equal((here["kernelDrops"], here["difference"]), (0, 0), "the intake has not suffered")
            capabilities = pathlib.Path(f"/proc/{daemon.child('sense')}/status").read_text(encoding="ascii")
            tap.ok("CapEff:\t0000000000000000" in capabilities and "CapPrm:\t0000000000000000" in capabilities,
                   "sense has no capability")
            mine = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
            effective = next(int(line.split()[1], 16) for line in mine.splitlines() if line.startswith("CapEff"))
            tap.equal(effective >> 13 & 1, 0, "and the parent has given CAP_NET_RAW away")


def test_reload(tap, files):
    with Recorder() as first, Recorder() as second:
        with Daemon(rest=sections(("first", first.port))).start() as daemon:
            before = send_all(daemon, files[:1])
            wait_for(lambda: len(first.datagrams) >= before)
            text = daemon.config.read_text(encoding="utf-8")
            daemon.config.write_text(text.replace(sections(("first", first.port)), sections(("second", second.port))),
                                     encoding="utf-8")
            daemon.process.send_signal(1)

            def has_second():
                try:
                    return "second" in tees_of(daemon)
                except (OSError, RuntimeError, KeyError):
                    return False

            tap.ok(wait_for(has_second), "a reload changes the list", daemon.log())
            after = send_all(daemon, files[:1])
            wait_for(lambda: len(second.datagrams) >= after)
            tap.equal((len(first.datagrams), len(second.datagrams)), (before, after), "and so who is sent to")
            daemon.config.write_text(text.replace(sections(("first", first.port)),
                                                  sections(("second", second.port, "keep-source=yes"))),
                                     encoding="utf-8")
            daemon.process.send_signal(1)
            tap.ok(wait_for(lambda: "takes a restart" in daemon.log()),
                   "keep-source cannot come with a reload, and that is said", daemon.log())


def test_check(tap, folder):
    many = "".join(f"[tee.t{i}]\nto=udp:127.0.0.1:{9000 + i}\n" for i in range(9))
    cases = [
        ("[tee.x]\nto=192.0.2.1:2055\n", [":2:", "udp:ADDRESS:PORT"]),
        ("[tee.x]\nto=udp:router.example:2055\n", [":2:", "an address, not a name"]),
        ("[tee.x]\nkeep-source=yes\n", ["tee.x", "to", "is missing"]),
        ("[tee.x]\nto=udp:127.0.0.1:2055\n", [":2:", "our own socket"]),
        ("[tee.x]\nto=udp:192.0.2.1:9\nkeep-sauce=yes\n", [":3:", "did you mean 'keep-source'"]),
        ("[tee.x]\nto=udp:192.0.2.1:9\nexporters=192.0.2.1/24\n", [":3:", "192.0.2.1/24"]),
        (many, ["more than the 8"]),
    ]
    for text, words in cases:
        config = folder / "wrong.conf"
        config.write_text(text + "[assets]\nprefixes=203.0.113.0/24\n", encoding="utf-8")
        result = run("check", "--config", config)
        tap.ok(result.returncode == 1 and all(word in result.stderr for word in words), f"check says {words}",
               result.stderr)


def in_namespace():
    """Inside a network namespace: two IPv6 addresses on its loopback; prints what a destination hears."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in ("2001:db8::1", "2001:db8::2"):
        subprocess.run(["ip", "address", "add", f"{address}/128", "dev", "lo", "nodad"], check=True)
    with Daemon() as daemon, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as ear, \
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as router:
        ear.bind(("2001:db8::1", 0))
        ear.settimeout(10)
        router.bind(("2001:db8::2", 40123))
        text = daemon.config.read_text(encoding="utf-8")
        text = text.replace(f"udp:127.0.0.1:{daemon.flow_port}", f"udp:[2001:db8::1]:{daemon.flow_port}")
        text += f"[tee.six]\nto=udp:[2001:db8::1]:{ear.getsockname()[1]}\nkeep-source=yes\n"
        daemon.config.write_text(text.replace("exporters=127.0.0.0/8", "exporters=2001:db8::/64"), encoding="utf-8")
        daemon.start()
        router.sendto(b"\0\x05" + bytes(998), ("2001:db8::1", daemon.flow_port))
        data, sender = ear.recvfrom(2000)
        print(sender[0], sender[1], digest(data))


def test_ipv6(tap):
    name = "an IPv6 exporter's address and port are kept"
    if os.geteuid() != 0:
        tap.skip(name, "a raw socket takes root")
        return
    if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode != 0:
        tap.skip(name, "this machine gives no network namespaces")
        return
    result = subprocess.run(["unshare", "-n", sys.executable, __file__, "--namespace"], check=False,
                            capture_output=True, text=True, timeout=60)
    tap.ok(result.stdout.split() == ["2001:db8::2", "40123", digest(b"\0\x05" + bytes(998))], name, result.stdout,
           result.stderr)


def test_slow(tap, files):
    """A destination with the smallest buffer there is, that is never read: the kernel drops what comes for it."""
    with Recorder() as good:
        rest = sections(("good", good.port)) + "[tee.slow]\nto=udp:127.0.0.1:9\n"
        with Daemon(rest=rest).start() as daemon, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as never_reads:
            never_reads.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            never_reads.bind(("127.0.0.1", 0))
            daemon.config.write_text(daemon.config.read_text(encoding="utf-8").replace(
                "udp:127.0.0.1:9\n", f"udp:127.0.0.1:{never_reads.getsockname()[1]}\n"), encoding="utf-8")
            pid = daemon.child("sense")
            daemon.process.send_signal(1)

            def is_another():
                try:
                    return daemon.child("sense") not in (0, pid) and daemon.is_ready()
                except (OSError, RuntimeError):
                    return False

            wait_for(is_another)
            time.sleep(0.5)
            sent = send_all(daemon, files)
            tap.ok(wait_for(lambda: len(good.datagrams) >= sent), "one that never reads holds up no other",
                   len(good.datagrams), sent, tees_of(daemon))
            wait_for(lambda: daemon.api("status")["books"]["received"] >= sent)  # they are told once a second
            books = daemon.api("status")["books"]
            tap.equal((books["received"], books["kernelDrops"], books["difference"]), (sent, 0, 0),
                      "nor the intake: all is received, and nothing dropped")


def main():
    if sys.argv[1] == "--namespace":
        in_namespace()
        return
    tap = Tap()
    captures = pathlib.Path(sys.argv[1])
    files = [captures / f"{name}.pcap" for name in CAPTURES if (captures / f"{name}.pcap").exists()]
    tap.ok(len(files) >= 3, "there are captures to send", sorted(captures.glob("*.pcap")))
    test_identical(tap, files)
    test_reload(tap, files)
    test_slow(tap, files)
    with Daemon() as scratch:
        test_check(tap, scratch.folder)
    test_ipv6(tap)
    tap.done()


main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""test-many-exporters.py - thousands of exporters: looked at page by page, and nothing is lost meanwhile

The objects of the list are made on the thread that receives. Were they made in one go, it would be deaf for longer than
this small buffer holds.
"""
import socket
import struct
import threading
import time

from daemon import Daemon, Tap, wait_for

N = 6000
RATE = 1000  # datagrams a second while somebody looks: the buffer holds those of some 100 ms
SECONDS = 4
ATTEMPTS = 4  # others may keep the machine busy for longer than the buffer holds; that is not the daemon's fault
tap = Tap()


def address(i):
    return f"127.{1 + i // 250}.{i % 250}.9"


def export(sequence):
    """NetFlow v5 with one record."""
    now = time.time()
    head = struct.pack(">HHIIIIBBH", 5, 1, 1000000, int(now), 0, sequence, 0, 0, 0)
    return head + socket.inet_aton("203.0.113.1") + socket.inet_aton("192.0.2.9") + bytes(4) + struct.pack(
        ">HHIIIIHHBBBBHHBBH", 1, 2, 3, 300, 995000, 999000, 40000, 443, 0, 0x18, 6, 0, 0, 0, 24, 24, 0)


def send_from_all(port):
    for i in range(N):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((address(i), 0))
            sender.sendto(export(0), ("127.0.0.1", port))
        if i % 10 == 0:
            time.sleep(0.01)


def look(daemon, until, pages):
    """What a console, a dashboard and Prometheus ask for, again and again."""
    while time.monotonic() < until:
        for path in ("/api/v1/exporters?sort=state&limit=60", "/api/v1/status", f"/api/v1/exporters/{N // 2}", "/metrics"):
            pages.append((path, *daemon.request(path)))


def lost_while_looking(daemon, pages):
    """How many datagrams of one sender at a steady pace did not arrive; answers go to @pages."""
    before = daemon.api("status")["books"]["received"]
    until, sent = time.monotonic() + SECONDS, 0
    looking = threading.Thread(target=look, args=(daemon, until, pages))
    looking.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((address(0), 0))
        begun = time.monotonic()
        while time.monotonic() < until:
            while sent < (time.monotonic() - begun) * RATE:
                sent += 1
                sender.sendto(export(sent), ("127.0.0.1", daemon.flow_port))
            time.sleep(0.001)
    looking.join()
    wait_for(lambda: daemon.api("status")["books"]["received"] >= before + sent, 2, 0.3)
    return sent - (daemon.api("status")["books"]["received"] - before)


def main():
    limits = f"max-exporters={2 * N}\nmax-new-exporters={2 * N}\nreceive-buffer=65536\nthreads=1"
    with Daemon(collector=limits).start() as daemon:
        for _ in range(ATTEMPTS):
            send_from_all(daemon.flow_port)
            if wait_for(lambda: daemon.api("status")["exporters"]["total"] == N, 5, 0.3):
                break
        tap.equal(daemon.api("status")["exporters"]["total"], N, "all exporters have sent")
        lost, pages = [], []
        while len(lost) < ATTEMPTS and 0 not in lost:
            lost.append(lost_while_looking(daemon, pages))
        tap.equal([page[:2] for page in pages if page[1] != 200], [], "every question is answered")
        tap.ok(len(pages) >= 12, "and there were some", len(pages))
        tap.ok(0 in lost, "nothing is lost while somebody looks", lost)

        exporters = daemon.exporters()
        tap.equal(len({one["index"] for one in exporters}), N, "the pages hold each exporter")
        tap.equal(len(exporters), N, "and none of them twice")
        page = daemon.api(f"exporters?query={address(7)}&limit=10")
        tap.equal([one["address"] for one in page["items"]], [address(7)], "one is found by its address")
        tap.ok("interfaces" not in page["items"][0], "the list does without interfaces", page["items"][0].keys())
        one = daemon.api(f"exporters/{page['items'][0]['index']}")
        tap.equal((one["address"], one["interfaces"]), (address(7), []), "they are told of one exporter")
        tap.equal(daemon.request(f"/api/v1/exporters/{N + 5}")[0], 404, "one that there is not is not found")
        status, metrics = daemon.request("/metrics")
        tap.equal((status, metrics.count("talaya_exporter_up{")), (200, N), "/metrics has each of them")


main()
tap.done()

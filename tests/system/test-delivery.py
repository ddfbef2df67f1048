#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-delivery.py - what is sent over UDP arrives: the API's counts per exporter equal decode's, the books balance

Runs over the captures of our own generator (argument: its folder) and, where they lie beside the clone, over the
datagrams of real exporters. All of them go into one daemon; each capture has source addresses of its own.
"""
import collections
import json
import pathlib
import sys

from daemon import Daemon, Tap, VECTORS, run, wait_for

COUNTS = ("records", "lateRecords", "optionsRecords", "missingTemplateSets")


def captures(folders):
    """(name, files) of every capture: a file, or a folder whose .dat files are one exporter's datagrams."""
    for folder in folders:
        if not folder.is_dir():
            continue
        for path in sorted(folder.rglob("*")):
            if path.is_dir():
                # A vector is one folder; its session.pcap is the same again, wrapped.
                session = sorted(path.glob("*.dat")) or sorted(path.glob("*.bin")) or sorted(path.glob("*.ipfix"))
                others = [one for one in sorted(path.glob("*.pcap*")) if one.name != "session.pcap"]
                if session or others:
                    yield path.relative_to(folder), session or others
        for path in sorted(folder.glob("*.pcap")):
            yield path.name, [path]


def decoded(files):
    result = run("decode", "--format", "none", "--summary", *files)
    summary = json.loads(result.stdout.splitlines()[-1])
    return {"received": summary["datagrams"], "records": summary["dataRecords"],
            "lateRecords": summary["lateRecords"], "optionsRecords": summary["optionsRecords"],
            "missingTemplateSets": summary["missingTemplateSets"]}


def by_capture(exporters):
    """Sums of the API's exporters; the second and third byte of the address tell the capture."""
    sums = collections.defaultdict(collections.Counter)
    for one in exporters:
        _, high, low, _ = map(int, one["address"].split("."))
        books = one["books"]
        for key in COUNTS + ("received", "decoded", "refused", "difference"):
            sums[(high - 70) * 256 + low][key] += books[key]
    return sums


def stranger(tap, files):
    """Who is not on the list of exporters is refused, counted and named."""
    with Daemon() as daemon:
        text = daemon.config.read_text(encoding="utf-8")
        daemon.config.write_text(text.replace("exporters=127.0.0.0/8", "exporters=192.0.2.0/24"), encoding="utf-8")
        daemon.start()
        sent = daemon.send(*files, **{"from": "127.99.0.1"})["datagrams"]
        refused = wait_for(lambda: (lambda s: s if s["refusedSenders"] else None)(daemon.api("status"))) or {}
        hint = "If it is a router of yours, add 127.99.0.1 to exporters= in the section [collector], and reload."
        tap.equal(refused.get("refusedSenders"),
                  [{"address": "127.99.0.1", "datagrams": sent, "reason": "not_allowed", "hint": hint}],
                  "a stranger is named with what he sent, and with what to do if he is none")
        books = daemon.api("status")["books"]
        problems = " ".join(one["text"] for one in daemon.api("status")["problems"])
        tap.ok("127.99.0.1" in problems, "the operator reads who it is", problems)
        tap.equal((books["decoded"], books["refusedBy"], books["difference"]), (0, {"not_allowed": sent}, 0),
                  "and the books say why")


def main():
    tap = Tap()
    folders = [pathlib.Path(one) for one in sys.argv[1:]]
    everything = list(captures(folders + [VECTORS]))
    if not VECTORS.is_dir():
        tap.skip("real exporters' vectors", f"0 ran: there is no {VECTORS.name} beside the clone")
    with Daemon().start() as daemon:
        wanted = [decoded(files) for _, files in everything]
        for i, (_, files) in enumerate(everything):
            daemon.send(*files, **{"from": f"127.{70 + i // 256}.{i % 256}.1", "rate": 5000})
        total = sum(one["received"] for one in wanted)
        wait_for(lambda: daemon.api("status")["books"]["received"] >= total)
        sums = wait_for(lambda: (lambda s: s if sum(c["received"] for c in s.values()) >= total else None)(
            by_capture(daemon.exporters()))) or by_capture(daemon.exporters())
        for i, (name, _) in enumerate(everything):
            got = {key: sums[i][key] for key in wanted[i]}
            tap.equal(got, wanted[i], f"{name}: the API counts what decode counts")
            tap.equal(sums[i]["received"] - sums[i]["decoded"] - sums[i]["refused"], 0, f"{name}: the books balance")
        books = daemon.api("status")["books"]
        tap.equal(books["difference"], 0, "the books of the whole balance")
        tap.equal(books["received"], total, "every datagram that was sent was received")
        tap.equal(daemon.api("status")["refusedSenders"], [], "nobody was refused")
        tap.equal(daemon.stop(), 0, "it stops as told")
    stranger(tap, everything[0][1])
    tap.done()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-replay.py - the demo scenario from datagrams to alerts: the relay is found, little else, and always the same

For several seeds: the alert about the home line names the right asset and the right far end; without the attack
there are no more alerts than the budget allows; two replays give the same bytes; a replay cut in two with the state
kept in between gives the alerts of one in one piece.
"""
import json
import pathlib
import re
import struct
import sys
import tempfile

from daemon import Tap, run

DAYS, BUDGET = 14, 5
SUPPORT = ("fleet_rarity", "quiet_long", "odd_port", "new_egress")  # they never lead
tap = Tap()


def talaya(*args):
    return run(*args, timeout=280)


def demo(folder, seed, *more):
    """Writes the scenario; gives what the demo says about the attack."""
    result = talaya("demo", "--write", folder / "demo.pcap", "--config-out", folder, "--seed", seed, *more)
    told = re.search(r"server (\S+) has kept a connection to the home line ([0-9.]+)", result.stdout + result.stderr)
    return told.groups() if told else None


def replay(folder, *more, files=None):
    files = files or [folder / "demo.pcap"]
    return talaya("replay", "--config", folder / "talaya.conf", *more, *files)


def first_of_each(text):
    alerts = {}
    for line in text.splitlines():
        alert = json.loads(line)
        alerts.setdefault(alert["id"], alert)
    return list(alerts.values())


def cut(capture, folder):
    """The capture in two halves."""
    data = capture.read_bytes()
    head, at, ends = data[:24], 24, [24]
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    while at < len(data):
        at += 16 + struct.unpack(order + "I", data[at + 8:at + 12])[0]
        ends.append(at)
    middle = ends[len(ends) * 2 // 3]
    (folder / "one.pcap").write_bytes(data[:middle])
    (folder / "two.pcap").write_bytes(head + data[middle:])
    return folder / "one.pcap", folder / "two.pcap"


def check_headlines(seed, alerts):
    """What says more than all the rest is what the alert is called and what its first sentence tells."""
    carried = [(a, a["detectors"][0]) for a in alerts if a["detectors"][0]["decibans"] > a["score"] * 0.6]
    wrong = [a for a, part in carried if part["name"] not in SUPPORT and a["kind"] not in (part["name"], "residential_path")]
    tap.ok(not wrong, f"seed {seed}: the headline is what carries the alert", json.dumps(wrong)[:2000])


def check_attack(seed, folder):
    told = demo(folder, seed)
    result = replay(folder)
    alerts = first_of_each(result.stdout)
    words = "\n".join(f"{a['time']} {a['kind']} {a['asset']} {a['peer']} {a['score']:.1f}" for a in alerts)
    if not tap.ok(told and result.returncode == 0, f"seed {seed}: the demo is written and replayed", result.stderr):
        return None
    asset, far = told
    hits = [a for a in alerts if a["kind"] == "residential_path" and a["asset"] == asset and a["peer"] == far]
    tap.ok(len(hits) == 1, f"seed {seed}: one alert names the server and the home line", words)
    others = [a for a in alerts if a["asset"] != asset]
    tap.ok(len(others) <= BUDGET, f"seed {seed}: in {DAYS} days no more false alarms than the budget of one", words)
    for alert in hits:
        total = sum(d["decibans"] for d in alert["detectors"])
        tap.ok(abs(total - alert["score"]) < 0.1, f"seed {seed}: the contributions add up to the score", total)
        tap.ok(alert["flows"] and alert["summary"] and alert["detectors"][0]["reason"] and alert["path"],
               f"seed {seed}: the alert has flows, a path and words", json.dumps(alert)[:2000])
        tap.ok(alert["peerClass"] == "residential", f"seed {seed}: the far end is residential", alert["peerClass"])
    return result.stdout


def check_clean(seed, folder):
    demo(folder, seed, "--no-attack")
    result = replay(folder)
    alerts = first_of_each(result.stdout)
    tap.ok(result.returncode == 0 and len(alerts) <= BUDGET,
           f"seed {seed}: {len(alerts)} alerts in {DAYS} days without an attack", result.stdout[:2000])
    check_headlines(seed, alerts)


def check_same(folder, before):
    tap.ok(replay(folder).stdout == before, "a second replay gives the same bytes")
    result = replay(folder, "--state", folder / "whole")
    tap.ok(result.stdout == before and result.returncode == 0, "with a state folder as well", result.stderr)
    tap.ok((folder / "whole" / "talaya.db").exists() and (folder / "whole" / "baselines").exists(),
           "alerts and baselines are kept")


def check_cut(folder, before):
    """The decoder begins anew in the second half, so the templates' repetition decides what it can read first."""
    one, two = cut(folder / "demo.pcap", folder)
    first = replay(folder, "--state", folder / "cut", files=[one])
    second = replay(folder, "--state", folder / "cut", files=[two])
    whole = {(a["kind"], a["asset"], a["peer"]) for a in first_of_each(before) if a["kind"] == "residential_path"}
    parts = {(a["kind"], a["asset"], a["peer"]) for a in first_of_each(first.stdout + second.stdout)}
    tap.ok(second.returncode == 0 and "learning begins anew" not in second.stderr, "the baselines are read back",
           second.stderr)
    tap.ok(whole <= parts, "cut in two, with the state kept, the same home line is found", f"{whole} {parts}")


def check_usage():
    tap.ok(talaya("replay").returncode == 2, "without a configuration: wrong usage")
    tap.ok(talaya("replay", "--config", "/nonexistent", "x").returncode == 1, "an unreadable configuration fails")


def main():
    with tempfile.TemporaryDirectory() as name:
        top = pathlib.Path(name)
        for seed in (1, 2, 3):
            folder = top / str(seed)
            (folder / "clean").mkdir(parents=True)
            text = check_attack(seed, folder)
            check_clean(seed, folder / "clean")
            if seed == 1 and text is not None:
                check_same(folder, text)
                check_cut(folder, text)
    check_usage()
    tap.done()


if __name__ == "__main__":
    sys.exit(main())

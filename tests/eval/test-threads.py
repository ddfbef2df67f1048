#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-threads.py - alerts are the same, byte for byte, with one, two and four scoring threads

A network of the evaluation with intruders of many kinds, and the demo, are replayed with each; alerts and the p-values of
all detectors are compared. So is what a replay in two parts gives that kept its state in between, with other numbers of
threads for each part. With THREADS_DEEP=1 the network has more assets and days. For a race detector:

  meson setup build-tsan -Db_sanitize=thread -Dtests=false -Dconsole=off && ninja -C build-tsan collector/cli/talaya
  TALAYA=build-tsan/collector/cli/talaya python3 tests/eval/test-threads.py build
"""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from daemon import Tap, run  # noqa: E402

BUILD = pathlib.Path(sys.argv[1])
TALAYA = os.environ.get("TALAYA", str(BUILD / "collector/cli/talaya"))
KINDS = ("residential_path,beacon_fixed,relay,new_service,awakened,listed,admin_edge,home_login,spray,scan_fast,scan_bots,"
         "router_endpoint,egress_change,exfil_burst,hoarding,flood_in,exporter_silent")
SIZE = ("--assets=120", "--days=10", "--learn=6") if os.environ.get("THREADS_DEEP") else ("--assets=70", "--days=4",
                                                                                         "--learn=2")
tap = Tap()


def network(folder):
    subprocess.run([BUILD / "tests/eval/eval-generate", f"--out={folder}", f"--attacks={KINDS}", *SIZE, "--budget=100"],
                   check=True, stdout=subprocess.DEVNULL)
    return folder / "flows.pcap"


def demo(folder):
    folder.mkdir()
    run("demo", "--write", folder / "demo.pcap", "--config-out", folder, "--seed", "1", timeout=200)
    return folder / "demo.pcap"


def config(folder, **keys):
    """The configuration with more keys in [scoring]."""
    path = folder / ("-".join(f"{key}{value}" for key, value in keys.items()) + ".conf")
    lines = "".join(f"{key}={value}\n" for key, value in keys.items())
    path.write_text((folder / "talaya.conf").read_text().replace("[scoring]\n", f"[scoring]\n{lines}", 1))
    assert lines in path.read_text()
    return path


def replay(folder, keys, capture, *more):
    """Alerts and p-values, as bytes; None: it failed."""
    pvalues = folder / "pvalues"
    result = subprocess.run([TALAYA, "replay", "--config", config(folder, **keys), "--pvalues", pvalues, *more, capture],
                            capture_output=True, timeout=1200, check=False)
    if result.returncode != 0 or b"anew" in result.stderr or b"ThreadSanitizer" in result.stderr:
        tap.ok(False, f"a replay with {keys}", result.stderr.decode()[-4000:])
        return None
    return result.stdout, pvalues.read_bytes()


def check_numbers(name, folder, capture):
    one = replay(folder, {"threads": 1}, capture)
    tap.ok(one and len(one[0]) > 1000 and len(one[1]) > 1000, f"{name}: there are alerts to compare",
           f"{len(one[0])} bytes of alerts" if one else "none")
    for threads in 2, 4:
        tap.ok(replay(folder, {"threads": threads}, capture) == one, f"{name}: the same alerts with {threads} threads")
    return one


def check_full_tables(folder, capture, roomy):
    one, four = (replay(folder, {"threads": threads, "max-pairs": 1024}, capture) for threads in (1, 4))
    tap.ok(one and one == four, "where all tables are full and the oldest must go as well")
    tap.ok(one != roomy, "that tells otherwise, so what is compared does depend on what is scored")


def cut(capture):
    """In two files, between two datagrams."""
    data, at = capture.read_bytes(), 24
    while at < len(data) * 2 // 3:
        at += 16 + int.from_bytes(data[at + 8:at + 12], "little")
    parts = [capture.with_suffix(".one"), capture.with_suffix(".two")]
    parts[0].write_bytes(data[:at])
    parts[1].write_bytes(data[:24] + data[at:])
    return parts


def check_restart(folder, capture):
    parts = cut(capture)
    told = []
    for order in (1, 1), (4, 1), (1, 2):
        state = folder / f"state{order[0]}{order[1]}"
        told.append([replay(folder, {"threads": threads}, part, "--state", state)
                     for threads, part in zip(order, parts)])
    tap.ok(None not in told[0] and told[0] == told[1] == told[2], "a state may be kept by some threads and read by others")


def main():
    with tempfile.TemporaryDirectory() as name:
        top = pathlib.Path(name)
        capture = network(top / "network")
        check_full_tables(top / "network", capture, check_numbers("network", top / "network", capture))
        check_restart(top / "network", capture)
        check_numbers("demo", top / "demo", demo(top / "demo"))
    tap.done()


if __name__ == "__main__":
    sys.exit(main())

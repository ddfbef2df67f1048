#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-faults.py - bad input gives a clear message and loses nothing else

Files that cannot be read, a wrong key, a port in use, damaged state, a truncated MMDB, a full disk. The argument is
the folder of our generator's captures.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

from daemon import Daemon, Tap, run, wait_for


def good_capture(folder):
    return sorted(folder.glob("*.pcap"))[0]


def test_files(tap, captures, scratch):
    good = good_capture(captures)
    alone = json.loads(run("decode", "--format", "none", "--summary", good).stdout.splitlines()[-1])
    empty = scratch / "empty.pcap"
    empty.touch()
    cut = scratch / "cut.pcap"
    cut.write_bytes(good.read_bytes()[:-7])
    cases = [
        (scratch / "missing.pcap", "No such file"),
        (empty, "is empty"),
        (scratch, "is a folder"),
        (cut, "truncated"),
    ]
    for path, words in cases:
        result = run("decode", "--format", "none", "--summary", path, good)
        summary = json.loads(result.stdout.splitlines()[-1])
        tap.ok(words in result.stderr and str(path) in result.stderr, f"{path.name}: '{words}' is said", result.stderr)
        tap.equal(result.returncode, 1, f"{path.name}: exit status 1")
        tap.ok(summary["dataRecords"] >= alone["dataRecords"] > 0, f"{path.name}: the other file is decoded whole",
               summary)
    text = scratch / "hosts"
    text.write_text("127.0.0.1 localhost\n", encoding="utf-8")
    result = run("decode", text)
    tap.ok(result.returncode == 0 and "nothing in these files" in result.stderr, "a text is no capture, which is said",
           result)
    result = run("send", "--to", "127.0.0.1:9", "--rate", "0", good)
    tap.ok(result.returncode == 2 and "--rate" in result.stderr, "which option is wrong is said", result)
    tap.equal(run("decode").returncode, 2, "no file at all is wrong usage")
    tap.equal(run("nonsense").returncode, 2, "an unknown command is wrong usage")


def test_configuration(tap, scratch):
    cases = [
        ("[scoring]\nbudjet=3\n", [":2:", "budjet", "did you mean 'budget'"]),
        ("[scoring]\nbudget=-1\n", [":2:", "budget=-1", "0.01 to 1000"]),
        ("[collector]\nlisten=udp:localhost\n", [":2:", "udp:ADDRESS:PORT"]),
        ("[assets]\nprefixes=203.0.113.7/24\n", [":2:", "203.0.113.7/24"]),
        ("[assets]\nprefixes=203.0.113.0/24\ninventory=nowhere.csv\n", ["nowhere.csv"]),
        ("[assets]\nprefixes=203.0.113.0/24\n[place.x]\ntype=csv\npath=bad.csv\n", ["bad.csv", ":2"]),
        ("", ["is empty"]),
    ]
    (scratch / "bad.csv").write_text("prefix,access\n203.0.113.0/24,residental\n", encoding="utf-8")
    for text, words in cases:
        config = scratch / "wrong.conf"
        config.write_text(text, encoding="utf-8")
        result = run("check", "--config", config)
        tap.ok(all(word in result.stderr for word in words), f"check says {words}", result.stderr)
        tap.equal(result.returncode, 1, f"check of {text[:30]!r} fails")
        result = run("serve", "--config", config, "--state", scratch / "never")
        tap.ok(result.returncode == 1 and words[-1] in result.stderr, f"serve refuses {text[:30]!r} too", result.stderr)
    config.write_text("[assets]\nprefixes=203.0.113.0/24\n", encoding="utf-8")
    tap.ok("Only this machine may send" in run("check", "--config", config).stdout, "check says who may send by default")
    tap.ok(not (scratch / "never").exists(), "nothing was made for a configuration that is not sound")


def test_port_in_use(tap, scratch):
    with Daemon(scratch) as daemon, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", daemon.flow_port))
        result = run("serve", "--config", daemon.config, "--state", daemon.state)
        tap.equal(result.returncode, 1, "a port in use: exit status 1")
        tap.ok(str(daemon.flow_port) in result.stderr and "in use" in result.stderr, "the port is named", result.stderr)


def test_state_in_use(tap, scratch, captures):
    """Two that write the same files would undo each other's work."""
    with Daemon(scratch).start() as daemon, Daemon() as other:
        result = run("serve", "--config", other.config, "--state", daemon.state)
        tap.ok(result.returncode == 1 and "in use by another talaya" in result.stderr,
               "a second daemon is refused its state folder", result)
        result = run("replay", "--config", daemon.config, "--state", daemon.state, good_capture(captures))
        tap.ok(result.returncode == 1 and "in use by another talaya" in result.stderr,
               "so is a replay that would teach it", result)
        daemon.kill()
        result = run("replay", "--config", daemon.config, "--state", daemon.state, good_capture(captures))
        tap.equal(result.returncode, 0, "who was killed has left it")


def test_interrupt(tap, scratch):
    """Ctrl-C goes to all processes of a terminal, and is a stop in order all the same."""
    with Daemon(scratch).start() as daemon:
        os.killpg(daemon.process.pid, signal.SIGINT)
        tap.equal(daemon.process.wait(20), 0, "Ctrl-C: it stops as told")
        tap.ok("error:" not in daemon.log(), "Ctrl-C: nothing is taken for a crash", daemon.log())


def test_reload(tap, scratch, captures):
    with Daemon(scratch).start() as daemon:
        sent = daemon.send(good_capture(captures))["datagrams"]
        wait_for(lambda: daemon.api("status")["books"]["received"] >= sent)
        sound = daemon.config.read_text(encoding="utf-8")
        daemon.config.write_text(sound + "\n[scoring]\nbudjet=1\n", encoding="utf-8")
        daemon.process.send_signal(1)
        tap.ok(wait_for(lambda: "the old one stays in force" in daemon.log()), "a wrong configuration is refused",
               daemon.log())
        tap.ok("did you mean 'budget'" in daemon.log(), "and said what is wrong")
        daemon.config.write_text(sound + "\n[scoring]\nbudget=2\n", encoding="utf-8")
        pid = daemon.child("sense")
        daemon.process.send_signal(1)

        def is_reloaded():
            try:
                status = daemon.api("status")
                return status["budget"]["perDay"] == 2 and status
            except (OSError, RuntimeError):
                return None

        status = wait_for(is_reloaded)
        tap.ok(status, "a sound one is taken", daemon.log())
        tap.ok(daemon.child("sense") != pid, "by a new process")
        tap.equal([one["restarts"] for one in status["processes"]], [0, 0, 0], "which counts as no failure")
        templates = sum(d["templates"] for e in daemon.exporters() for d in e["domains"])
        tap.ok(templates > 0, "what the exporters had told is still known")


def test_damaged_state(tap, scratch, captures):
    daemon = Daemon(scratch)
    with daemon.start():
        daemon.send(good_capture(captures))
        token = daemon.token
        wait_for(lambda: (daemon.state / "baselines").exists() and (daemon.state / "templates").exists())
    for name in ("baselines", "templates"):
        path = daemon.state / name
        damaged = bytearray(path.read_bytes())
        damaged[len(damaged) // 2] ^= 0xFF
        path.write_bytes(bytes(damaged))
        log_before = len(daemon.log())
        with daemon.start():
            said = daemon.log()[log_before:]
            tap.ok(f"{name}' is damaged" in said and ".bad-1" in said, f"damaged {name}: set aside, and said", said)
            tap.ok((daemon.state / f"{name}.bad-1").exists(), f"damaged {name}: the file is kept for a look")
            status, _ = daemon.request("/api/v1/status", token=token)
            tap.equal(status, 200, f"damaged {name}: the token still works, so the database was not touched")
    with daemon.start():
        sent = daemon.send(good_capture(captures))["datagrams"]
        wait_for(lambda: daemon.api("status")["books"]["received"] >= sent)
    database = daemon.state / "talaya.db"
    for extra in ("-wal", "-shm"):
        pathlib.Path(f"{database}{extra}").unlink(missing_ok=True)
    damaged = bytearray(database.read_bytes())
    for at in range(0, min(len(damaged), 4096)):
        damaged[at] = 0x5A
    database.write_bytes(bytes(damaged))
    log_before = len(daemon.log())
    with daemon.start():
        said = daemon.log()[log_before:]
        tap.ok("talaya.db" in said and "set aside" in said, "damaged talaya.db: set aside, and said", said)
        tap.ok(list(daemon.state.glob("talaya.db.bad-*")), "damaged talaya.db: the file is kept for a look")
        tap.equal(daemon.request("/api/v1/status")[0], 200, "damaged talaya.db: a new one works, with a new token")
        templates = sum(d["templates"] for e in daemon.exporters() for d in e["domains"])
        tap.ok(templates > 0, "damaged talaya.db: the templates are still known", templates)


def test_truncated_mmdb(tap, scratch):
    path = scratch / "country.mmdb"
    path.write_bytes(b"\x00" * 5000 + b"\xab\xcd\xefMaxMind.com\xe9")  # cut in the middle of its metadata
    config = scratch / "mmdb.conf"
    config.write_text("[assets]\nprefixes=203.0.113.0/24\n[place.geo]\ntype=mmdb\npath=country.mmdb\n", encoding="utf-8")
    result = run("check", "--config", config)
    tap.equal(result.returncode, 1, "truncated MMDB: check fails")
    tap.ok("country.mmdb" in result.stderr, "truncated MMDB: the file is named", result.stderr)
    result = run("classify", "--config", config, "192.0.2.1")
    tap.ok(result.returncode == 1 and "country.mmdb" in result.stderr, "truncated MMDB: classify says so", result.stderr)


def test_full_disk(tap, scratch, captures):
    if os.geteuid() != 0:
        tap.skip("full disk", "mounting a small tmpfs needs root")
        return
    disk = scratch / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], check=False).returncode != 0:
        tap.skip("full disk", "this machine does not let root mount a tmpfs")
        return
    try:
        with Daemon(scratch, state=disk / "state").start() as daemon:
            filler = disk / "filler"
            with open(filler, "wb") as file:
                try:
                    while True:
                        file.write(b"\0" * 65536)
                        file.flush()
                except OSError:
                    pass
            sent = daemon.send(good_capture(captures))["datagrams"]
            got = wait_for(lambda: daemon.api("status")["books"]["received"] >= sent)
            tap.ok(got, "full disk: datagrams are received and decoded all the same")
            said = wait_for(lambda: "No space left" in daemon.log(), 10)
            tap.ok(said, "full disk: it is said in the log", daemon.log()[-1500:])
            problems = wait_for(lambda: [p["text"] for p in daemon.api("status")["problems"] if "space" in p["text"]
                                         or "space" in p["hint"]], 5)
            tap.ok(problems, "full disk: it is shown to the operator")
            tap.equal([one["restarts"] for one in daemon.api("status")["processes"]], [0, 0, 0],
                      "full disk: no process died of it")
            filler.unlink()
            back = wait_for(lambda: "written again" in daemon.log(), 15)
            tap.ok(back, "full disk: writing goes on when there is room", daemon.log()[-1500:])
            tap.equal(daemon.stop(), 0, "full disk: it stops as told")
    finally:
        time.sleep(0.2)
        subprocess.run(["umount", disk], check=False)


def main():
    tap = Tap()
    captures = pathlib.Path(sys.argv[1])
    for test in (test_files, test_port_in_use, test_state_in_use, test_interrupt, test_reload, test_damaged_state,
                 test_truncated_mmdb, test_full_disk, test_configuration):
        with tempfile.TemporaryDirectory(prefix="talaya-faults-") as folder:
            scratch = pathlib.Path(folder)
            wanted = test.__code__.co_varnames[:test.__code__.co_argcount]
            test(**{name: {"tap": tap, "captures": captures, "scratch": scratch}[name] for name in wanted})
    tap.done()


main()

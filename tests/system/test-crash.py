#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-crash.py - kill -9 in the middle of a live run: no alert that the API has shown is lost, and templates,
sampling and baselines are back after the restart; each child that dies is started again"""
import os
import pathlib
import signal
import subprocess
import tempfile
import time

from daemon import TALAYA, Daemon, Tap, run, wait_for


def play_demo(daemon, folder):
    """Starts the demo scenario into @daemon; the process."""
    return subprocess.Popen([TALAYA, "demo", "--to", f"127.0.0.1:{daemon.flow_port}", "--seed", "7"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)


def alerts(daemon):
    return {one["id"]: one for one in daemon.api("alerts?limit=500")["items"]}


def what_is_known(daemon):
    exporters = daemon.exporters()
    assets = daemon.api("assets?limit=500")["items"]
    return {
        "templates": sum(domain["templates"] + domain["optionsTemplates"]
                         for one in exporters for domain in one["domains"]),
        "sampling": {one["address"]: one["sampling"]["rate"] for one in exporters},
        "maturity": {one["address"]: one["maturity"] for one in assets},
    }


def test_kill(tap, folder):
    daemon = Daemon(folder)
    run("demo", "--config-out", folder)
    daemon.use_ports_of((folder / "talaya.conf").read_text(encoding="utf-8"))
    text = daemon.config.read_text(encoding="utf-8")
    daemon.config.write_text(text.replace("[state]\n", "[state]\nsnapshot-every=1\n"), encoding="utf-8")
    daemon.start()
    demo = play_demo(daemon, folder)
    shown = wait_for(lambda: alerts(daemon), 90, 0.2)
    tap.ok(shown, "an alert appears while the scenario plays", daemon.log()[-2000:])
    time.sleep(2.5)  # longer than two snapshots
    shown = alerts(daemon)
    before = what_is_known(daemon)
    daemon.kill()
    demo.kill()
    demo.wait()

    daemon.start()
    after = alerts(daemon)
    tap.equal(sorted(set(shown) - set(after)), [], "every alert that was shown is there after kill -9")
    known = wait_for(lambda: (lambda k: k if k["templates"] and k["maturity"] else None)(what_is_known(daemon)), 5)
    known = known or what_is_known(daemon)
    tap.equal(known["templates"], before["templates"], "the templates are back")
    tap.equal(known["sampling"], before["sampling"], "the sampling is back")
    tap.ok(len(known["maturity"]) > 0 and set(known["maturity"]) >= set(list(before["maturity"])[:5]),
           "the baselines are back", known["maturity"], before["maturity"])
    states = [domain["provisional"] for one in daemon.exporters() for domain in one["domains"]]
    tap.ok(states and all(states), "restored templates are provisional until the wire confirms them", states)
    tap.equal(daemon.stop(), 0, "it stops as told")


def test_children(tap, folder):
    with Daemon(folder).start() as daemon:
        for name in ("series", "web", "sense"):
            pid = daemon.child(name)
            os.kill(pid, signal.SIGABRT)  # SIGSEGV would be a finding in sanitizer builds

            def is_back():
                try:
                    one = next(p for p in daemon.api("status")["processes"] if p["name"] == name)
                    return one["restarts"] == 1 and one["pid"] not in (0, pid) and one
                except (OSError, RuntimeError):
                    return None

            started = time.monotonic()
            back = wait_for(is_back, 10)
            tap.ok(back, f"{name} is started again, and counted", daemon.log()[-1500:])
            tap.ok(time.monotonic() - started < 5, f"{name} is back soon")
        tap.ok(daemon.process.poll() is None, "the parent lives on")
        problems = " ".join(one["text"] for one in daemon.api("status")["problems"])
        tap.ok("started again" in problems, "the restarts are shown to the operator", problems)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="talaya-crash-") as folder:
        test_kill(tap, pathlib.Path(folder))
    with tempfile.TemporaryDirectory(prefix="talaya-children-") as folder:
        test_children(tap, pathlib.Path(folder))
    tap.done()


main()

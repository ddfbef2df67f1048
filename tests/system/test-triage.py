#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-triage.py - rules and verdicts through a real daemon that plays the demo scenario

A rule made before the attack keeps its alert suppressed from the start; when the rule ends, the alert is there at
once; a verdict's effect outlives kill -9.
"""
import pathlib
import subprocess
import sys
import tempfile
import time

from daemon import TALAYA, Daemon, Tap, run, wait_for

API = "/api/v1"
tap = Tap()


def residential(daemon):
    """The demo's attack."""
    found = daemon.api("alerts?kind=residential_path&sort=score&limit=1")["items"]
    return found[0] if found else None


def post(daemon, path, body):
    return daemon.request(f"{API}/{path}", "POST", body)


def rules(daemon):
    scope = {"peerClass": "residential"}
    status, problem = post(daemon, "suppressions", {"reason": "a rehearsal", "expires": "now+1d"})
    tap.ok(status == 400 and "everything" in problem["detail"], "a rule about nothing is refused in words", problem)
    status, rule = post(daemon, "suppressions", {**scope, "reason": "a rehearsal", "expires": "now+1d"})
    tap.equal(status, 201, "a rule is made before the attack")
    play(daemon)
    alert = wait_for(lambda: residential(daemon), 60, 0.5)
    tap.ok(alert is not None, "the attack is scored all the same")
    whole = daemon.api(f"alerts/{alert['id']}")
    tap.equal((whole["state"], whole["suppression"], whole["history"][0]["to"]), ("suppressed", rule["id"], "suppressed"),
              "its alert is suppressed from the start, by this rule")
    others = daemon.api(f"assets/{alert['asset']}")["openAlerts"]
    status, preview = post(daemon, "suppressions/preview", scope)
    tap.ok(status == 200 and preview["matched"] >= 1 and preview["items"][0]["peerClass"] == "residential",
           "a preview names what such a rule would have suppressed", preview)
    listed = daemon.api("suppressions")["items"][0]
    tap.ok(listed["active"] and listed["suppressed"] >= 1, "the list tells how many it has suppressed", listed)
    status, was = daemon.request(f"{API}/suppressions/{rule['id']}", "DELETE")
    tap.ok(status == 200 and was["restored"] >= 1, "a deleted rule gives back what it suppressed", was)
    tap.equal(daemon.api(f"alerts/{alert['id']}")["state"], "new", "the alert is new")
    tap.equal(daemon.api(f"assets/{alert['asset']}")["openAlerts"], others + 1, "only now is it one of the asset's open ones")
    return scope, alert


def expiry(daemon, scope, alert):
    _, rule = post(daemon, "suppressions", {**scope, "reason": "a short one", "expires": "now+3s"})
    tap.equal(daemon.api(f"alerts/{alert['id']}")["state"], "suppressed", "a new rule takes hold of an open alert")
    ended = wait_for(lambda: daemon.api(f"alerts/{alert['id']}")["state"] == "new", 15, 0.1)
    tap.ok(ended, "an expired rule stops at once, without a flow coming in")
    history = daemon.api(f"alerts/{alert['id']}")["history"]
    tap.ok(any("no rule" in (row["note"] or "") for row in history), "and the alert's history says so", history)
    listed = next(one for one in daemon.api("suppressions")["items"] if one["id"] == rule["id"])
    tap.ok(not listed["active"], "it is listed as expired")


def is_known(daemon, alert):
    peers = daemon.api(f"assets/{alert['asset']}")["peers"]
    return next((one["knownByVerdict"] for one in peers if one["address"] == alert["peer"]), None)


def verdicts(daemon, alert):
    path = f"{API}/alerts/{alert['id']}"
    tap.equal(is_known(daemon, alert), False, "before a verdict the far end is not known by one")
    daemon.stop()  # the snapshot of what was learned
    text = daemon.config.read_text(encoding="utf-8")
    daemon.config.write_text(text.replace("[state]\n", "[state]\nsnapshot-every=3600\n"), encoding="utf-8")
    daemon.start()
    status, decided = daemon.request(path, "PATCH", {"verdict": "benign_expected", "note": "the new line of the chief"})
    tap.equal((status, decided["verdict"]), (200, "benign_expected"), "a verdict is taken")
    tap.equal(is_known(daemon, alert), True, "it makes the far end known")
    daemon.kill()
    daemon.start()
    tap.equal(is_known(daemon, alert), True, "it outlives kill -9, though no snapshot has it")
    daemon.request(path, "PATCH", {"verdict": "unknown"})
    tap.equal(is_known(daemon, alert), False, "taken back, the far end is new again")
    daemon.request(path, "PATCH", {"verdict": "false_positive"})
    tap.equal(is_known(daemon, alert), True, "a false positive makes it known as well")
    daemon.request(path, "PATCH", {"verdict": "true_positive"})
    tap.equal(is_known(daemon, alert), False, "a true positive does not")


def groups(daemon, alert):
    folded = daemon.api("alerts?fold=group&limit=500")
    flat = daemon.api("alerts?limit=500")
    tap.equal(sum(one["groupSize"] for one in folded["items"]), flat["total"], "groups hold each alert once")
    members = daemon.api(f"alerts?group={alert['group']}")["items"]
    tap.ok(any(one["id"] == alert["id"] for one in members), "a group can be opened", members)


def play(daemon):
    """The demo, to its last alert: an asset's later ones would change what is counted below."""
    subprocess.run([TALAYA, "demo", "--to", f"127.0.0.1:{daemon.flow_port}"], check=True, stdout=sys.stderr, timeout=180)
    time.sleep(1.5)
    wait_for(daemon.is_scored, 120, 0.5)


def main():
    with tempfile.TemporaryDirectory(prefix="talaya-triage-") as folder:
        with Daemon(folder) as daemon:
            run("demo", "--config-out", folder)
            daemon.use_ports_of((pathlib.Path(folder) / "talaya.conf").read_text(encoding="utf-8"))
            daemon.start()
            scope, alert = rules(daemon)
            expiry(daemon, scope, alert)
            groups(daemon, alert)
            verdicts(daemon, alert)
    tap.done()


main()

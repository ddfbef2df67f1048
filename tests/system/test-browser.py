#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test-browser.py WORK - the console in Debian's Chromium, against a real daemon that has played the demo scenario

What is asserted is in tests/web/test-console.mjs; here the daemon is started and fed. WORK is a folder for the npm
packages, which are installed anew only when the lock file has changed. TALAYA_SHOTS names a folder for screenshots.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from daemon import ROOT, TALAYA, Daemon, run, wait_for

SOURCES = ROOT / "tests" / "web"


def install(work):
    """The packages and the scripts that use them, side by side: an import looks for node_modules there."""
    work.mkdir(parents=True, exist_ok=True)
    for path in [*SOURCES.glob("*.mjs"), SOURCES / "package.json", SOURCES / "package-lock.json"]:
        shutil.copy(path, work)
    lock = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    stamp = work / "installed-lock"
    if not stamp.exists() or stamp.read_text(encoding="ascii") != lock:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=work,
                       check=True, stdout=sys.stderr)
        stamp.write_text(lock, encoding="ascii")


def main():
    work = pathlib.Path(sys.argv[1])
    install(work)
    with tempfile.TemporaryDirectory(prefix="talaya-browser-") as folder:
        with Daemon(folder) as daemon:
            run("demo", "--config-out", folder)
            daemon.use_ports_of((pathlib.Path(folder) / "talaya.conf").read_text(encoding="utf-8"))
            daemon.start()
            subprocess.run([TALAYA, "demo", "--to", f"127.0.0.1:{daemon.flow_port}"], check=True, stdout=sys.stderr,
                           timeout=180)
            wait_for(lambda: any(one["kind"] == "residential_path" for one in daemon.api("alerts")["items"]), 60, 0.5)
            environment = dict(os.environ, TALAYA_URL=daemon.url, TALAYA_TOKEN=daemon.token)
            return subprocess.run(["node", "test-console.mjs"], cwd=work, env=environment, timeout=480,
                                  check=False).returncode


sys.exit(main())

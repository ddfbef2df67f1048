# SPDX-License-Identifier: GPL-3.0-or-later
"""test-tokens.py - tokens are made, listed and taken back beside a daemon that runs"""
from daemon import Daemon, Tap, run

tap = Tap()


def token(daemon, *args):
    return run("token", "--config", daemon.config, "--state", daemon.state, *args)


def main():
    with Daemon() as daemon:
        early = token(daemon)
        tap.ok(early.returncode == 1 and "first start" in early.stderr, "before the first start there are none", early)
        daemon.start()
        made = token(daemon, "--make", "grafana", "--scope", "read", "--days", 30)
        secret = made.stdout.strip()
        name = secret.split(".")[0]
        tap.ok(made.returncode == 0 and made.stdout.count("\n") == 1, "a token is printed, and nothing else", made)
        tap.equal(daemon.request("/api/v1/status", token=secret)[0], 200, "it reads, at once")
        tap.equal(daemon.request("/api/v1/suppressions", "POST", {"port": 1, "reason": "x"}, token=secret)[0], 403,
                  "and does no more")
        listed = token(daemon)
        rows = listed.stdout.splitlines()
        tap.ok(listed.returncode == 0 and any(name in row and "grafana" in row and "read" in row for row in rows)
               and any("admin" in row and "never" in row for row in rows), "they are listed", listed)
        tap.ok(secret not in listed.stdout, "without their secrets")
        tap.equal(token(daemon, "--revoke", name).returncode, 0, "one is taken back")
        tap.equal(daemon.request("/api/v1/status", token=secret)[0], 401, "and holds no more, at once")
        tap.ok(name not in token(daemon).stdout, "and is not listed")
        tap.equal(token(daemon, "--revoke", name).returncode, 1, "twice is once too often")
        for args in (["--make", "x"], ["--make", "x", "--scope", "root"], ["--make", "", "--scope", "read"],
                     ["--make", "x", "--revoke", "y"], ["--days", "-1"], ["list"]):
            tap.equal(token(daemon, *args).returncode, 2, f"wrong usage: {' '.join(args)}")


main()
tap.done()

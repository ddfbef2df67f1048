#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""count-results.py LIST passed|failed|skipped|names - adds up meson's testlog.json

A program that speaks TAP counts each of its points; any other counts as one test. "names" prints what failed instead:
the program, its point and what the program said about it, so that the end of a long log is enough.
"""
import json
import re
import sys

POINT = re.compile(r"^(not )?ok\b(?:[^#]|\\#)*(#\s*(?:skip|todo))?", re.IGNORECASE)


def points(test):
    """(passed, failed, skipped) of one program."""
    count = [0, 0, 0]
    for line in (test.get("stdout") or "").splitlines():
        match = POINT.match(line)
        if match:
            count[2 if match[2] else 1 if match[1] else 0] += 1
    result = test["result"]
    if result in ("OK", "EXPECTEDFAIL"):
        return count if sum(count) else [1, 0, 0]
    if result == "SKIP":
        return count if sum(count) else [0, 0, 1]
    return [count[0], max(1, count[1]), count[2]]


def complaints(test):
    """What a program that failed said: its failed points with the remarks around them, or else its last words."""
    if not points(test)[1]:
        return []
    lines = [line.rstrip() for line in (test.get("stdout") or "").splitlines()]
    said = [line for line in lines if line.startswith(("not ok", "Bail out"))]
    words = [line for line in lines + (test.get("stderr") or "").splitlines() if line.strip()][-12:]
    return [f"{test['name']} ({test['result']}, status {test['returncode']})"] + \
        ["    " + line[:300] for line in said + [word for word in words if word not in said]]


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        tests = [json.loads(line) for line in lines]
    if sys.argv[2] == "names":
        for test in tests:
            for line in complaints(test):
                print(line)
        return
    print(sum(points(test)[("passed", "failed", "skipped").index(sys.argv[2])] for test in tests))


main()

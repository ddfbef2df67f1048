#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""count-results.py LIST passed|failed|skipped - adds up meson's testlog.json

A program that speaks TAP counts each of its points; any other counts as one test.
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


def main():
    total = [0, 0, 0]
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            total = [a + b for a, b in zip(total, points(json.loads(line)))]
    print(total[("passed", "failed", "skipped").index(sys.argv[2])])


main()

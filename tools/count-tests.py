#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sum up meson's testlog.json files: TAP subtests one by one, other tests as one each.

usage: count-tests.py [--failed-lanes N] LOG...

A lane that failed without a failed test (it did not build, a log is missing) counts as one failure.
Prints what was skipped and why, what failed, and last: N passed, N failed, N skipped.
"""
import json
import os
import re
import sys

TAP_LINE = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*([^#]*?)\s*(?:#\s*(SKIP)\b\s*(.*))?$", re.I)
GOOD = ("OK", "EXPECTEDFAIL")


def subtests(stdout):
    """(name, verdict, reason) of each TAP line; a skip's reason may be on the line before."""
    said = ""
    for line in stdout.splitlines():
        found = TAP_LINE.match(line)
        if not found:
            said = line.lstrip("# ").strip() or said
            continue
        bad, name, directive, reason = found.groups()
        if directive:
            # cmocka writes "ok 1 # SKIP name" after its words, others "ok 1 - name # SKIP why".
            yield name or reason, "skipped", reason if name else said
        else:
            yield name, "failed" if bad else "passed", ""


def verdicts(test):
    result = test["result"]
    taps = list(subtests(test.get("stdout") or ""))
    if taps:
        yield from taps
        # A crash or timeout, or a plan that was not kept, is no line of TAP.
        if result not in GOOD + ("SKIP",) and not any(v == "failed" for _, v, _ in taps):
            yield test["name"], "failed", result
    elif result == "SKIP":
        lines = ((test.get("stdout") or "") + (test.get("stderr") or "")).strip().splitlines()
        yield test["name"], "skipped", lines[-1].removeprefix("1..0 # SKIP ") if lines else ""
    else:
        yield test["name"], "passed" if result in GOOD else "failed", result


def main(args):
    failed_lanes = 0
    if args[:1] == ["--failed-lanes"]:
        failed_lanes = int(args[1])
        args = args[2:]
    count = {"passed": 0, "failed": 0, "skipped": 0}
    lanes_with_failures = 0
    for path in args:
        before = count["failed"]
        lane = os.path.basename(os.path.dirname(os.path.dirname(path)))
        try:
            with open(path, encoding="utf-8") as log:
                tests = [json.loads(line) for line in log if line.strip()]
        except OSError as error:
            print(f"{path}: {error.strerror}")
            tests = []
        for test in tests:
            for name, verdict, reason in verdicts(test):
                count[verdict] += 1
                if verdict != "passed":
                    print(f"{verdict}: {lane}: {test['name']}: {name}: {reason}")
        lanes_with_failures += count["failed"] > before
    count["failed"] += max(0, failed_lanes - lanes_with_failures)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**count))
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kymo record --metrics beside sadc on the same seconds, with load: what kymo show metrics answers is
compared with what sysstat's sadf -j prints, column by column and second by second.

    bench/sar.py [SECONDS]       (60)

sadc reads once a second, kymo every 1/100 s. Which samples of kymo lie on both sides of one of sadc's
is told by the number of context switches, which both have raw. sadc's numbers for a second must lie
between those that kymo gives for the windows from and to the samples around (levels: among the samples
around), one further tick to each side for the files that are read later, give or take a digit of
rounding, and for rates 1/100 s in the length of the second, which is how sysstat measures it.

Prints a line for each column: how many numbers, the mean of both, how far a number was from kymo's for
the samples before sadc's at most, and how many were outside.
"""
import bisect
import calendar
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

KYMO = os.environ.get("KYMO", "kymo")
SADC = "/usr/lib/sysstat/sadc"
TICK = 0.01
# Blocks whose numbers are levels: those of a moment.
LEVELS = {"memory", "swap", "hugepages", "tables", "load", "sockets", "sockets6", "frequency",
          "filesystem"}


def skip(why):
    print("SKIP:", why)
    sys.exit(77)


def load(folder):
    """Some of everything: CPU, forks, switches, files, loopback packets, memory."""
    a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    a.bind(("127.0.0.1", 0))
    number, begin = 0, time.monotonic()
    while True:
        for _ in range(20):
            a.sendto(b"x" * 500, a.getsockname())
            a.recv(1000)
        with open(os.path.join(folder, "load%d" % (number % 8)), "wb") as f:
            f.write(os.urandom(100000))
            if number % 10 == 0:
                f.flush()
                os.fsync(f.fileno())
        if number % 5 == 0:
            subprocess.run(["/bin/true"], check=False)
        number += 1
        # Busy for some seconds, quiet for some.
        time.sleep(0.002 if (time.monotonic() - begin) % 6 < 3 else 0.05)


def kymo_json(*args):
    out = subprocess.run([KYMO, *args, "--json", "-q"] if args[0] == "show" else [KYMO, *args, "--json"],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def columns():
    """(block, title) -> (place in sadf's JSON, digits)"""
    rows = kymo_json("list", "blocks")
    rows = rows["rows"] if isinstance(rows, dict) else rows
    return {(r["block"], r["column"]): r["sadf"] for r in rows if "sadf" in r}


def flatten(tick):
    """{("cpu-load/usr", "all"): 1.5, ...} of a tick."""
    keys = ("cpu", "intr", "iface", "disk-device", "number", "filesystem", "line")
    out = {}

    def walk(path, name, v):
        if isinstance(v, dict):
            for k, x in v.items():
                walk(path + "/" + k if path else k, name, x)
        elif isinstance(v, list):
            for x in v:
                name = next((str(x[k]) for k in keys if k in x), "")
                walk(path, name, {k: y for k, y in x.items() if k not in keys})
        elif isinstance(v, (int, float)):
            out[path, name] = v

    walk("", "", {k: v for k, v in tick.items() if k != "timestamp"})
    return out
# Quotients whose parts come at other moments of a tick.
QUOTIENTS = {"areq-sz", "await", "%vmeff"}
# Changes with every context switch: only told.
TOLD = {"queue/runq-sz"}


def devices():
    """{mount point: device}: sysstat names file systems so."""
    with open("/proc/self/mounts", encoding="utf-8") as f:
        return {line.split()[1]: line.split()[0] for line in f}


def window(recording, places, begin, end):
    """kymo's answer for a window: {(place, thing): (mean, least, most, block, title)}"""
    answer = kymo_json("show", "metrics", recording, "--set", "all",
                       "--from", "%dns" % begin, "--for", "%dns" % (end - begin))
    device = devices()
    out = {}
    for row in answer["rows"]:
        place = places.get((row["block"], row["metric"]))
        thing = row.get("thing", "")
        if row["block"] == "interrupts":
            place, thing = "interrupts/" + row["metric"], thing.split(" ")[0]
        if row["block"] == "filesystem":
            thing = device.get(thing, thing)
        if place and "value" in row:
            out[place, thing] = (row["value"], row.get("min", row["value"]),
                                 row.get("max", row["value"]), row["block"], row["metric"])
    return out


def samples(recording):
    """Of all samples: CLOCK_REALTIME in ns, and context switches until then."""
    out = subprocess.run([KYMO, "convert", "--to-format", "csv", "-q", recording, "-o", "-"],
                         check=True, capture_output=True, text=True).stdout
    times, switches = [], []
    for line in out.split("\n"):
        word = line.split(",")
        if len(word) == 8 and word[1] == "cpu.switches":
            whole, _, part = word[0].rstrip("Z").partition(".")
            times.append(calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 10**9 +
                         int((part + "000000000")[:9]))
            switches.append(int(word[5]))
    return times, switches


def switches_of_sadc(path):
    """Context switches at the begin and the end of each second."""
    out = subprocess.run(["sadf", "-r", path, "--", "-w"], check=True, capture_output=True,
                         text=True, env=dict(os.environ, LC_ALL="C")).stdout
    seen = []
    for line in out.strip().split("\n"):
        word = [w.strip() for w in line.split(";")]
        seen.append((int(word[5]), int(word[6])))
    return seen


def undisturbed():
    """All files of a sample at once, as kymo does where it may."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        pass


def record(folder, seconds):
    """Both at work on the same seconds: the files that they wrote."""
    ours, theirs = os.path.join(folder, "m.kymo"), os.path.join(folder, "sa")
    kymo = subprocess.Popen([KYMO, "record", "-q", "-m", "all", "-I", "10ms", "-d",
                             "%ds" % (seconds + 4), "-o", ours], stderr=subprocess.DEVNULL)
    time.sleep(1)
    subprocess.run([SADC, "-S", "XALL", "1", str(seconds + 1), theirs], check=True,
                   preexec_fn=undisturbed)
    kymo.wait()
    return ours, theirs


def is_level(block, title):
    return block in LEVELS or (block.startswith("pressure") and "-" in title) or title == "blg_len"


def kymo_second(recording, places, times, begin, end):
    """{(place, thing): (number, least, most, is it a level)} of kymo for a second of sadc's, which
    read after samples @begin and @end and before the next ones."""
    def span(b, e):
        return times[end + e] - times[begin + b]

    def ask(b, e):
        return window(recording, places, times[begin + b] - times[0], times[end + e] - times[0] + 1)

    near = ask(0, 0)
    wide = {(b, e): ask(b, e) for b in (-1, 2) for e in (-1, 2)}
    moment = window(recording, places, times[end - 2] - times[0], times[end + 3] - times[0] + 1)
    out = {}
    for k, (value, _, _, block, title) in near.items():
        if is_level(block, title):
            # It may have been anywhere between two samples, and beyond by as much as it jumps.
            m = moment.get(k, near[k])
            out[k] = (m[0], 2 * m[1] - m[2], 2 * m[2] - m[1], True)
            continue
        values = [value]
        for (b, e), w in wide.items():
            if k not in w:
                continue
            # So much happened in the window; sadc divides by its own second.
            per_s = title.endswith("/s") or title in ("tps", "rtps", "wtps", "dtps", "%util", "aqu-sz")
            values.append(w[k][0] * span(b, e) / span(0, 0) if per_s else w[k][0])
        low, high = min(values), max(values)
        if title in QUOTIENTS:
            low, high = 2 * low - high, 2 * high - low
        # A CPU's time is counted in ticks.
        slack = 100 * TICK / (span(0, 0) / 1e9) if block == "cpu" else 0
        out[k] = (value, low - slack, high + slack, False)
    return out


class Column:
    def __init__(self):
        self.n = self.outside = 0
        self.ours = self.theirs = self.most = 0.0

    def add(self, ours, least, most, level, theirs, seconds):
        slack = 0.0051 if not level or theirs != int(theirs) else 0.51
        rate = 0 if level else TICK / seconds
        self.n += 1
        self.ours += ours
        self.theirs += theirs
        self.most = max(self.most, abs(ours - theirs))
        self.outside += not (least - abs(least) * rate - slack <= theirs <=
                             most + abs(most) * rate + slack)


def compare(ours, theirs, ticks):
    places = columns()
    times, switches = samples(ours)
    found, rest = {}, {}
    for tick, (before, after) in zip(ticks, switches_of_sadc(theirs)):
        b, e = (bisect.bisect_right(switches, s) - 1 for s in (before, after))
        if b < 2 or e + 3 >= len(times):
            continue
        answer = kymo_second(ours, places, times, b, e)
        for k, v in flatten(tick).items():
            if k in answer:
                found.setdefault(k, Column()).add(*answer[k], v, (times[e] - times[b]) / 1e9)
            else:
                rest[k] = max(rest.get(k, 0), abs(v))
    return found, {k: v for k, v in rest.items() if k not in found}


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    if not os.access(SADC, os.X_OK) or not shutil.which("sadf"):
        skip("sysstat is not installed")
    folder = tempfile.mkdtemp(prefix="kymo-sar-")
    child = os.fork()
    if child == 0:
        try:
            load(folder)
        finally:
            os._exit(1)
    try:
        ours, theirs = record(folder, seconds)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    try:
        sadf = subprocess.run(["sadf", "-j", theirs, "--", "-A"], check=True, capture_output=True,
                              text=True, env=dict(os.environ, LC_ALL="C"))
        ticks = json.loads(sadf.stdout)["sysstat"]["hosts"][0]["statistics"]
        found, rest = compare(ours, theirs, ticks)
    finally:
        shutil.rmtree(folder)
    print("%-46s %4s %14s %14s %12s %8s" % ("column", "n", "kymo", "sar", "most apart", "outside"))
    for (place, thing), c in sorted(found.items()):
        print("%-46s %4d %14.2f %14.2f %12.3f %8s" % (
            place + (" " + thing if thing else ""), c.n, c.ours / c.n, c.theirs / c.n, c.most,
            c.outside or ""))
    numbers = sum(c.n for c in found.values())
    outside = sum(c.outside for c in found.values())
    often = sorted(k for k, c in found.items() if c.outside > max(1, c.n // 10) and k[0] not in TOLD)
    print("%d seconds, %d columns, %d numbers, %d outside" %
          (max((c.n for c in found.values()), default=0), len(found), numbers, outside))
    print("%d more in which sar has 0 and kymo nothing (no such interrupts, a division by zero)"
          % sum(v == 0 for v in rest.values()))
    print("only sar has: " + (", ".join(sorted(p + (" " + t if t else "") for (p, t), v in rest.items()
                                               if v)) or "nothing"))
    if often:
        print("FAIL: often outside: " + ", ".join(p + " " + t for p, t in often))
    if len(found) < 150:
        print("FAIL: only %d common columns" % len(found))
    sys.exit(1 if often or len(found) < 150 else 0)


main()

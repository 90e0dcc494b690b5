#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kymo record --metrics beside sadc on the same seconds, with load: what kymo show metrics answers is
compared with what sysstat's sadf -j prints, column by column and second by second.

    bench/sar.py [SECONDS]       (60)

sadc reads once a second, kymo every 1/100 s. Between which samples of kymo sadc read its files is told
by context switches, freed pages and waiting for CPUs, which both have raw. sadc's numbers for a second
must lie between those that kymo gives for the windows from and to these samples, one further to each
side (levels: among these samples, and beyond by as much as they jump), give or take a digit of rounding,
and for rates 1/100 s in the length of the second, which is how sysstat measures it.

On a busy machine either program may have to wait for a CPU between two of its files; no sample of the
other is of the same moment then. Seconds in which more than a twentieth of all columns is outside are
told and left out; most must not be.

Prints a line for each column: how many numbers, the mean of both, how far a number was from kymo's for
the samples before sadc's at most, and how many were outside.
"""
import bisect
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


# What both have raw, of the files that sadc reads first, in the middle, and last: kymo's metric and
# thing, sar's option and title.
CLOCKS = [("cpu.switches", "", ["-w"], "cswch/s"),
          ("vmstat.count", "pgfree", ["-B"], "pgfree/s"),
          ("pressure.some", "cpu", ["-q", "CPU"], "%scpu")]


def samples(recording):
    """Of all samples: time since the begin of the recording in ns, and the numbers of CLOCKS until then."""
    out = subprocess.run([KYMO, "convert", "--to-format", "csv", "-q", recording, "-o", "-"],
                         check=True, capture_output=True, text=True).stdout
    numbers = [[] for _ in CLOCKS]
    names = [(c[0], c[1]) for c in CLOCKS]
    for line in out.split("\n"):
        word = line.split(",")
        if len(word) == 8 and not word[3] and (word[1], word[2]) in names:
            numbers[names.index((word[1], word[2]))].append(int(word[5]))
    rows = kymo_json("show", "metrics", recording, "--set", CLOCKS[0][0], "--raw-values",
                     "-I", "recorded")["rows"]
    # A row for each sample but the first; the last one may have come early and be no row of its own.
    times = [2 * rows[0]["time"] - rows[1]["time"]] + [r["time"] for r in rows[:-1]]
    return times, [n[:len(times)] for n in numbers if len(n) >= len(times)]


def clocks_of_sadc(path, n):
    """For each second the numbers of CLOCKS at its begin and at its end."""
    seen = []
    for _, _, option, title in CLOCKS[:n]:
        out = subprocess.run(["sadf", "-r", path, "--"] + option, check=True, capture_output=True,
                             text=True, env=dict(os.environ, LC_ALL="C")).stdout
        lines = [[w.strip() for w in line.split(";")] for line in out.strip().split("\n")]
        at = lines[0].index(title)
        seen.append([(int(w[at + 1]), int(w[at + 2])) for w in lines])
    return list(zip(*seen))


class Moment:
    """When sadc read: after kymo's sample @at, first; from one after @low to one before @high + 1."""
    def __init__(self, numbers, raw):
        self.at = self.low = self.high = bisect.bisect_right(numbers[0], raw[0]) - 1
        for n, r in zip(numbers, raw):
            low, high = bisect.bisect_left(n, r) - 1, bisect.bisect_right(n, r) - 1
            # What stood still tells no time.
            if high - low <= 2:
                self.low, self.high = min(self.low, low), max(self.high, high)


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
    read at the moments @begin and @end."""
    def span(b, e):
        return times[e] - times[b]

    def ask(b, e):
        return window(recording, places, times[b], times[e] + 1)

    own = span(begin.at, end.at)
    near = ask(begin.at, end.at)
    wide = {(b, e): ask(b, e) for b in (begin.low - 1, begin.high + 2)
            for e in (end.low - 1, end.high + 2)}
    moment = ask(end.low - 2, end.high + 3)
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
            values.append(w[k][0] * span(b, e) / own if per_s else w[k][0])
        low, high = min(values), max(values)
        if title in QUOTIENTS:
            low, high = 2 * low - high, 2 * high - low
        # A CPU's time is counted in ticks.
        slack = 100 * TICK / (own / 1e9) if block == "cpu" else 0
        out[k] = (value, low - slack, high + slack, False)
    return out


class Number:
    """One number of sadc's, and what kymo says of the same second."""
    def __init__(self, answer, theirs, seconds):
        self.ours, least, most, level = answer
        self.theirs = theirs
        slack = 0.0051 if not level or theirs != int(theirs) else 0.51
        rate = 0 if level else TICK / seconds
        self.outside = not (least - abs(least) * rate - slack <= theirs <=
                            most + abs(most) * rate + slack)


class Column:
    def __init__(self):
        self.n = self.outside = 0
        self.ours = self.theirs = self.most = 0.0

    def add(self, x):
        self.n += 1
        self.ours += x.ours
        self.theirs += x.theirs
        self.most = max(self.most, abs(x.ours - x.theirs))
        self.outside += x.outside


def compare(ours, theirs, ticks):
    places = columns()
    times, numbers = samples(ours)
    found, rest, torn, longest = {}, {}, [], 0
    for tick, raw in zip(ticks, clocks_of_sadc(theirs, len(numbers))):
        begin, end = (Moment(numbers, [r[i] for r in raw]) for i in (0, 1))
        if begin.low < 2 or end.high + 3 >= len(times):
            continue
        longest = max(longest, times[end.high + 1] - times[end.low])
        answer = kymo_second(ours, places, times, begin, end)
        second = {}
        for k, v in flatten(tick).items():
            if k in answer:
                second[k] = Number(answer[k], v, (times[end.at] - times[begin.at]) / 1e9)
            else:
                rest[k] = max(rest.get(k, 0), abs(v))
        outside = sum(x.outside for x in second.values())
        if outside > len(second) // 20:
            torn.append(outside)
            continue
        for k, x in second.items():
            found.setdefault(k, Column()).add(x)
    return found, {k: v for k, v in rest.items() if k not in found}, torn, longest / 1e6


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
        found, rest, torn, longest = compare(ours, theirs, ticks)
    finally:
        shutil.rmtree(folder)
    print("%-46s %4s %14s %14s %12s %8s" % ("column", "n", "kymo", "sar", "most apart", "outside"))
    for (place, thing), c in sorted(found.items()):
        print("%-46s %4d %14.2f %14.2f %12.3f %8s" % (
            place + (" " + thing if thing else ""), c.n, c.ours / c.n, c.theirs / c.n, c.most,
            c.outside or ""))
    numbers = sum(c.n for c in found.values())
    outside = sum(c.outside for c in found.values())
    # What is defined otherwise is outside nearly always; rare things are so now and then.
    often = sorted(k for k, c in found.items() if c.outside > max(2, c.n // 4) and k[0] not in TOLD)
    used = max((c.n for c in found.values()), default=0)
    print("%d seconds, %d columns, %d numbers, %d outside" % (used, len(found), numbers, outside))
    print("sadc read its files between two samples of kymo that were %.0f ms apart at most" % longest)
    print("%d seconds left out, in which a program waited between two files: %s numbers outside"
          % (len(torn), torn or "no"))
    print("%d more in which sar has 0 and kymo nothing (no such interrupts, a division by zero)"
          % sum(v == 0 for v in rest.values()))
    print("only sar has: " + (", ".join(sorted(p + (" " + t if t else "") for (p, t), v in rest.items()
                                               if v)) or "nothing"))
    if often:
        print("FAIL: often outside: " + ", ".join(p + " " + t for p, t in often))
    if len(torn) > used:
        print("FAIL: most seconds differ")
    if len(found) < 150:
        print("FAIL: only %d common columns" % len(found))
    sys.exit(1 if often or len(torn) > used or len(found) < 150 else 0)


main()

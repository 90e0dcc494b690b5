#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kymo record --metrics beside sadc, sar's recorder, over the same seconds of the same machine: every number
that sadf -j prints of sadc's file must be the one of kymo convert --to-format sadf-json.

    live_sar.py [SECONDS [-v]]       (12; -v: a line for each column)

Two programs never read /proc at one moment, so both run in a root of their own, where /proc is a folder of
copies: what the machine's /proc said, anew every second, half a second away from when they read. Copies are
told by their number of context switches, which is in both files as it was read; a second counts when both
read the same copies at its begin and at its end.

/proc/uptime, by which sadc knows how long a second was, goes on by 1.00 from copy to copy. kymo divides by
the time between its samples, so its rates are multiplied by that (0.9999 or 1.0001) before they are compared.
"""
import calendar
import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

KYMO = os.environ.get("KYMO", "kymo")
SADC = "/usr/lib/sysstat/sadc"
FILES = ["stat", "loadavg", "meminfo", "vmstat", "diskstats", "interrupts", "softirqs", "schedstat", "mounts",
         "cpuinfo", "pressure/cpu", "pressure/io", "pressure/memory", "pressure/irq", "net/dev", "net/softnet_stat",
         "net/sockstat", "net/sockstat6", "net/snmp", "net/snmp6", "net/netstat", "net/rpc/nfs", "net/rpc/nfsd",
         "sys/fs/file-nr", "sys/fs/inode-nr", "sys/fs/inode-state", "sys/fs/dentry-state", "sys/fs/aio-nr",
         "sys/kernel/pty/nr", "tty/driver/serial"]
# Folders of the machine that are there in the root too.
SHARED = ["usr", "bin", "lib", "lib64", "etc", "dev", "sys"]
KEYS = ("cpu", "intr", "iface", "disk-device", "number", "filesystem", "line", "bus_number")
# Two numbers that are rounded to 0.01, and one that is multiplied by 1.0001.
ROUNDING = 0.0105
# Defined otherwise, as docs/formats/blocks.md says.
OTHERWISE = ("filesystems/",)
CLONE_NEWNS, MS_REC, MS_BIND, MS_PRIVATE = 0x20000, 16384, 4096, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)


def skip(why):
    print("SKIP:", why)
    sys.exit(77)


def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        skip("%s() is not allowed: %s" % (name, os.strerror(ctypes.get_errno())))


def bind(source, target):
    call("mount", source.encode(), target.encode(), None, MS_BIND | MS_REC, None)


def make_root(root, out):
    """A root with the machine's programs and an empty /proc, in a mount namespace of this process."""
    call("unshare", CLONE_NEWNS)
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    for name in SHARED:
        if os.path.islink("/" + name):
            os.symlink(os.readlink("/" + name), os.path.join(root, name))
        elif os.path.isdir("/" + name):
            os.mkdir(os.path.join(root, name))
            bind("/" + name, os.path.join(root, name))
    for name, source in (("out", out), ("program", os.path.dirname(os.path.realpath(KYMO)))):
        os.mkdir(os.path.join(root, name))
        bind(source, os.path.join(root, name))


class Copies:
    """The copies of /proc, and how many context switches each of them tells."""

    def __init__(self, proc):
        self.file, self.switches = {}, []
        # A sanitizer looks for its options here, and for leaks in the real /proc.
        os.makedirs(os.path.join(proc, "self"))
        with open(os.path.join(proc, "self/environ"), "wb") as f:
            f.write(b"ASAN_OPTIONS=detect_leaks=0\0")
        for name in FILES:
            if not os.path.exists("/proc/" + name):
                continue
            path = os.path.join(proc, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self.file[name] = os.open(path, os.O_RDWR | os.O_CREAT)
        self.file["uptime"] = os.open(os.path.join(proc, "uptime"), os.O_RDWR | os.O_CREAT)

    def renew(self):
        for name, fd in self.file.items():
            if name == "uptime":
                text = b"%d.00 %d.00\n" % (1000 + len(self.switches), 1000)
            else:
                with open("/proc/" + name, "rb") as f:
                    text = f.read()
            if name == "stat":
                self.switches.append(int(text.split(b"ctxt ")[1].split()[0]))
            # In place: files stay open.
            os.pwrite(fd, text, 0)
            os.truncate(fd, len(text))


def load(folder, end):
    """Some of everything: CPU, forks, switches, files, loopback packets, memory."""
    a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    a.bind(("127.0.0.1", 0))
    number = 0
    while not end.is_set():
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
        time.sleep(0.002 if time.monotonic() % 6 < 3 else 0.05)


def record(root, copies, seconds):
    """Both at work in the root, copies anew half a second after each of their samples."""
    def inside():
        os.chroot(root)
        os.chdir("/")

    copies.renew()
    begin = time.monotonic()
    kymo = subprocess.Popen(["/program/kymo", "record", "-q", "-m", "all,-process,-thread", "-I", "1s", "-d",
                             "%ds" % (seconds + 2), "-o", "/out/m.kymo"], preexec_fn=inside)
    sadc = subprocess.Popen([SADC, "-S", "XALL", "1", str(seconds + 1), "/out/sa"], preexec_fn=inside)
    for k in range(seconds + 1):
        time.sleep(max(0, begin + k + 0.6 - time.monotonic()))
        copies.renew()
    if kymo.wait() or sadc.wait():
        sys.exit("FAIL: kymo ended with %d, sadc with %d" % (kymo.returncode, sadc.wait()))


def record_apart(folder, seconds):
    """Both files in the folder; context switches of each copy. What is mounted for it is seen and left by a
    process that ends: here it never was."""
    root = os.path.join(folder, "root")
    os.mkdir(root)
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code:
            sys.exit(code)
        with open(os.path.join(folder, "copies"), encoding="ascii") as f:
            return json.load(f)
    code = 1
    try:
        make_root(root, folder)
        copies = Copies(os.path.join(root, "proc"))
        end = threading.Event()
        busy = threading.Thread(target=load, args=(folder, end))
        busy.start()
        try:
            record(root, copies, seconds)
        finally:
            end.set()
            busy.join()
        with open(os.path.join(folder, "copies"), "w", encoding="ascii") as f:
            json.dump(copies.switches, f)
        code = 0
    except SystemExit as e:
        code = e.code if isinstance(e.code, int) else print(e.code) or 1
    finally:
        sys.stdout.flush()
        os._exit(code)


def output(*args):
    return subprocess.run(args, check=True, capture_output=True, text=True,
                          env=dict(os.environ, LC_ALL="C", TZ="UTC")).stdout


def ns_at(text):
    """2026-11-27T02:34:28.790904617Z as ns since 1970."""
    whole, part = text.rstrip("Z").split(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(part.ljust(9, "0"))


def seconds_of_kymo(path, copies):
    """{(copy at the begin, at the end): (length in s, numbers)}"""
    text = output(KYMO, "convert", "-q", "--to-format", "csv", path, "-o", "-")
    rows = [line.split(",") for line in text.split("\n")]
    samples = [(ns_at(w[0]), int(w[5])) for w in rows if len(w) == 8 and w[1] == "cpu.switches" and not w[3]]
    answer = json.loads(output(KYMO, "convert", "-q", "--to-format", "sadf-json", path, "-o", "-"))
    ticks = answer["sysstat"]["hosts"][0]["statistics"]
    pairs = list(zip(samples, samples[1:]))
    # The last sample is that of the end, and part of the second before where it came early.
    if len(pairs) - len(ticks) not in (0, 1):
        sys.exit("FAIL: %d samples, %d statistics" % (len(samples), len(ticks)))
    return {(copies.index(a[1]), copies.index(b[1])): ((b[0] - a[0]) / 1e9, flatten(t))
            for (a, b), t in zip(pairs, ticks)}


def seconds_of_sadc(path, copies):
    text = output("sadf", "-r", path, "--", "-w")
    lines = [[w.strip() for w in line.split(";")] for line in text.strip().split("\n")]
    at = lines[0].index("cswch/s")
    ticks = json.loads(output("sadf", "-j", path, "--", "-A"))["sysstat"]["hosts"][0]["statistics"]
    pairs = [(copies.index(int(w[at + 1])), copies.index(int(w[at + 2]))) for w in lines]
    return dict(zip(pairs, map(flatten, ticks)))


def flatten(tick):
    """{("cpu-load/usr", "all"): 1.5, ...} of a tick."""
    out = {}

    def walk(path, name, v):
        if isinstance(v, dict):
            for k, x in v.items():
                walk(path + "/" + k if path else k, name, x)
        elif isinstance(v, list):
            for x in v:
                name = next((str(x[k]).removeprefix("ttyS") for k in KEYS if k in x), "")
                walk(path, name, {k: y for k, y in x.items() if k not in KEYS})
        elif isinstance(v, (int, float)):
            out[path, name] = v

    walk("", "", {k: v for k, v in tick.items() if k != "timestamp"})
    return out


class Column:
    def __init__(self):
        self.n = self.differ = 0
        self.mean = self.most = 0.0
        self.first = ""

    def add(self, ours, theirs, length):
        apart = min(abs(ours - theirs), abs(ours * length - theirs))
        self.n += 1
        self.mean += theirs
        self.most = max(self.most, apart)
        if apart > ROUNDING:
            self.differ += 1
            self.first = self.first or "kymo %s, sadc %s" % (ours, theirs)


def compare(ours, theirs):
    """Columns that both have, those that only sadc has, number of seconds."""
    columns, only, seconds = {}, {}, 0
    for pair, b in theirs.items():
        if pair not in ours or pair[0] + 1 != pair[1]:
            continue
        seconds += 1
        length, a = ours[pair]
        for key, v in b.items():
            if key[0].startswith(OTHERWISE):
                continue
            if key in a:
                columns.setdefault(key, Column()).add(a[key], v, length)
            else:
                only[key] = max(only.get(key, 0), abs(v))
    return columns, {k: v for k, v in only.items() if k not in columns}, seconds


def tell(columns, only, seconds, verbose):
    if verbose:
        print("%-60s %5s %16s %12s" % ("column", "n", "mean", "most apart"))
        for (place, thing), c in sorted(columns.items()):
            print("%-60s %5d %16.2f %12.3f" % ((place + " " + thing).strip(), c.n, c.mean / c.n, c.most))
    numbers, differ = sum(c.n for c in columns.values()), sum(c.differ for c in columns.values())
    print("%d seconds, %d columns (%d kinds), %d numbers, %d differ by more than rounding" % (
        seconds, len(columns), len({k[0] for k in columns}), numbers, differ))
    only_names = sorted((p + " " + t).strip() for (p, t), v in only.items() if v)
    print("%d columns only of sadc's that are always 0; others: %s" % (
        len(only) - len(only_names), ", ".join(only_names) or "none"))
    for (place, thing), c in sorted(columns.items()):
        if c.differ:
            print("FAIL: %s %s: %d of %d, first: %s" % (place, thing, c.differ, c.n, c.first))
    return differ or only_names or len(columns) < 150


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    if os.geteuid():
        skip("needs root for a root of its own")
    if not os.access(SADC, os.X_OK) or not shutil.which("sadf"):
        skip("sysstat is not installed")
    folder = tempfile.mkdtemp(prefix="kymo-sar-")
    try:
        copies = record_apart(folder, seconds)
        columns, only, n = compare(seconds_of_kymo(os.path.join(folder, "m.kymo"), copies),
                                   seconds_of_sadc(os.path.join(folder, "sa"), copies))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    bad = tell(columns, only, n, "-v" in sys.argv)
    if n < seconds // 2:
        print("FAIL: the two read the same copies in only %d of %d seconds" % (n, seconds))
        bad = True
    sys.exit(1 if bad else 0)


main()

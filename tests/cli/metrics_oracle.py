#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
An independent evaluation of the metrics of old perf CSV files, and a comparison with kymo metrics and
the files that perf-pmu -l writes beside copies of them in the working directory.

    metrics_oracle.py KYMO SHARED

Formulas and codes are read from the text of the older tool's specification, cleaned of all but
names, numbers and operators, and evaluated by Python's own parser. Nothing of kymo's files is used.
What stands for what:
 - a raw code is the event of that code; several counted rows of one CPU are averaged
 - a code without its second register (config1) is not the event that needs one
 - uncore events were programmed on the core PMU: not inputs, but in the second pass, and there only
   where one uncore event alone has the code
 - rates are per second; energies come in Joules
"""
import ast, csv, glob, json, math, os, pickle, re, shutil, subprocess, sys

TSC, SOCKETS, INTERVAL = 2.6e9, 2, 2.0
NAME = re.compile(r"[A-Z][A-Za-z0-9_.]*(?:/Match=0x[0-9a-f]+)?(?::[A-Za-z0-9_.=]+)*")


def rows(text):
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip()[1:-1].split("|")]
        if line.startswith("| ") and len(cells) > 1 and cells[0] not in ("event", "metric"):
            yield cells


def read_spec(path):
    text = open(path).read()
    part = lambda a, b: text.split("## Appendix " + a)[1].split("## Appendix " + b)[0]
    codes = {}
    for cells in rows(part("A.1", "A.2")):
        if "`" in cells[0]:
            codes.setdefault(cells[0].split("`")[1], (int(cells[1], 16), cells[2]))
    full = {c[0]: c[2].strip("`").split("; socket")[0] for c in rows(part("A.2", "A.3"))}
    reduced = dict(re.findall(r"^- \*\*(.*?)\*\*: `(.*?)`", part("A.3", "A.4"), re.M))
    return codes, full, reduced


def evaluate(formula, values):
    """None: an input or the result is missing."""
    names = {}

    def stand_in(m):
        return names.setdefault(m[0], "v%d" % len(names))

    text = formula.replace("system.tsc_freq", repr(TSC)).replace("system.sockets.count", str(SOCKETS))
    tree = ast.parse(NAME.sub(stand_in, text), mode="eval")
    back = {v: k for k, v in names.items()}

    def run(n):
        if isinstance(n, ast.Constant):
            return float(n.value)
        if isinstance(n, ast.Name):
            return values[back[n.id]]
        a, b = run(n.left), run(n.right)
        return {ast.Add: lambda: a + b, ast.Sub: lambda: a - b, ast.Mult: lambda: a * b,
                ast.Div: lambda: a / b}[type(n.op)]()

    try:
        return run(tree.body)
    except (KeyError, ZeroDivisionError):
        return None


def read_counts(path, codes, uncore):
    found = {}
    for line in open(path):
        m = re.match(r"(CPU\d+),(\d+|<not counted>),raw 0x([0-9a-f]+)\s*$", line)
        if m:
            found.setdefault(m[1], {}).setdefault(int(m[3], 16), [])
            if m[2].isdigit():
                found[m[1]][int(m[3], 16)].append(float(m[2]))
    same = {}
    for name, (code, _) in codes.items():
        if name.startswith("UNC_"):
            same[code] = same.get(code, 0) + 1
    out = {}
    for cpu, raw in found.items():
        out[cpu] = {}
        for name, (code, second) in codes.items():
            if second or not raw.get(code):
                continue
            if name.startswith("UNC_") and (not uncore or same[code] > 1):
                continue
            out[cpu][name] = sum(raw[code]) / len(raw[code])
    return out


def is_rate(title):
    return re.search(r"M/s\)|\(/s\)|MT/sec|GT/s|watts", title)


def of_metrics(kymo, path, uncore):
    line = [kymo, "metrics", "--quiet", "--metrics", "snb-ep", "--json", "--set", f"tsc_freq={TSC}",
            "--set", f"sockets={SOCKETS}", "--set", f"interval={INTERVAL}", path]
    answer = json.loads(subprocess.check_output(line + (["--uncore-as-core"] if uncore else [])))
    return {(r["title"], r["where"]): r.get("value") for r in answer}


def of_perf_pmu(kymo, path):
    copy = os.path.basename(path)
    shutil.copy(path, copy)
    subprocess.check_call([kymo, "perf-pmu", "--quiet", "-l", copy, "-i", str(INTERVAL), "--set", f"tsc_freq={TSC}",
                           "--set", f"sockets={SOCKETS}"])
    head, *lines = csv.reader(open(copy + "-metric.csv"))
    values = {(line[0], cpu): float(v) if v else None for line in lines for cpu, v in zip(head[1:], line[1:])}
    return values, pickle.load(open(copy + ".out", "rb"))


class Comparison:
    def __init__(self):
        self.compared = self.missing = self.bad = 0
        self.titles = set()

    def values(self, path, got, counts, full, reduced):
        for title, formula in full.items():
            for cpu, values in counts.items():
                want = evaluate(formula, values)
                if want is None and title in reduced:
                    want = evaluate(reduced[title], values)
                if want is not None and is_rate(title):
                    want /= INTERVAL
                have = got.get((title, cpu))
                if want is None and have is None:
                    self.missing += 1
                elif want is None or have is None or not math.isclose(want, have, rel_tol=1e-12, abs_tol=0):
                    print(f"{path}: {title} on {cpu}: {have}, but {want} by the formula")
                    self.bad += 1
                else:
                    self.compared += 1
                    self.titles.add(title)

    def tell(self, what):
        print(f"{what}: {self.compared} values of {len(self.titles)} metrics agree to 1e-12, "
              f"{self.missing} are missing on both sides, {self.bad} differ")
        return self.bad or not self.compared


def main():
    kymo, shared = sys.argv[1:3]
    codes, full, reduced = read_spec(shared + "/spec/ptap.md")
    files = sorted(f for f in glob.glob(shared + "/data/ptap/*") if os.path.isfile(f))
    bad = 0
    for uncore in (False, True):
        c = Comparison()
        for path in files:
            c.values(path, of_metrics(kymo, path, uncore), read_counts(path, codes, uncore), full, reduced)
        bad += c.tell(f"{len(files)} files{', uncore codes taken for core' if uncore else ''}") > 0
    c = Comparison()
    n = 0
    for path in files:
        counts = read_counts(path, codes, False)
        values, out = of_perf_pmu(kymo, path)
        c.values(path, values, counts, full, reduced)
        for cpu, want in counts.items():
            have = {k: float(v) for k, v in out[cpu].items() if not v.startswith("<")}
            # The same event under two names is there once.
            other = {k for k, v in want.items() if have.get(k) != v and codes[k] not in [codes[h] for h in have]}
            if other or any(want.get(k) != v for k, v in have.items()):
                print(f"{path}: counts of {cpu} in .out differ: {other or have}")
                bad += 1
            n += len(have)
    bad += c.tell(f"perf-pmu -l on {len(files)} files, {n} counts in .out") > 0
    return bad > 0


sys.exit(main())

#!/bin/bash
# SPDX-License-Identifier: MIT
# perf-pmu, perf-hotspots and perf-list on this machine: the command lines of their users, verbatim, on a process
# that knows where its time goes. As root and, on a process of his own, as an ordinary user.
set -u
kymo=$(readlink -f "${KYMO:?the program under test}")
spend_long=$(readlink -f "${1:?the program that is measured}")
skip() {
	echo "SKIP: $*"
	exit 77
}
command -v python3 >/dev/null || skip "no python3 to read JSON and pickles"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/kymo-ptap-XXXXXX")
PID=
roaming=
trap 'for p in $PID $roaming; do kill "$p" 2>/dev/null; done; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
"$kymo" stat -e task-clock -- true 2>words || skip "perf events are not allowed: $(head -n 1 words)"
mkdir bin
for name in perf-pmu perf-hotspots perf-list; do
	ln -s "$kymo" bin/$name
	ln -s "$kymo" bin/$name.py
done
PATH=$scratch/bin:$PATH
turns=300000 # of some 0.4 ms: longer than the test, but not for ever
"$spend_long" $turns >places &
PID=$!
while ! [ -s places ]; do kill -0 $PID || exit 1; done
bad=0
fail() {
	echo "FAIL: $*"
	bad=1
}
# run COMMAND...: it works; what it says is in "said".
run() { "$@" >out 2>said || fail "$*: exit $?: $(tail -n 3 said)"; [ -s out ] && fail "$*: says on stdout: $(head -n 1 out)"; }
# one FILE...: the pattern has named one file, with something in it; its name in $file.
one() { file=$1; [ $# -eq 1 ] && [ -s "$1" ] || fail "not one file: $*"; }
# told_once WHAT: each event that is missing is told one time; how many in $told.
told_once() {
	told=$(grep -c " is not $1: ." said)
	[ "$(grep -oE "event .* is not $1: " said | sort | uniq -d)" = "" ] || fail "told twice: $(cat said)"
}

# The process goes from CPU to CPU meanwhile: what it does on one is not there on the other as well.
roam() { while taskset -p "$1" $PID && taskset -p "$2" $PID; do :; done >/dev/null 2>&1; }
echo "perf-pmu"
roam 1 2 &
roaming=$!
run perf-pmu.py -o output/prefix -r 1 -i 2 -p $PID
kill $roaming
wait $roaming 2>/dev/null
told_once counted
one output/prefix-[0-9]*[0-9]
raw=$file
one output/prefix-*-metric.csv
metrics=$file
one output/prefix-*.out
head -n 1 "$raw" | grep -q '^# started on ' || fail "no head in $raw"
cpus=$(grep -c ^processor /proc/cpuinfo)
python3 - "$raw" "$metrics" "$file" "$told" "$cpus" <<'END' || fail "perf-pmu's files"
import csv, pickle, sys
raw, metrics, out, told, cpus = *sys.argv[1:4], *map(int, sys.argv[4:])
rows = [l.split(",") for l in open(raw).read().splitlines()[2:]]
counts = pickle.load(open(out, "rb"))
table = list(csv.reader(open(metrics)))
assert table[0] == ["metric_per_core"] + [f"CPU{i}" for i in range(cpus)], table[0]
assert len(table) > 20 and all(len(line) == 1 + cpus for line in table)
missing = {r[3] for r in rows if r[1] == "<not supported>"}
assert len(missing) == told, (len(missing), told)
assert missing == {k for k, v in counts["CPU0"].items() if v == "<not supported>"}
assert all(r[5] == "100.00" for r in rows if r[3].startswith("task-clock") and r[1][0] != "<"), rows
clock = [float(v) for line in table if line[0] == "CPUs utilised" for v in line[1:] if v]
assert clock and 0 < sum(clock) < 1.1, clock
ns = sum(float(c["task-clock"]) for c in counts.values() if c["task-clock"][0] != "<")
elapsed = ns / 1e9 / sum(clock)
assert 2 <= elapsed + 1e-6 and elapsed < 60, (ns, clock)
print(f"{len(table) - 1} metrics, {told} events are missing and told")
END
cp "$raw" again
run perf-pmu -l again -i 2
# Interval and clock speed of the machine are not in the file: rates are those of -i.
grep -q '^CPUs utilised,.*[0-9]' again-metric.csv || fail "perf-pmu -l of its own file: no metrics"

echo "perf-hotspots -e"
run perf-hotspots.py -e cpu-clock -p $PID
grep -q 'is not sampled' said && fail "cpu-clock is not sampled"
one outpath/perf-[0-9]*
"$kymo" show hotspots "$file" >/dev/null || fail "$file is no recording"
one outpath/report-[0-9]*
report=$file
one outpath/2*
python3 - "$report" "$file" <<'END' || fail "perf-hotspots' files"
import json, re, sys
kind, name, path, stamp, names, values = json.load(open(sys.argv[2]))
assert (kind, name, path) == (0, "hotspots", sys.argv[2]) and path.endswith("/" + stamp), path
assert len(names) == len(values) and abs(sum(values) - 100) < 1e-6, sum(values)
lines = [l for l in open(sys.argv[1]) if l.strip() and l[0] != "#"]
rows = [re.match(r" +([0-9.]+)%  (.{1,15}?) +(\S+) +\[([.k])\] (.*)", l) for l in lines]
assert len(rows) == len(names), (len(rows), len(names))
for row, name, value in zip(rows, names, values):
    assert f"{row[2]} {row[3]} [{row[4]}] {row[5]}%" == name, (row[0], name)
    assert abs(float(row[1]) - value) < 0.00501, (row[0], value)
share = {n: v for n, v in zip(names, values)}
a, b, c = (share.get(f"spend_long spend_long [.] spend_{x}%", 0) for x in "abc")
assert a > b > c > 2 and a > 50 and a + b + c > 80, share
print("functions in their order")
END

echo "perf-hotspots -m"
rm -r outpath
run perf-hotspots.py -m -p $PID
told_once sampled
for form in perf-%s report-%s %s perf-%s-metrics report-%s-metrics %s-metrics; do
	# shellcheck disable=SC2059
	one outpath/$(printf "$form" '2*[0-9]')
done
grep -q "^# Overhead  *Samples  Command" outpath/report-*-metrics || fail "no numbers of samples in the report"
wanted=$(tail -n +2 "$metrics" | wc -l)
[ "$(grep -c '^# ' "$file")" -eq "$wanted" ] || fail "$(grep -c '^# ' "$file") metrics by function, not $wanted"
sed -n '/^# CPUs utilised/,/^# /p' "$file" | sed -n 2p | grep -qE '^spend_long spend_long \[\.\] spend_a, 0\.[0-9]+$' ||
	fail "who is on the CPU: $(sed -n '/^# CPUs utilised/,/^# /p' "$file" | head -n 3)"
echo "$wanted metrics, $told events are missing and told"

echo "perf-list"
rm -r outpath
run perf-list.py -p $PID
told_once counted
grep -q '^# started on ' outpath/Raw/Events/Perf/2* || fail "no head in the raw file"
cat >lists.py <<'END'
import glob, json, sys
told = int(sys.argv[1])
[raw] = glob.glob("outpath/Raw/Events/Perf/*")
def read(kind, folder):
    [path] = glob.glob(f"outpath/Process/{folder}/Perf/*")
    number, name, where, stamp, names, values = json.load(open(path))
    assert (number, name, where) == (0, kind, path) and len(names) == len(values), path
    assert raw.endswith("/" + stamp)
    return dict(zip(names, values))
events, metrics = read("perf list events", "Events"), read("perf list metrics", "Metrics")
assert len(events) + told == 44, (len(events), told)
ms = events["task-clock"]
elapsed = ms / 1e3 / metrics["task-clock(CPUs utilized )"]
assert ms > 1 and 2 <= elapsed + 1e-6 and elapsed < 60, (ms, metrics)
assert abs(metrics["page-faults(K/sec )"] - events["page-faults"] / ms) < 1e-9
print(f"{len(events)} counts, {len(metrics)} metrics, {told} events are missing and told")
END
python3 lists.py "$told" || fail "perf-list's files"
# Earlier samples go, other files stay.
: >outpath/Raw/Events/Perf/notes
run perf-list -u 0.01 -r 2 -p $PID
rm outpath/Raw/Events/Perf/notes || fail "perf-list removed a file of others"
[ "$(ls outpath/Raw/Events/Perf | wc -l)" -eq 2 ] || fail "not two samples: $(ls outpath/Raw/Events/Perf)"

echo "who ends early, who is not there"
"$spend_long" 1 >/dev/null &
gone=$!
wait $gone
for tool in "perf-pmu -o gone/x -r 1 -i 1" "perf-list -u 1" "perf-hotspots -u 1"; do
	$tool -p $gone 2>said && fail "$tool: a process that has ended"
	grep -q "no process $gone" said || fail "$tool: no word about the process: $(cat said)"
done
if [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -gt 1 ] && [ "$(id -u)" -eq 0 ] &&
	setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$kymo" -a -x "$spend_long"; then
	echo "an ordinary user"
	mkdir user && chmod 777 user && chmod 755 . && cd user || exit 1
	as_user="setpriv --reuid 65534 --regid 65534 --clear-groups"
	kill $PID
	$as_user "$spend_long" $turns >../user.places &
	PID=$!
	while ! [ -s ../user.places ]; do kill -0 $PID || exit 1; done
	run $as_user perf-pmu.py -o output/prefix -r 1 -i 0.2 -p $PID
	grep -q 'kernel code is not counted' said || fail "kernel code is counted"
	run $as_user perf-hotspots.py -e cpu-clock -u 0.2 -p $PID
	run $as_user perf-list.py -u 0.2 -p $PID
	$as_user perf-list.py -u 0.2 2>said && fail "an ordinary user counts the machine"
	grep -q CAP_PERFMON said || fail "no way out in: $(cat said)"
fi
exit $bad

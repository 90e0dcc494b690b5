# SPDX-License-Identifier: MIT
# perf-list by its own name: what it refuses, and its metrics. Counting is in tests/live.
mkdir bin
for name in perf-list perf-list.py; do
	ln -s "$(readlink -f "$(command -v kymo)")" "bin/$name"
done
PATH=$PWD/bin:$PATH
t perf-list.py word
t perf-list.py -p
t perf-list -p ''
t perf-list -p abc
t perf-list -p '$(reboot)'
t perf-list -p 1,0
t perf-list -u 0
t perf-list -u 2parsecs
t perf-list -r 0
t perf-list -r 1.5
t perf-list -d -1
t perf-list -o ''
t perf-list -e cycles
t perf-list -m
: >file
t perf-list -o file -u 10ms
ls
perf-list.py --help | sed -n 1,3p
printf '## the metrics, by the names that perf gave them\n'
cat >counts <<'END'
2000000000,ns,task-clock,100,100.00,,
400,,cache-references,100,100.00,,
100,,cache-misses,100,100.00,,
4000,,cpu-cycles,100,100.00,,
6000,,instructions,100,100.00,,
500,,page-faults,100,100.00,,
5000000,,LLC-loads,100,100.00,,
END
kymo metrics --metrics perf-list --set interval=1 --json counts >answer
command -v python3 >/dev/null || skip "no python3 to read JSON"
python3 -c 'import json
for r in json.load(open("answer")):
	if "value" in r:
		print(r["title"], "=", r["value"])'
kymo list metrics --metrics perf-list --json 2>/dev/null | grep -c '"metric"'

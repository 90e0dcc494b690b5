# SPDX-License-Identifier: MIT
# Several recordings side by side. Every number of these is known (known_run.c): 'after' is 'before'
# with mover on CPU 1 instead of CPU 0 and twice the work in double, half as long again, with other
# thread ids; 'half' lost the second half of its events.
mkdir r
cp "$FIXTURES/demo.kymo" d.kymo
"$KNOWN_RUN" r/before.kymo 1000
"$KNOWN_RUN" r/after.kymo 1500 moved doubled
"$KNOWN_RUN" r/half.kymo 1000 lost
a=r/before.kymo b=r/after.kymo
t kymo show coremap $a $b
t kymo show switches $a $b
t kymo show tasks $a $b
t kymo show switches $a $b --by core
t kymo show latency $a $b
t kymo show durations $a $b --kind run
t kymo show successors $a $b
echo "--- windows, losses, sums"
t kymo show tasks $a $b --from 500ms --for 250ms --csv
t kymo show switches $a r/half.kymo --csv
t kymo show switches $a r/half.kymo --absolute --task '^steady$'
t kymo show tasks $a $b --from 1200ms
t kymo show tasks $a $b --task 'no such task'
t kymo show coremap $a $b --task 'no such task' --from 100ms
t kymo show tasks r/half.kymo $b $a --baseline before --diff --sort switches --top 2
echo "--- order, baseline"
t kymo show switches $a $b --sort run_pct --baseline 2
t kymo show switches $a $b --sort task
t kymo show switches $a $b --sort none
t kymo show switches $a $b --baseline none
t kymo show switches $b --sort switches --top 1
echo "--- lists"
t kymo show timeline $a $b --top 2
t kymo show latency $a $b --worst 1 --csv
kymo show timeline $a $b --json --top 1 | python3 -c '
import json, sys
for run in json.load(sys.stdin):
	print(run["name"], run["file"], len(run["answer"]["rows"]))'
echo "--- JSON"
kymo show switches $a r/half.kymo --json | python3 -c '
import json, sys
j = json.load(sys.stdin)
print(j["view"], j["baseline"])
for run in j["runs"]:
	print(run["name"], run["file"], run["window"], run["covered"], run["coverage"], run["lost"], run["facts"])
for c in j["columns"][:6]:
	print(c["name"], c["title"], c["unit"], c["kind"], c["of"], c["run"], c["per_s"])
print(j["rows"][0])'
echo "--- names"
cp r/before.kymo r/same.kymo
t kymo show switches r/same.kymo r/same.kymo --task mover --csv
t kymo show tasks d.kymo --merge --merge-sys-tasks --task '^kworker|^ksoftirqd' --csv
t kymo show tasks d.kymo --append-tid --task '^tr:' --top 2 --csv
t kymo show tasks $(for i in $(seq 65); do echo $a; done)
echo "--- damage"
head -c $(($(stat -c %s r/after.kymo) * 2 / 3)) r/after.kymo >r/cut.kymo
kymo show tasks $a r/cut.kymo >out 2>words
echo "exit $?, $(grep -c 'not complete' words), $(grep -c '^mover' out)"

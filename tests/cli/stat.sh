# SPDX-License-Identifier: MIT
# What stat refuses, its forms without the numbers, and the command's exit status. Counting itself is in tests/live.
t kymo stat
t kymo stat -r 3 -- true
t kymo stat -e page-fault -- true
t kymo stat -e 'page-faults,{cycles' -- true
t kymo stat -x , --json -- true
t kymo stat -I 0 -a
t kymo stat -C 0- -d 1ms
t kymo stat -p 0 -d 1ms
t kymo stat -p 1 -t 1 -d 1ms
t kymo stat -d 0 -a
t kymo record --counters page-faults --interval 10us -d 1ms
t kymo record --interval 10ms -d 1ms
t kymo record --counters page-faults --comm sh -d 1ms
t kymo record --counters faultz -d 1ms
t kymo record --counters-per-slice -d 1ms
t kymo record --counters page-faults --counters-per-slice --interval 1s -d 1ms
t kymo record --counters page-faults --counters-per-slice -p 1 -d 1ms
cp "$FIXTURES/demo.kymo" .
t kymo show counters demo.kymo
kymo stat -e page-faults -- true 2>words || skip "perf events are not allowed here: $(head -n 1 words)"
numbers() { sed -E 's/[0-9][0-9.,]*/N/g; s/ +/ /g'; }
echo "exit status of the command"
t kymo stat -o out -e page-faults -- sh -c 'exit 7'
t kymo stat -o out -e page-faults -- ./none
echo "text"
kymo stat -o out -e page-faults -- true && numbers <out | sed '1,2d; s/ *[KMG]*\/sec *$/ N\/sec/'
echo "CSV: count, unit, event, ns, percent, rate, unit"
kymo stat -x , -o out -e task-clock -- true
sed '1,2d' out | grep -v '^<not' | sed -E 's/[0-9.]+/N/g'
kymo stat -x ';' -o out -e no_such_pmu/event=1/ -- true
sed '1,2d' out
echo "JSON"
kymo stat --json -o out -e page-faults -- true && tr '{,' '\n\n' <out | sed -nE 's/^ *"([a-z_]+)":.*/\1/p' | sort | uniq -c | sed 's/^ *//'

# SPDX-License-Identifier: MIT
# kymo show metrics and raw, lists of blocks, and metrics in the formats of others: of three seconds that
# sadf -j printed, of one's own recording of fixture counts, and what is refused.
cp "$FIXTURES/sadf/three.json" "$FIXTURES/perfcollector/small.jsonl" "$FIXTURES/demo.kymo" .
t kymo convert three.json -o three.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'
t kymo show metrics three.kymo
t kymo show metrics three.kymo --set cpu --interval 1s --cpus 1
t kymo show metrics three.json --set io,disk --interval recorded --csv
t kymo show metrics three.kymo --set network --of 'e*'
t kymo show metrics three.kymo --set interrupts --interval 10s
t kymo show metrics three.kymo --set 'sadf.io.*' --csv
t kymo show metrics three.kymo --set disk --json | grep -E '"rows"|tps|"tables"|"name": "disk"'
t kymo show metrics three.kymo --set pressure --sort value --top 3
t kymo show metrics three.kymo three.json --set cpu,disk --of all,vda -w
# Of texts of /proc: counters, raw and in tables.
kymo convert -q small.jsonl -o small.kymo
t kymo show metrics small.kymo --set cpu,memory --interval recorded
t kymo show metrics small.kymo --set cpu.user,network --raw-values
t kymo show raw small.kymo
t kymo show raw small.kymo --file /proc/net/dev --at 5s
t kymo show raw small.kymo --file /proc/none
# What is asked wrongly.
t kymo show metrics three.kymo --set nonsense
t kymo show metrics three.kymo --interval 0
t kymo show metrics demo.kymo
t kymo show raw demo.kymo
# Other tools' formats.
t kymo convert -q three.kymo --to-format sadf-csv -o - | grep -A2 -E 'CPU;|DEV|INTR'
kymo convert -q three.kymo --to-format sadf-json -o again.json && kymo convert -q again.json -o again.kymo
kymo convert -q again.kymo --to-format sadf-json -o - | cmp - again.json && echo "the same file again"
t kymo convert -q small.kymo --to-format csv -o - | head -n 4
t kymo convert -q small.kymo --to-format json -o - | head -n 3
t kymo convert -q small.kymo --to-format openmetrics -o - | head -n 8
t kymo convert demo.kymo --to-format csv -o none.csv
head -c 6000 three.json >cut.json
t kymo convert cut.json -o cut.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'
t kymo list blocks load
t kymo list blocks '%util' --json
t kymo record --raw /etc/passwd -d 1s -o none.kymo
t kymo record --raw /proc/none --metrics cpu -d 1s -o none.kymo

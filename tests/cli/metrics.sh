# SPDX-License-Identifier: MIT
# Metrics: lists, perf stat's files, files of one's own, and what is refused.
stat=$FIXTURES/perfstat
cp "$stat"/* .
printf '## list\n'
t kymo list metrics 'ipc' --cpu intel-6-143 --csv
t kymo list metrics 'topdown*' --cpu amd-26-2 | cut -c1-70
t kymo list metrics topdown --cpu arm-0x41-0xd0c
t kymo list metrics --cpu vax-1-2
t kymo list
t kymo list nothing
kymo list metrics --all --json >all.json 2>/dev/null
python3 - <<'PY'
import json
rows = json.load(open("all.json"))
assert len(rows) > 350
for row in rows:
    assert row["usable"] == "yes" or row["why_not"], row
    assert row["unit"] and row["help"] and row["title"], row
print("every metric has unit and help, and is possible or says why not")
PY
printf '## counts\n'
t kymo metrics --set interval=0.5 whole.csv
t kymo metrics --set interval=0.5 whole.json
t kymo metrics interval.csv
t kymo metrics --metrics snb-ep --set tsc_freq=2.6e9 old.csv
t kymo metrics --metrics snb-ep --by system old.csv
kymo metrics --metrics snb-ep --csv old.csv 2>/dev/null | grep -E 'CPU0,(core_cpi|cpu_frequency|ddr|memory_bandwidth_read|loads)'
t kymo metrics --metrics snb-ep --by socket --socket 0-1 old.csv
t kymo metrics --metrics snb-ep --by socket old.csv
printf '## own files\n'
cat >own.metrics <<'X'
metrics 1 "Mine"
cpu any
include "groups.metrics"
metric ipc insn/cycle core.1 "My IPC" "Half of it" = instructions / cycles / 2
metric mine K/s os.1 "Mine" "Faults" = 'page-faults' / 1e3 / interval
X
t kymo metrics --metrics-file own.metrics --set interval=2 whole.csv
mkdir more && cp own.metrics more
t kymo list metrics mine --cpu amd-26-2 --metrics-dir more --csv
sed -i 's|/ 2$|/|' own.metrics
t kymo metrics --metrics-file own.metrics whole.csv
printf '## refused\n'
t kymo metrics
t kymo metrics none.csv
t kymo metrics own.metrics
t kymo metrics --set interval whole.csv
t kymo metrics --set nonsense=1 whole.csv
t kymo metrics --metrics none whole.csv | sed 's/(try: amd.*)/(try: SETS)/'
t kymo metrics --by cpu whole.csv

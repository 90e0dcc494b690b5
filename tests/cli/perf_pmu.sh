# SPDX-License-Identifier: MIT
# perf-pmu by its own name: parsing files of counts, and what it refuses. Measuring is in tests/live.
mkdir bin
for name in perf-pmu perf-pmu.py; do
	ln -s "$(readlink -f "$(command -v kymo)")" "bin/$name"
done
PATH=$PWD/bin:$PATH
cp "$FIXTURES/perfstat/old.csv" one
cp one two
t perf-pmu.py -l one,two --set tsc_freq=2.6e9
cmp one-metric.csv two-metric.csv
wc -l <one-metric.csv
grep -E 'per_core|^CPI|^CPU freq|^cycles uops|^memory bandwidth read' one-metric.csv
cat one.out
t perf-pmu.py -l one --json
cat one.out
t perf-pmu -l one -i 2 --uncore-as-core
grep -E '^memory bandwidth read|^uncacheable' one-metric.csv
printf '## names, spelled out where perf took no colon; packages\n'
cat >names <<'END'
CPU0,1000,,CPU_CLK_UNHALTEDcolonTHREAD_P,1000,100.00,,
CPU0,500,,INST_RETIREDcolonANY_P,1000,100.00,,
CPU0,20,,UOPS_RETIREDcolonALLcoloncequal1,1000,100.00,,
CPU0,1000000,,UNC_M_CAS_COUNT:RD,1000,100.00,,
CPU0,2000000,,UNC_M_CAS_COUNT:WR,1000,100.00,,
CPU1,300,,CPU_CLK_UNHALTEDcolonTHREAD_P,1000,100.00,,
CPU1,100,,INST_RETIREDcolonANY_P,1000,100.00,,
CPU1,<not supported>,,UOPS_RETIREDcolonALLcoloncequal1,0,0.00,,
CPU2,10,,CPU_CLK_UNHALTEDcolonTHREAD_P,1000,100.00,,
CPU2,0,,INST_RETIREDcolonANY_P,1000,100.00,,
CPU2,5000000,,UNC_M_CAS_COUNT:RD,1000,100.00,,
CPU2,0,,UNC_M_CAS_COUNT:WR,1000,100.00,,
END
t perf-pmu -l names -i 2 --socket 0-1 --socket 2
grep -E 'per_core|^CPI|^cycles uops|^memory bandwidth' names-metric.csv
t perf-pmu -l names
grep -E '^memory bandwidth' names-metric.csv
printf '## counts of other events: metrics of that processor\n'
printf 'CPU0,300,,cycles,9,100.00,,\nCPU0,600,,instructions,9,100.00,,\nCPU0,7,,made-up,9,100.00,,\n' >generic
t perf-pmu -l generic --cpu intel-6-1
grep -E 'per_core|^(Instr|Cycles per)' generic-metric.csv
t perf-pmu -l generic --metrics snb-ep
grep -vE ',$' generic-metric.csv
printf '## refused\n'
t perf-pmu -l none,one
t perf-pmu -l ''
t perf-pmu -l ,
t perf-pmu -l one word
t perf-pmu -l .
t perf-pmu -l one --set tsc_freq
t perf-pmu -l one --set 'x y=1'
cp "$FIXTURES/perfstat/whole.csv" .
t perf-pmu -l whole.csv
printf 'CPU0,12,raw 0x5300c0\nCPU0,1;2\n' >bad
t perf-pmu -l bad
t perf-pmu
t perf-pmu -r 1 -i 2
t perf-pmu -o x -i 2
t perf-pmu -o x -r 1
t perf-pmu -o '' -r 1 -i 2
t perf-pmu -o x -r 0 -i 2
t perf-pmu -o x -r 1 -i 0
t perf-pmu -o x -r -1 -i 2
t perf-pmu -o x -r 1 -i 2x
t perf-pmu -o x -r 1 -i 2 -d soon
t perf-pmu -o x -r 1 -i 2 -p ''
t perf-pmu -o x -r 1 -i 2 -p '1;reboot'
t perf-pmu -o x -r 1 -i 2 -p 0
t perf-pmu -o x -r 1 -i 2 -p 99999999999
t perf-pmu -o x -r 1 -i 2 --metrics none | sed 's/(try: amd.*)/(try: SETS)/'
t perf-pmu -o x -r 1 -i 2 -z
ls

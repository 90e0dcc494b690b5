# SPDX-License-Identifier: MIT
# perf-pmu by its own name: parsing files of counts.
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
t perf-pmu -l one --set interval=2 --uncore-as-core
grep -E '^memory bandwidth read|^uncacheable' one-metric.csv
t perf-pmu -l none
t perf-pmu -r 1 -i 2
t perf-pmu -l one word
cp "$FIXTURES/perfstat/whole.csv" .
t perf-pmu -l whole.csv

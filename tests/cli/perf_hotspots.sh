# SPDX-License-Identifier: MIT
# perf-hotspots by its own name: what it refuses. Its files' forms are in tests/unit/test_ptap_hotspots.c, sampling
# in tests/live.
mkdir bin
for name in perf-hotspots perf-hotspots.py; do
	ln -s "$(readlink -f "$(command -v kymo)")" "bin/$name"
done
PATH=$PWD/bin:$PATH
t perf-hotspots.py word
t perf-hotspots.py -e
t perf-hotspots -e ''
t perf-hotspots -e cyclse
t perf-hotspots -e 'cycles,,cpu-clock'
t perf-hotspots -e '{cycles,cpu-clock'
t perf-hotspots -e 'cpu-clock;reboot'
t perf-hotspots -e "$(printf 'x%.0s' $(seq 300))"
t perf-hotspots -l -e cpu-clock
t perf-hotspots -p ''
t perf-hotspots -p -1
t perf-hotspots -p '1 2'
t perf-hotspots -u 0
t perf-hotspots -u -1
t perf-hotspots -r 0
t perf-hotspots -r many
t perf-hotspots -d 1x
t perf-hotspots -o ''
t perf-hotspots -m --metrics none | sed 's/(try: amd.*)/(try: SETS)/'
t perf-hotspots -m --cpu vax-1-2
t perf-hotspots -n
: >file
t perf-hotspots -o file/x -u 10ms
ls
perf-hotspots.py --help | sed -n 1,3p

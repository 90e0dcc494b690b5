#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Loss, memory and CPU of the recorder under saturation: one pinned ping-pong on every CPU. usage: loss.sh [SECONDS]
. "$(dirname "$0")/lib.sh"
need perf taskset
seconds=${1:-30}
cat >"$work/load.sh" <<'LOAD'
#!/bin/sh
# All CPUs busy for $1 seconds with pairs that hand a byte back and forth.
for cpu in $(seq 0 $(($(nproc) - 1))); do
	timeout "$1" taskset -c "$cpu" perf bench --format=simple sched pipe -l 1000000000 >/dev/null 2>&1 &
done
wait
exit 0
LOAD
chmod +x "$work/load.sh"
echo "kymo, bpf, 16 MB of buffers, $seconds s:"
/usr/bin/env time -f 'cpu %U user + %S system s, rss %M KiB, wall %e s' \
	"$kymo" record --engine bpf -e switch --buffer 16M -o "$work/k.kymo" -- "$work/load.sh" "$seconds"
"$kymo" info "$work/k.kymo"
echo "perf record -m 8M, $seconds s:"
perf record -a -m 8M -e sched:sched_switch -o "$work/p.data" -- "$work/load.sh" "$seconds" 2>&1 | tail -n 3
perf report -i "$work/p.data" --stats 2>/dev/null | grep -E 'SAMPLE|LOST'

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What recording costs the recorded: a pinned ping-pong of two threads alone, and under each recorder, in turns. The figure is the median
# of the ratios of neighbours. usage: overhead.sh [ROUNDS [RECORDER...]]
. "$(dirname "$0")/lib.sh"
need perf taskset
rounds=${1:-7}
load=(taskset -c 1 perf bench --format=simple sched pipe -l "${LOOPS:-300000}")
names=("${@:2}")
[ "${#names[@]}" -gt 0 ] || names=(floor-switch kymo-switch perf-switch floor-both kymo-default perf-default kymo-perf-switch splice-switch)

run() {
	case $1 in
	base) "${load[@]}" ;;
	floor-switch) "$build/bench/bench_floor" switch "${load[@]}" ;;
	floor-both) "$build/bench/bench_floor" both "${load[@]}" ;;
	kymo-switch) "$kymo" record --engine bpf -e switch -o "$work/k.kymo" -- "${load[@]}" ;;
	kymo-default) "$kymo" record --engine bpf -o "$work/k.kymo" -- "${load[@]}" ;;
	kymo-perf-switch) "$kymo" record --engine perf -e switch -o "$work/k.kymo" -- "${load[@]}" ;;
	perf-switch) perf record -q -a -e sched:sched_switch -o "$work/p.data" -- "${load[@]}" ;;
	perf-default) perf record -q -a -e sched:sched_switch -e sched:sched_wakeup -o "$work/p.data" -- "${load[@]}" ;;
	splice-switch) "$build/bench/bench_splice" "$work" 8192 sched/sched_switch "${load[@]}" ;;
	esac 2>"$work/err" | grep -E '^[0-9.]+$' | tail -n 1
}

for ((i = 0; i < rounds; i++)); do
	for name in "${names[@]}"; do
		a=$(run base)
		b=$(run "$name")
		[ -n "$a" ] && [ -n "$b" ] || {
			echo "bench: $name failed: $(cat "$work/err")" >&2
			continue
		}
		awk -v a="$a" -v b="$b" 'BEGIN { print b / a }' >>"$work/$name"
	done
	echo "round $((i + 1)) of $rounds" >&2
done
printf '| recorder | slowdown: median of %d pairs [min-max] |\n|---|---|\n' "$rounds"
for name in "${names[@]}"; do
	printf '| %s | %s |\n' "$name" "$(spread <"$work/$name")"
done

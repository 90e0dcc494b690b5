#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Loss, memory and CPU of the recorders under saturation: one pinned ping-pong on every CPU. Each recorder runs in a session of its own, as a
# daemon would. usage: loss.sh [SECONDS]
. "$(dirname "$0")/lib.sh"
need perf taskset setsid
seconds=${1:-30}

load() {
	local pids=()
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		timeout "$seconds" taskset -c "$cpu" perf bench --format=simple sched pipe -l 1000000000 >/dev/null 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
}

# record NAME CMD...: run CMD from a second before the load until a second after it.
record() {
	local out=$work/$1
	shift
	setsid "$@" >"$out" 2>&1 &
	local pid=$!
	sleep 1
	load
	sleep 1
	grep VmHWM "/proc/$pid/status" | awk '{ print $2 }' >"$out.rss"
	kill -INT "$pid"
	wait "$pid"
}

printf '| recorder | events | lost | own CPU | peak RSS MB |\n|---|---|---|---|---|\n'
record kymo "$kymo" record --engine bpf -e switch --buffer 16M -o "$work/k.kymo"
line=$(grep -o 'wrote .*' "$work/kymo" | tail -n 1)
printf '| kymo, bpf, 16 MB of buffers | %s | %s | %s | %d |\n' \
	"$(sed -E 's/.*: ([0-9,]+) events.*/\1/' <<<"$line")" "$(sed -E 's/.* ([0-9,]+) lost.*/\1/' <<<"$line")" \
	"$(sed -E 's/.*, ([0-9.]+ [a-z]+) of own CPU.*/\1/' <<<"$line")" $(($(cat "$work/kymo.rss") / 1024))
record perf perf record -a -m 8M -e sched:sched_switch -o "$work/p.data"
# perf's own loss records, as kymo adds them up.
"$kymo" convert "$work/p.data" -o "$work/p.kymo" 2>"$work/stats"
printf '| perf record -m 8M | %s | %s | | %d |\n' "$(sed -nE 's/.*: ([0-9,]+) events.*/\1/p' "$work/stats" | tail -n 1)" \
	"$(sed -nE 's/.* ([0-9,]+) lost.*/\1/p' "$work/stats" | tail -n 1)" $(($(cat "$work/perf.rss") / 1024))
mkdir "$work/ring"
setsid "$build/bench/bench_splice" "$work/ring" 8192 sched/sched_switch sleep $((seconds + 2)) 2>"$work/splice" &
pid=$!
sleep 1
load
wait "$pid"
awk '/overrun/ { lost += $NF } /read events/ { read += $NF } END { printf "| ftrace splice, 8 MB per CPU | %d | %d | | |\n", read, lost }' "$work/splice"

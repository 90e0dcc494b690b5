#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Bytes per event on disk: kymo beside perf record, plain and with -z.
. "$(dirname "$0")/lib.sh"
need perf taskset
pipe=(taskset -c 1 perf bench --format=simple sched pipe -l "${LOOPS:-300000}")
messaging=(perf bench --format=simple sched messaging -g 5 -l 500)

# Samples and bytes of a perf.data.
perf_row() {
	local samples
	samples=$(perf report -i "$work/p.data" --stats 2>/dev/null | awk '$1 == "SAMPLE" && $2 == "events:" { print $3; exit }')
	printf '| %s | %s | %s |\n' "$1" "$samples" "$(stat -c %s "$work/p.data" | awk -v n="$samples" '{ printf "%.2f", $1 / n }')"
}
kymo_row() {
	"$kymo" info --json "$work/k.kymo" >"$work/info.json"
	awk -v name="$1" -v bytes="$(stat -c %s "$work/k.kymo")" 'BEGIN { RS = "\0" } match($0, /"events": *[0-9]+/) { n = substr($0, RSTART, RLENGTH); sub(/.*: */, "", n); printf "| %s | %s | %.2f |\n", name, n, bytes / n }' "$work/info.json"
}
printf '| recorder and load | events | bytes/event |\n|---|---|---|\n'
"$kymo" record --engine bpf -e switch -o "$work/k.kymo" -- "${pipe[@]}" >/dev/null 2>&1 && kymo_row "kymo -e switch, pipe"
perf record -q -a -m 8M -e sched:sched_switch -o "$work/p.data" -- "${pipe[@]}" >/dev/null 2>&1 && perf_row "perf, pipe"
perf record -q -a -m 8M -z -e sched:sched_switch -o "$work/p.data" -- "${pipe[@]}" >/dev/null 2>&1 && perf_row "perf -z, pipe"
"$kymo" record --engine bpf -e switch,wakeup -o "$work/k.kymo" -- "${messaging[@]}" >/dev/null 2>&1 && kymo_row "kymo -e switch,wakeup, messaging"
perf record -q -a -m 8M -e sched:sched_switch -e sched:sched_wakeup -o "$work/p.data" -- "${messaging[@]}" >/dev/null 2>&1 && perf_row "perf, messaging"
perf record -q -a -m 8M -z -e sched:sched_switch -e sched:sched_wakeup -o "$work/p.data" -- "${messaging[@]}" >/dev/null 2>&1 && perf_row "perf -z, messaging"

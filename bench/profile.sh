#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What sampling costs a program that only computes (its own CPU time, so that others on the machine disturb little), each run next to one without;
# how much CPU the recorder takes besides, start and end included; and how long it works after the program has ended.
# usage: profile.sh [ROUNDS [RECORDER...]]
. "$(dirname "$0")/lib.sh"
need perf
rounds=${1:-11}
load=("$build/bench/bench_profile" "${TURNS:-1500}")
names=("${@:2}")
[ "${#names[@]}" -gt 0 ] || names=(kymo-samples kymo-default kymo-off-cpu perf-a perf)

TIMEFORMAT='%3U %3S'
run() {
	case $1 in
	base) "${load[@]}" ;;
	kymo-samples) "$kymo" record -q --profile 999 -e task -o "$work/k.kymo" -- "${load[@]}" ;;
	kymo-default) "$kymo" record -q --profile 999 -o "$work/k.kymo" -- "${load[@]}" ;;
	kymo-off-cpu) "$kymo" record -q --profile 999 --off-cpu -o "$work/k.kymo" -- "${load[@]}" ;;
	perf-a) perf record -q -a -F 999 -g -o "$work/p.data" -- "${load[@]}" ;;
	perf) perf record -q -F 999 -g -o "$work/p.data" -- "${load[@]}" ;;
	esac 2>"$work/err"
}

for ((i = 0; i < rounds; i++)); do
	for name in "${names[@]}"; do
		run base >"$work/out"
		read -r a _ <"$work/out"
		{ time run "$name" >"$work/out"; } 2>"$work/time"
		after=$EPOCHREALTIME
		read -r b end <"$work/out" || {
			echo "bench: $name failed: $(cat "$work/err")" >&2
			continue
		}
		awk -v a="$a" -v b="$b" 'BEGIN { print b / a }' >>"$work/$name"
		awk -v a="$end" -v b="$after" 'BEGIN { print (b - a) * 1000 }' >>"$work/$name.end"
		awk -v b="$b" '{ print ($1 + $2 - b) * 1000 }' "$work/time" >>"$work/$name.own"
	done
	echo "round $((i + 1)) of $rounds" >&2
done
printf '| recorder | CPU time of the program: median of %d pairs [min-max] | CPU ms of the recorder | ms from its end to the recorder'"'"'s |\n|---|---|---|---|\n' "$rounds"
for name in "${names[@]}"; do
	printf '| %s | %s | %s | %s |\n' "$name" "$(spread <"$work/$name")" "$(spread <"$work/$name.own")" "$(spread <"$work/$name.end")"
done

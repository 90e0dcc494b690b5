#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Reading profiles: kymo beside perf on the same perf.data, in turns; medians of the seconds and of the ratios of each pair.
# usage: profile_speed.sh [ROUNDS [PROGRAM [ARGUMENT...]]]; DATA=FILE, DWARF=FILE: recordings that are there already.
. "$(dirname "$0")/lib.sh"
need perf awk
rounds=${1:-5}
load=("${@:2}")
[ "${#load[@]}" -gt 0 ] || load=("$build/bench/bench_profile" "${TURNS:-100000}")
data=${DATA:-$work/fp.data}
dwarf=${DWARF:-$work/dwarf.data}
[ -f "$data" ] || perf record -q -F 999 -g -o "$data" -- "${load[@]}" >/dev/null 2>&1
[ -f "$dwarf" ] || perf record -q -F 499 --call-graph dwarf,8192 -o "$dwarf" -- "${load[@]}" >/dev/null 2>&1

samples() {
	perf report --stats -i "$1" 2>/dev/null | awk '$1 == "SAMPLE" && $2 == "events:" { print $3; exit }'
}

fold() {
	awk '/^[^ \t]/ { comm = $1; n = 0; next }
		/^$/ { if (n) { s = comm; for (i = n; i > 0; i--) s = s ";" f[i]; count[s]++ } n = 0; next }
		{ x = $2; sub(/\+0x[0-9a-f]+$/, "", x); f[++n] = x }
		END { for (s in count) print s, count[s] }'
}

# One thing to do; what it prints goes to a file, its seconds to stdout.
seconds() {
	local t0 t1
	t0=$(date +%s%N)
	case $1 in
	perf-folded) perf script -i "$data" 2>"$work/err" | fold ;;
	kymo-folded) "$kymo" convert "$data" -o "$work/out.folded" ;;
	perf-hotspots) perf report --stdio -i "$data" ;;
	perf-flat) perf report --stdio --no-children -g none -i "$data" ;;
	kymo-hotspots | kymo-flat) "$kymo" show hotspots "$data" --top 0 ;;
	perf-unwind) perf script -i "$dwarf" ;;
	perf-bare) perf script --no-inline -i "$dwarf" ;;
	kymo-unwind | kymo-bare) "$kymo" convert "$dwarf" -o "$work/out.kymo" ;;
	esac >"$work/out" 2>>"$work/err" || {
		echo "bench: $1 failed: $(tail -n 3 "$work/err")" >&2
		return 1
	}
	t1=$(date +%s%N)
	awk -v n=$((t1 - t0)) 'BEGIN { print n / 1e9 }'
}

printf '| of %s and %s samples | perf, s | kymo, s | faster |\n|---|---|---|---|\n' "$(samples "$data")" "$(samples "$dwarf")"
for what in folded hotspots flat unwind bare; do
	for ((i = 0; i < rounds; i++)); do
		a=$(seconds "perf-$what") || exit 1
		b=$(seconds "kymo-$what") || exit 1
		echo "$a" >>"$work/a-$what"
		echo "$b" >>"$work/b-$what"
		awk -v a="$a" -v b="$b" 'BEGIN { print a / b }' >>"$work/r-$what"
	done
	case $what in
	folded) words='perf script and folding with awk; kymo convert to .folded' ;;
	hotspots) words='perf report --stdio; kymo show hotspots' ;;
	flat) words='perf report --stdio --no-children -g none; kymo show hotspots' ;;
	unwind) words='unwinding by DWARF: perf script; kymo convert' ;;
	bare) words='the same, perf script --no-inline' ;;
	esac
	printf '| %s | %s | %s | %s |\n' "$words" "$(spread <"$work/a-$what")" "$(spread <"$work/b-$what")" "$(spread <"$work/r-$what")"
done

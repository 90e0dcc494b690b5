#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Reading profiles: kymo beside perf on the same perf.data, in turns; medians of the seconds, and of the ratios of each pair by time and by CPU time.
# usage: profile_speed.sh [ROUNDS [PROGRAM [ARGUMENT...]]]; DATA=FILE, DWARF=FILE: recordings that are there already; ONLY="NAME..." of those below.
# On a machine that others use: PAUSE=0.7 chrt -f 1 profile_speed.sh; the pause is for kernel.sched_rt_runtime_us.
. "$(dirname "$0")/lib.sh"
need perf awk
rounds=${1:-15}
load=("${@:2}")
[ "${#load[@]}" -gt 0 ] || load=("$build/bench/bench_profile" "${TURNS:-100000}")
data=${DATA:-$work/fp.data}
dwarf=${DWARF:-$work/dwarf.data}
[ -f "$data" ] || perf record -q -F 999 -g -o "$data" -- "${load[@]}" >/dev/null 2>&1
[ -f "$dwarf" ] || perf record -q -F 499 --call-graph dwarf,8192 -o "$dwarf" -- "${load[@]}" >/dev/null 2>&1
# Names that kymo keeps: none of before, and for cold none at all.
export XDG_CACHE_HOME=$work/cache
mkdir -p "$XDG_CACHE_HOME"

samples() {
	perf report --stats -i "$1" 2>/dev/null | awk '$1 == "SAMPLE" && $2 == "events:" { print $3; exit }'
}

cat >"$work/fold.awk" <<'END'
/^[^ \t]/ { comm = $1; n = 0; next }
/^$/ { if (n) { s = comm; for (i = n; i > 0; i--) s = s ";" f[i]; count[s]++ } n = 0; next }
{ x = $2; sub(/\+0x[0-9a-f]+$/, "", x); f[++n] = x }
END { for (s in count) print s, count[s] }
END

do_it() {
	case $1 in
	perf-folded | perf-cold) perf script -i "$data" 2>/dev/null | awk -f "$work/fold.awk" ;;
	perf-sequential) perf script -i "$data" >"$work/text" 2>/dev/null && awk -f "$work/fold.awk" "$work/text" ;;
	kymo-folded | kymo-sequential | kymo-cold) "$kymo" convert "$data" -o "$work/out.folded" ;;
	perf-hotspots) perf report --stdio -i "$data" ;;
	perf-flat) perf report --stdio --no-children -g none -i "$data" ;;
	kymo-hotspots | kymo-flat) "$kymo" show hotspots "$data" --top 0 ;;
	perf-unwind) perf script -i "$dwarf" ;;
	perf-bare) perf script --no-inline -i "$dwarf" ;;
	kymo-unwind | kymo-bare) "$kymo" convert "$dwarf" -o "$work/out.kymo" ;;
	esac >"$work/out" 2>>"$work/err"
}

# One thing to do; "SECONDS CPU_SECONDS" to the file $1.
TIMEFORMAT='%3U %3S'
measure() {
	local from to
	[ -z "${PAUSE:-}" ] || sleep "$PAUSE"
	from=$EPOCHREALTIME
	{ time do_it "$1"; } 2>"$work/cpu" || {
		echo "bench: $1 failed: $(tail -n 3 "$work/err")" >&2
		exit 1
	}
	to=$EPOCHREALTIME
	awk -v a="$from" -v b="$to" '{ print b - a, $1 + $2 }' "$work/cpu" >>"$work/$1"
}

words() {
	case $1 in
	folded) echo 'perf script piped into folding with awk; kymo convert to .folded' ;;
	sequential) echo 'perf script, then folding with awk; kymo convert to .folded' ;;
	cold) echo 'the first, without a symbol cache of kymo' ;;
	hotspots) echo 'perf report --stdio; kymo show hotspots' ;;
	flat) echo 'perf report --stdio --no-children -g none; kymo show hotspots' ;;
	unwind) echo 'unwinding by DWARF: perf script; kymo convert' ;;
	bare) echo 'the same, perf script --no-inline' ;;
	esac
}

printf '| of %s and %s samples | perf, s | kymo, s | faster | by CPU time |\n|---|---|---|---|---|\n' "$(samples "$data")" "$(samples "$dwarf")"
for what in ${ONLY:-folded sequential cold hotspots flat unwind bare}; do
	"$kymo" convert "$data" -o "$work/out.folded" 2>/dev/null # both have read the file, and kymo its names
	for ((i = 0; i < rounds; i++)); do
		measure "perf-$what"
		[ "$what" != cold ] || rm -rf "$XDG_CACHE_HOME/kymo"
		measure "kymo-$what"
	done
	paste -d ' ' "$work/perf-$what" "$work/kymo-$what" >"$work/pairs"
	printf '| %s | %s | %s | %s | %s |\n' "$(words "$what")" "$(cut -d ' ' -f 1 "$work/perf-$what" | spread)" "$(cut -d ' ' -f 1 "$work/kymo-$what" | spread)" \
		"$(awk '{ print $1 / $3 }' "$work/pairs" | spread)" "$(awk '{ print $2 / $4 }' "$work/pairs" | spread)"
done

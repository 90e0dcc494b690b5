#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Reading: kymo on a recording beside perf on the same events as perf.data. usage: speed.sh [SWITCHES] [ROUNDS]
. "$(dirname "$0")/lib.sh"
need perf taskset
switches=${1:-5000000}
rounds=${2:-5}
data=${DATA:-$work/p.data}
if [ ! -f "$data" ]; then
	echo "recording $switches switches with perf ..." >&2
	perf record -q -a -m 64M -e sched:sched_switch -o "$data" -- \
		perf bench --format=simple sched pipe -l $((switches / 2)) >/dev/null 2>&1
fi
seconds() {
	local t0 t1
	t0=$(date +%s%N)
	"$@" >/dev/null 2>"$work/err" || {
		echo "bench: $* failed: $(cat "$work/err")" >&2
		return 1
	}
	t1=$(date +%s%N)
	awk -v n=$((t1 - t0)) 'BEGIN { print n / 1e9 }'
}
"$kymo" convert "$data" -o "$work/k.kymo" >&2
names=(kymo-tasks kymo-report kymo-convert perf-script perf-timehist-s)
for ((i = 0; i < rounds; i++)); do
	seconds "$kymo" show tasks "$work/k.kymo" >>"$work/kymo-tasks"
	seconds "$kymo" report "$work/k.kymo" -o "$work/k.html" >>"$work/kymo-report"
	seconds "$kymo" convert "$data" -o "$work/c.kymo" >>"$work/kymo-convert"
	seconds perf sched -i "$data" timehist -s >>"$work/perf-timehist-s"
	[ "$i" -lt 2 ] && seconds perf script -i "$data" >>"$work/perf-script"
done
script=$(median <"$work/perf-script")
printf '| command | seconds: median [min-max] | faster than perf script |\n|---|---|---|\n'
for name in "${names[@]}"; do
	printf '| %s | %s | %s |\n' "$name" "$(spread <"$work/$name")" \
		"$(awk -v a="$script" -v b="$(median <"$work/$name")" 'BEGIN { printf "%.1fx", a / b }')"
done
ls -l "$data" "$work/k.kymo" "$work/k.html" | awk '{ print $5, $9 }'

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a sample of 2,000 processes once a second costs: CPU time of the whole recorder, its memory, its file. usage: processes.sh [SECONDS [ROUNDS]]
. "$(dirname "$0")/lib.sh"
need setpriv
seconds=${1:-20} rounds=${2:-3} count=${COUNT:-2000} busy=${BUSY:-50}
many="$build/bench/bench_processes"
without_bpf="setpriv --bounding-set -sys_admin,-bpf,-perfmon"

coproc load { "$many" fork "$count" "$busy"; }
read -r ready <&"${load[0]}"
[ "$ready" = ready ] || exit 1

# CPU time of all threads of $1 so far, ns.
cpu() {
	cat /proc/"$1"/task/*/schedstat 2>/dev/null | awk '{ s += $1 } END { printf "%.0f", s }'
}

# NAME FILE COMMAND...: ms of CPU a second, peak RSS in MB, bytes a second.
measure() {
	local name=$1 file=$2 from to first
	shift 2
	rm -f "$file"*
	"$@" >"$work/out" 2>&1 &
	local pid=$!
	sleep 4
	from=$(cpu $pid)
	first=$(cat "$file"* 2>/dev/null | wc -c)
	sleep "$seconds"
	to=$(cpu $pid)
	awk -v n="$seconds" -v d="$((to - from))" 'BEGIN { print d / n / 1e6 }' >>"$work/$name.cpu"
	awk '/VmHWM/ { print $2 / 1024 }' "/proc/$pid/status" >>"$work/$name.rss"
	kill -INT $pid 2>/dev/null
	sleep 0.5
	kill $pid 2>/dev/null
	wait $pid 2>/dev/null
	echo $(($(cat "$file"* 2>/dev/null | wc -c) - first)) "$seconds" | awk '{ print $1 / $2 }' >>"$work/$name.bytes"
}

for ((i = 0; i < rounds; i++)); do
	measure kymo-bpf "$work/file.a" "$kymo" record -q --metrics process -o "$work/file.a"
	measure kymo-proc "$work/file.b" $without_bpf "$kymo" record -q --metrics process -o "$work/file.b"
	"$many" floor "$seconds" 2>/dev/null | median >>"$work/floor.cpu"
	"$many" floor4 "$seconds" 2>/dev/null | median >>"$work/floor4.cpu"
	measure kymo-none "$work/file.c" "$kymo" record -q --metrics cpu -o "$work/file.c"
	command -v pidstat >/dev/null && measure pidstat "$work/file.pidstat" pidstat -urdw 1 -p ALL
	command -v atop >/dev/null && measure atop "$work/file.atop" atop -w "$work/file.atop" 1
	command -v collectl >/dev/null && measure collectl "$work/file.collectl" collectl -sZ -i1:1 -f "$work/file.collectl"
	[ -x /usr/lib/sysstat/sadc ] && measure sadc "$work/file.sadc" /usr/lib/sysstat/sadc 1 "$work/file.sadc"
	echo "round $((i + 1)) of $rounds" >&2
done

row() {
	[ -f "$work/$1.cpu" ] || return
	printf '| %s | %s | %s | %s |\n' "$2" "$(spread <"$work/$1.cpu")" "$([ -f "$work/$1.rss" ] && median <"$work/$1.rss" | awk '{ printf "%.1f", $1 }')" \
		"$([ -f "$work/$1.bytes" ] && median <"$work/$1.bytes" | awk '{ printf "%d", $1 }')"
}
printf '| %s processes, %s of them at work, once a second | ms of CPU a sample: median of %s [min-max] | peak RSS MB | bytes a sample |\n|---|---|---|---|\n' \
	"$count" "$busy" "$rounds"
row kymo-bpf "kymo record --metrics process, BPF"
row kymo-none "kymo record --metrics cpu: what all but the processes costs"
row kymo-proc "kymo record --metrics process, /proc and taskstats"
row floor "pread alone of the same files, kept open"
row floor4 "pread alone of all four files of all"
row pidstat "pidstat -urdw 1 -p ALL"
row atop "atop -w FILE 1"
row collectl "collectl -sZ -i1:1 -f FILE"
row sadc "sadc 1 FILE (no processes)"
exec {load[1]}>&-

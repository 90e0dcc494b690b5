#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What reading metrics costs: CPU a sample beside the bare pread() of the same files on descriptors that stay open, and beside sadc, atop and PCP;
# memory; and size beside their files, of recordings made at the same time. usage: metrics.sh [MINUTES]
# sadc, atop and PCP are measured where they are there; PCP wants its names once: cd /var/lib/pcp/pmns && ./Rebuild -u
. "$(dirname "$0")/lib.sh"
need zstd
minutes=${1:-10}
sadc=${SADC:-/usr/lib/sysstat/sadc}
tool=$build/bench/bench_metrics
seconds=$((minutes * 60))

# What the default set reads, but for processes, which another bench measures.
set=default,-process,-thread
files=(/proc/{stat,loadavg,meminfo,vmstat,pressure/{cpu,io,memory,irq},diskstats,net/{dev,softnet_stat,sockstat,sockstat6}}
	/proc/sys/{fs/{file-nr,inode-nr,dentry-state,aio-nr},kernel/pty/nr})
# What sadc records when nothing is asked for, by its activities in turn.
like_sadc=cpu:user:nice:system:idle:iowait:irq:softirq:steal:guest:guest_nice:switches:forks:blocked
like_sadc+=,vmstat:pswpin:pswpout:pgpgin:pgpgout:pgfault:pgmajfault:pgfree:pgscan_kswapd:pgscan_direct:pgsteal_*
like_sadc+=,disk:reads:writes:read:written:discards:discarded
like_sadc+=,memory:MemTotal:MemFree:MemAvailable:Buffers:Cached:SwapCached:Active:Inactive:SwapTotal:SwapFree:Dirty:AnonPages:Slab
like_sadc+=:KernelStack:PageTables:Committed_AS:VmallocUsed:HugePages_*:Hugepagesize
like_sadc+=,files,load,network,sockets,softnet,pressure

pmcd=${PMCD:-/usr/lib/pcp/bin/pmcd}
export PMCD_PORT=44399

# us of CPU that a process group has used.
group_us() {
	cat /proc/[0-9]*/stat 2>/dev/null |
		awk -v g="$1" -v hz="$(getconf CLK_TCK)" '{ sub(/^.*\) /, ""); if ($3 == g) n += $12 + $13 } END { print n * 1e6 / hz }'
}

# What pmlogconf chooses: pmcd with its agents, and the logger.
log_pcp() {
	local group before
	cd "$work" || return
	setsid "$pmcd" -f -l "$work/pmcd.log" -p $PMCD_PORT &
	group=$!
	sleep 2
	pmlogconf -c -q -h 127.0.0.1 "$work/pcp.conf" >/dev/null
	before=$(group_us $group)
	"$tool" cost $seconds pmlogger -h 127.0.0.1 -c "$work/pcp.conf" -t 1sec "$work/pcp" >"$work/pcp.cost"
	echo "$before $(group_us $group)" | awk -v s=$((seconds + 3)) '{ print ($2 - $1) / s }' >"$work/pmcd.cost"
	kill $group
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

# begin NAME INTERVAL_MS SET: floor and kymo at the same time, for the whole time; but not at the same instant, as who comes second finds
# the caches warm.
begin() {
	"$tool" floor $((seconds * 1000 / $2)) "$2" "${files[@]}" >"$work/$1.floor" &
	sleep 0.137
	"$tool" cost $seconds "$kymo" record -q --metrics="$3" -I "$2ms" -o "$work/$1.kymo" >"$work/$1.cost" &
	sleep 0.137
}
begin fast 100 $set
begin slow 1000 $set
begin like 1000 "$like_sadc"
begin all 1000 default
if [ -x "$sadc" ]; then
	"$tool" cost $seconds "$sadc" 1 $((seconds + 60)) "$work/sadc.bin" >"$work/sadc.cost" &
fi
if command -v atop >/dev/null; then
	"$tool" cost $seconds atop -w "$work/atop.bin" 1 >"$work/atop.cost" &
fi
if [ -x "$pmcd" ] && command -v pmlogger >/dev/null; then
	log_pcp >"$work/pcp.said" 2>&1 &
fi
wait

printf '| recorder, %d minutes | us of CPU a sample | of the bare pread() | peak RSS MB |\n|---|---|---|---|\n' "$minutes"
row() {
	local us rss floor
	read -r us rss <"$work/$1.cost"
	read -r floor _ <"$work/$1.floor"
	us=$(awk -v us="$us" -v ms="$2" 'BEGIN { printf "%.0f", us * ms / 1000 }')
	printf '| pread(), every %d ms | %.0f | 1 | |\n' "$2" "$floor"
	printf '| kymo record --metrics%s, every %d ms | %s | %s | %d |\n' "$3" "$2" "$us" "$(ratio "$us" "$floor")" $((rss / 1000))
}
row fast 100 ""
row slow 1000 ""
row like 1000 " as sadc"
other() {
	local us rss
	[ -f "$work/$1.cost" ] || return
	read -r us rss <"$work/$1.cost"
	printf '| %s | %.0f | | %s |\n' "$2" "$us" "${rss:+$((rss / 1000))}"
}
other all "kymo record --metrics, every 1000 ms, with processes"
other sadc "sadc 1"
other atop "atop -w FILE 1, with processes"
other pcp "pmlogger -t 1sec"
other pmcd "pmcd and its agents, beside"

printf '\n| file, %d minutes | bytes a sample | values a sample | bytes a value |\n|---|---|---|---|\n' "$minutes"
size_row() {
	local bytes values n
	bytes=$(stat -c %s "$work/$1.kymo")
	values=$("$kymo" info "$work/$1.kymo" | awk '$1 == "value" { gsub(",", "", $4); print $4 }')
	n=$((seconds * 1000 / $2 + 3000 / $2))
	awk -v b="$bytes" -v v="$values" -v n=$n -v what="$3" -v ms="$2" \
		'BEGIN { printf "| kymo record --metrics%s, every %d ms | %.1f | %.0f | %.3f |\n", what, ms, b / n, v / n, b / v }'
}
size_row fast 100 ""
size_row slow 1000 ""
size_row like 1000 " as sadc"
size_row all 1000 ", with processes"
if [ -x "$sadc" ]; then
	for level in 0 3 19; do
		if [ $level -eq 0 ]; then
			bytes=$(stat -c %s "$work/sadc.bin")
		else
			bytes=$(zstd -q -$level -c "$work/sadc.bin" | wc -c)
		fi
		awk -v b="$bytes" -v n=$((seconds + 3)) -v l=$level \
			'BEGIN { printf "| sadc 1%s | %.1f | | |\n", l ? " under zstd -" l : "", b / n }'
	done
fi
other_size() {
	awk -v n=$((seconds + 3)) -v what="$1" -v b="$(cat "${@:2}" | wc -c)" -v z="$(cat "${@:2}" | zstd -q -19 -c | wc -c)" \
		'BEGIN { printf "| %s | %.1f (zstd -19: %.1f) | | |\n", what, b / n, z / n }'
}
[ -f "$work/atop.bin" ] && other_size "atop -w FILE 1, with processes" "$work/atop.bin"
[ -f "$work/pcp.meta" ] && other_size "pmlogger -t 1sec" "$work"/pcp.{0,meta,index}
exit 0

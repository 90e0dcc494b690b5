#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All benches, as the tables of bench/RESULTS.md. usage: run.sh BUILD_DIR
cd "$(dirname "$0")/.." || exit 1
BUILD=$(cd "${1:-build}" && pwd) || exit 1
export BUILD
ninja -C "$BUILD" bench/bench_floor bench/bench_splice >/dev/null || exit 1
[ "$(id -u)" -eq 0 ] || {
	echo "bench: recording needs root (try: sudo make bench)" >&2
	exit 1
}
[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
echo "## Cost for the recorded"
bench/overhead.sh
echo
echo "## Cost for a guest"
ninja -C "$BUILD" bench/bench_kvm >/dev/null && bench/kvm.sh
echo
echo "## Profiles"
ninja -C "$BUILD" bench/bench_profile >/dev/null && bench/profile.sh
echo
echo "## Metrics"
ninja -C "$BUILD" bench/bench_metrics >/dev/null && bench/metrics.sh
echo "## Processes"
ninja -C "$BUILD" bench/bench_processes >/dev/null && bench/processes.sh
echo
echo "## Sealed journal"
ninja -C "$BUILD" bench/bench_journal >/dev/null && bench/journal.sh
echo
echo "## Size"
bench/size.sh
echo
echo "## Loss under saturation"
bench/loss.sh
echo
echo "## Reading"
bench/speed.sh
echo
bench/profile_speed.sh

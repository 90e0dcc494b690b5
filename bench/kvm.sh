#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What recording KVM events costs a guest that does nothing but leave: alone, and under each recorder, in turns. The figure is the median of
# the ratios of neighbours. usage: kvm.sh [PAIRS [RECORDER...]]
. "$(dirname "$0")/lib.sh"
need perf taskset
[ -w /dev/kvm ] || {
	echo "bench: no /dev/kvm, kvm.sh left out" >&2
	exit 0
}
pairs=${1:-11}
load=(taskset -c 1 "$build/bench/bench_kvm" "${LOOPS:-20000}")
names=("${@:2}")
[ "${#names[@]}" -gt 0 ] || names=(kymo-kvm kymo-perf-kvm perf-kvm-core kymo-kvm-all perf-kvm-all)
# What -e kvm takes.
core=()
for name in exit entry userspace_exit mmio pio msr hypercall halt_poll_ns vcpu_wakeup inj_virq inj_exception cpuid fpu; do
	core+=(-e "kvm:kvm_$name")
done

run() {
	case $1 in
	base) "${load[@]}" ;;
	kymo-kvm) "$kymo" record --engine bpf -e kvm -o "$work/k.kymo" -- "${load[@]}" ;;
	kymo-perf-kvm) "$kymo" record --engine perf -e kvm -o "$work/k.kymo" -- "${load[@]}" ;;
	kymo-kvm-all) "$kymo" record --engine bpf -e kvm-all -o "$work/k.kymo" -- "${load[@]}" ;;
	perf-kvm-core) perf record -q -a -m 8M "${core[@]}" -o "$work/p.data" -- "${load[@]}" ;;
	perf-kvm-all) perf record -q -a -m 8M -e 'kvm:*' -o "$work/p.data" -- "${load[@]}" ;;
	esac 2>"$work/err" | grep -E '^[0-9.]+$' | tail -n 1
}

for ((i = 0; i < pairs; i++)); do
	for name in "${names[@]}"; do
		a=$(run base)
		b=$(run "$name")
		[ -n "$a" ] && [ -n "$b" ] || {
			echo "bench: $name failed: $(cat "$work/err")" >&2
			continue
		}
		awk -v a="$a" -v b="$b" 'BEGIN { print b / a }' >>"$work/$name"
	done
	echo "pair $((i + 1)) of $pairs" >&2
done
printf '| recorder | slowdown: median of %d pairs [min-max] |\n|---|---|\n' "$pairs"
for name in "${names[@]}"; do
	printf '| %s | %s |\n' "$name" "$(spread <"$work/$name")"
done

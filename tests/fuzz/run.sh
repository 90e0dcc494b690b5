#!/bin/bash
# SPDX-License-Identifier: MIT
# Fuzz each target for a while: run.sh BUILD [SECONDS]. Inputs that break something stay in
# BUILD/tests/fuzz/found-NAME; make a test of them by putting them into tests/fuzz/corpus/NAME.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$1
seconds=${2:-60}
status=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
for target in "$build"/tests/fuzz/fuzz_*; do
	[ -x "$target" ] && [ -f "$target" ] || continue
	name=${target##*/fuzz_}
	work=$build/tests/fuzz/corpus-$name
	found=$build/tests/fuzz/found-$name
	mkdir -p "$work" "$found"
	case $name in
	recording) seeds=$build/tests/fuzz/seed.kymo ;;
	tracepoint | jitdump | perf_map | symbol_table) seeds= ;;
	elf_symbols | source_lines)
		seeds=$(ls "$build"/tests/fixtures/symbols/{pie,exported,mini})
		;;
	journal) seeds=$(ls tests/fixtures/journal/golden-1.0/*.kyj tests/fixtures/journal/*.witness) ;;
	key) seeds=$(ls tests/fixtures/journal/*.key tests/fixtures/journal/*.pub) ;;
	licence | perfcollector_journal) seeds= ;;
	perf_script) seeds=$(ls tests/fixtures/perf/*.txt) ;;
	*) seeds=$(ls tests/fixtures/perf/*.data tests/fixtures/perf/*.pipe) ;;
	esac
	# shellcheck disable=SC2086
	cp $seeds "$work/" 2>/dev/null
	[ ! -d "tests/fuzz/corpus/$name" ] || cp "tests/fuzz/corpus/$name"/* "$work/"
	echo "=== $name, $seconds s"
	"$target" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -max_len=1048576 \
		-print_final_stats=1 -artifact_prefix="$found/" "$work" 2>&1 |
		grep -E '^(stat::|SUMMARY|==|#.*DONE|artifact)' || true
	[ "${PIPESTATUS[0]}" -eq 0 ] || status=1
done
exit $status

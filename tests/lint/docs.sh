#!/bin/bash
# SPDX-License-Identifier: MIT
# Help and manual of every command: the same options, examples that work, pages that roff accepts.
. "$(dirname "$0")/files.sh"
kymo=${KYMO:?the program under test}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/kymo-docs-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
ln -s "$kymo" "$scratch/bin/kymo"
PATH="$scratch/bin:$PATH"
source=$PWD
fixture=tests/fixtures/demo.kymo
perf_data=tests/fixtures/perf/sched.data
perf_text=tests/fixtures/perf/sched.script.txt

commands=$(kymo help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ -n "$commands" ] || fail "kymo help lists no commands"

journal_of_perfcollector() {
	local keys=$source/tests/fixtures/journal
	kymo journal append --quiet "$scratch/sealed" "$source/tests/fixtures/perfcollector/small.jsonl" \
		--site 1 --site-name 'Evil Corp' -r "$keys/reader.pub"
	install -m 600 "$keys/reader.key" "$scratch/sealed.key"
	kymo journal export --quiet "$scratch/sealed" -k "$scratch/sealed.key" \
		--site 1 --site-name 'Evil Corp' --licence 6f37-6910-b2a0-e858-9657-f08d -o "$1"
}

# Give the words of an example that name an input a file to read.
provide_inputs() {
	local word output=false
	for word; do
		if $output; then
			output=false
			continue
		fi
		case $word in
		-o | --output) output=true ;;
		night.kymo) # with metrics
			kymo convert --quiet "$source/tests/fixtures/perfcollector/small.jsonl" -o "$scratch/$word"
			;;
		raw.kymo)
			kymo record --quiet --raw /proc/stat -I 10ms -d 30ms -o "$scratch/$word"
			;;
		*.kymo) cp "$source/$fixture" "$scratch/$word" ;;
		reader.key | reader.pub | issuer.key)
			install -m 600 "$source/tests/fixtures/journal/$word" "$scratch/$word"
			;;
		journal) # of perfcollector, encrypted
			journal_of_perfcollector "$scratch/$word"
			;;
		counts.csv) cp "$source/tests/fixtures/perfstat/whole.csv" "$scratch/$word" ;;
		*.csv) echo '1,,init,,,1,Init' >"$scratch/$word" ;;
		*.cdict) cp "$source/tests/fixtures/cdict/small.cdict" "$scratch/$word" ;;
		*.data) cp "$source/$perf_data" "$scratch/$word" ;;
		*.txt) cp "$source/$perf_text" "$scratch/$word" ;;
		esac
	done
}

run_example() {
	local line=$1 said
	local -a words
	# shellcheck disable=SC2206
	line=${line%% | *}
	line=${line%% > *}
	eval "words=($line)"
	case ${words[1]:-} in
	# What needs privileges or takes long is only parsed: --help is answered after parsing.
	record | stat) words=(kymo "${words[1]}" --help "${words[@]:2}") ;;
	*) provide_inputs "${words[@]:2}" ;;
	esac
	said=$(cd "$scratch" && "${words[@]}" 2>&1 >/dev/null </dev/null) ||
		fail "example does not work: $line: $said"
}

for command in $commands; do
	kymo help "$command" >"$scratch/help"
	kymo manual "$command" >"$scratch/man"
	help_options=$(sed -n '/^Options:/,/^$/p; /^Common options:/,/^$/p' "$scratch/help" |
		sed -n 's/^  \(-[a-zA-Z0-9], \|    \)\(--[a-z0-9-]*\).*/\2/p' | sort -u)
	man_options=$(sed 's/\\-/-/g' "$scratch/man" |
		sed -n '/^\.SH OPTIONS/,/^\.SH EXIT/p' |
		sed -n 's/.*\\fB\(--[a-z0-9-]*\)\\fR.*/\1/p' | sort -u)
	[ "$help_options" = "$man_options" ] ||
		fail "kymo $command: options of help and man page differ"
	head -n1 "$scratch/help" | grep -qE "^kymo $command: .+" || fail "kymo $command: no summary"
	grep -q '^Examples:' "$scratch/help" || fail "kymo $command: no examples"
	if command -v groff >/dev/null; then
		said=$(groff -man -Tutf8 -ww "$scratch/man" 2>&1 >/dev/null)
		[ -z "$said" ] || fail "kymo manual $command: groff says: $said"
	fi
	while read -r line; do
		run_example "$line"
	done < <(sed -n '/^Examples:/,$s/^  \(kymo .*\)/\1/p' "$scratch/help")
	grep -q "kymo $command" README.md || fail "README.md does not mention kymo $command"
done
verdict

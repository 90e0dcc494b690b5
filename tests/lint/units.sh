#!/bin/bash
# SPDX-License-Identifier: MIT
# The lists in the meson.build files: sorted, complete, and every source is in one of them.
. "$(dirname "$0")/files.sh"

# words FILE NAME: the words of a list or the keys of a dictionary in a meson.build.
words() {
	sed -n "/^$2 = [[{]/,/^[]}]/p" "$1" | sed -n "s/^[ \t]*'\([^']*\)'.*/\1/p"
}

# check_list FILE NAME FOUND: the list holds what was found.
check_list() {
	local word
	for word in $(comm -3 <(words "$1" "$2" | sort) <(printf '%s\n' $3 | sort)); do
		fail "$1: $2 and the files differ about '$word'"
	done
}

check_sorted() {
	words "$1" "$2" | LC_ALL=C sort -c 2>/dev/null || fail "$1: $2 is not sorted"
}

# described DIRECTORY TYPE [BEFORE [AFTER]]: the words with a descriptor TYPE_WORD in a file
# BEFOREWORDAFTER.c.
described() {
	local file word
	for file in $(grep -lE "^const struct $2 $2_[a-z0-9_]+ = \{" src/"$1"/*.c 2>/dev/null); do
		word=$(basename "$file" .c)
		word=${word#"${3:-}"}
		word=${word%"${4:-}"}
		# A word whose symbol the table has already takes an s.
		if grep -qE "^const struct $2 $2_${word}s? = \{" "$file"; then
			echo "$word"
		else
			echo "$word:descriptor-has-another-name"
		fi
	done
}

check_list src/analysis/meson.build analysis_words "$(described analysis analysis view_)"
check_list src/capture/meson.build engine_words "$(described capture engine '' _engine)"
check_list src/collect/meson.build collector_words "$(described collect collector '' _collector)"
check_list src/cmd/meson.build cmd_words "$(described cmd command '' _command)"
check_list src/export/meson.build export_words "$(described export exporter to_)"
check_list src/import/meson.build import_words "$(described import importer)"
check_list src/names/meson.build namer_words "$(described names namer '' _namer)"
check_list tests/cli/meson.build cli_tests \
	"$(ls tests/cli/*.sh | sed 's|.*/||; s/\.sh$//' | grep -vxE 'run|prelude')"
check_list bpf/meson.build bpf_words "$(ls bpf/*.bpf.c 2>/dev/null | sed 's|.*/||; s/\.bpf\.c$//')"
check_sorted src/analysis/meson.build analysis_words
check_sorted src/cmd/meson.build cmd_words
check_sorted src/export/meson.build export_words
check_sorted src/import/meson.build import_words
check_sorted src/names/meson.build namer_words
check_sorted tests/cli/meson.build cli_tests
check_sorted bpf/meson.build bpf_words

for file in $(files 'src/*/*.c'); do
	name=$(basename "$file" .c)
	word=${name#view_}
	word=${word#to_}
	word=${word%_engine}
	word=${word%_collector}
	word=${word%_namer}
	word=${word%_command}
	grep -qE "'($name(\.c)?|$word)'" "$(dirname "$file")/meson.build" ||
		fail "$file: is not in $(dirname "$file")/meson.build"
done
for file in $(files 'tests/unit/test_*.c'); do
	name=$(basename "$file" .c)
	grep -qE "'(${name#test_}|$name|$name\.c)'" tests/unit/meson.build ||
		fail "$file: is not in tests/unit/meson.build"
done
for name in $(files 'src/*/*.[ch]' | sed 's|.*/||' | sort | uniq -d); do
	fail "src: more than one file is called $name"
done
verdict

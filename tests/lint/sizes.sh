#!/bin/bash
# SPDX-License-Identifier: MIT
# Files of at most 1000 lines (600 is the aim), functions of at most 100 (60 is the aim).
. "$(dirname "$0")/files.sh"
list=$(files '*.c' '*.h' '*.js' '*.mjs' '*.css' '*.sh' '*.py')
for file in $list; do
	n=$(wc -l <"$file")
	if [ "$n" -gt 1000 ]; then
		fail "$file: $n lines (at most 1000)"
	elif [ "$n" -gt 600 ]; then
		echo "note: $file: $n lines (600 is the aim)"
	fi
done

# A function's body is what stands between a '{' and a '}' in the first column.
for file in $(printf '%s\n' $list | grep '\.[ch]$'); do
	while read -r at lines name; do
		if [ "$lines" -gt 100 ]; then
			fail "$file:$at: $name has $lines lines (at most 100)"
		else
			echo "note: $file:$at: $name has $lines lines (60 is the aim)"
		fi
	done < <(awk '
		/^[a-zA-Z_].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
		/^\{/ { start = NR }
		/^\}/ && start { if (NR - start > 61) print start, NR - start - 1, name; start = 0 }
	' "$file")
done
verdict

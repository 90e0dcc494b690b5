#!/bin/bash
# SPDX-License-Identifier: MIT
# Every #include "..." of src/ against layers.txt.
. "$(dirname "$0")/files.sh"
declare -A may
while IFS=: read -r layer allowed; do
	case $layer in
	'#'* | ' '* | '') ;;
	*) may[$layer]=" $layer $allowed " ;;
	esac
done <tests/lint/layers.txt

for file in $(files 'src/*/*.c' 'src/*/*.h'); do
	layer=${file#src/}
	layer=${layer%%/*}
	if [ -z "${may[$layer]:-}" ]; then
		fail "$file: layer '$layer' is not in tests/lint/layers.txt"
		continue
	fi
	while read -r header; do
		case $header in
		*.skel.h) from=bpf ;;
		viewer_assets.h) from=web ;;
		*/*) from=${header%%/*} ;;
		*) [ -f "bpf/$header" ] && from=bpf || from="(none: $header)" ;;
		esac
		case ${may[$layer]} in
		*" $from "*) ;;
		*) fail "$file: includes \"$header\", but $layer may not include $from" ;;
		esac
		if [ "$from" != bpf ] && [ "$from" != web ] && [ ! -f "src/$header" ]; then
			fail "$file: \"$header\" is not below src/"
		fi
	done < <(sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' "$file")
done
verdict

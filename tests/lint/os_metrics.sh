#!/bin/bash
# SPDX-License-Identifier: MIT
# The table of docs/formats/os_metrics.md is what the descriptors of the collectors say. With --update it is written.
. "$(dirname "$0")/files.sh"
kymo=${KYMO:?the program under test}
doc=docs/formats/os_metrics.md

table() {
	printf '| metric | kind | unit | of each | what |\n|---|---|---|---|---|\n'
	"$kymo" list collectors --json | sed -nE \
		-e 's/"default": "yes", "metric": "([^"]*)"/"metric": "\1 \*"/; s/"default": "no", //' \
		-e 's/.*"metric": "([^"]*)", "kind": "([^"]*)", "unit": "([^"]*)",( "bits": 64,)?( "bits": (32),)? "help": "([^"]*)", "of_each": "([^"]*)".*/| \1 | \2 \6 | \3 | \8 | \7 |/p' |
		sed 's/counter 32/counter, 32 bits/; s/  */ /g'
	printf '\n\\* in the default set.\n'
}

# The document with this table.
with_table() {
	sed '/^<!-- begin -->$/q' "$doc"
	table
	sed -n '/^<!-- end -->$/,$p' "$doc"
}

if [ "${1:-}" = --update ]; then
	with_table >"$doc.new" && mv "$doc.new" "$doc"
	exit
fi
[ "$(table | wc -l)" -gt 100 ] || fail "kymo list collectors gives no table"
while read -r line; do
	fail "$doc: $line"
done < <(diff <(with_table) "$doc" | grep '^[<>]')
for collector in $("$kymo" list collectors --json | sed -nE 's/.*"metric": "([a-z0-9]*)\..*/\1/p' | sort -u); do
	sed -n '/^## What is read how/,/^## All metrics/p' "$doc" | grep -qE "^\|.*\b$collector\b.*\|" ||
		fail "$doc: does not say what $collector reads"
done
verdict

#!/bin/bash
# SPDX-License-Identifier: MIT
# kymo record --metrics process, then show processes: a program that touches so many pages and sleeps so often, that the recorder
# starts; one row of it, with all that it did, by BPF, with /proc and taskstats, and without privileges (of what is there at a tick).
set -u
kymo=$(readlink -f "${KYMO:?the program under test}")
touch_pages=$(readlink -f "${1:?the program that is recorded}")
skip() {
	echo "SKIP: $*"
	exit 77
}
command -v python3 >/dev/null || skip "needs python3 to read JSON"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/kymo-processes-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
chmod 777 "$scratch"
cd "$scratch" || exit 1
bad=0
fail() {
	echo "FAIL: $*"
	bad=1
}
pages=20000
naps=50

# check NAME FILE: the program has one row, began and ended within, and did what it did.
check() {
	"$kymo" show processes "$2" -t '^touch_pages$' --json >"$2.json" || fail "$1: show processes"
	python3 - "$2.json" $pages $naps <<'PY' || fail "$1"
import json, sys
a = json.load(open(sys.argv[1]))
pages, naps = int(sys.argv[2]), int(sys.argv[3])
seconds = a["covered"] / 1e9
assert len(a["rows"]) == 1, a["rows"]
r = a["rows"][0]
assert r["ended"] == 1, r
assert r["minor_per_s"] * seconds > 0.9 * pages, r
assert r["voluntary_per_s"] * seconds > 0.9 * naps, r
assert 0 < r["cpu"] < 5e9, r
PY
}
try() {
	local name=$1
	shift
	"$@" "$kymo" record --metrics process --interval 10s -o "$name.kymo" -- "$touch_pages" $pages $naps 2>"$name.words" ||
		fail "$name: $(tail -n 1 "$name.words")"
	if grep -q 'is not seen' "$name.words"; then
		echo "no ends by $name: $(grep 'is not seen' "$name.words")"
	else
		check "$name" "$name.kymo"
	fi
}
try bpf
command -v setpriv >/dev/null && [ "$(id -u)" -eq 0 ] && try taskstats setpriv --bounding-set -sys_admin,-bpf,-perfmon

# What is there at a tick needs no privileges.
alone=()
[ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null && alone=(setpriv --reuid 65534 --regid 65534 --clear-groups)
"${alone[@]}" "$kymo" record --metrics process --interval 100ms -d 1s -o own.kymo 2>own.words || fail "as nobody: $(tail -n 1 own.words)"
"$kymo" show processes own.kymo -t '^kymo$' --csv >own.csv || fail "as nobody: show processes"
"$kymo" show processes own.kymo --by user --interval 500ms --json >own.json || fail "as nobody: --by user"
python3 - own.json <<'PY' || fail "as nobody: rows"
import json, sys
a = json.load(open(sys.argv[1]))
assert a["rows"] and all(r["time"] % 500000000 == 0 for r in a["rows"]), a["rows"]
PY
[ $bad -eq 0 ] && echo "ok"
exit $bad

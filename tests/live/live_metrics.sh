#!/bin/bash
# SPDX-License-Identifier: MIT
# Metrics of this machine, recorded by an ordinary user: all of them, without failure and without a word about
# privileges. TAP.
set -u
kymo=${KYMO:?the program under test}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/kymo-live-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
chmod 777 "$scratch"
as_user=()
if [ "$(id -u)" -eq 0 ]; then
	command -v setpriv >/dev/null || {
		echo "1..0 # SKIP needs setpriv to be an ordinary user"
		exit 0
	}
	cp "$kymo" "$scratch/kymo" # the build directory may be closed to others
	kymo=$scratch/kymo
	as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs)
fi
"${as_user[@]}" "$kymo" list collectors cpu.forks >/dev/null 2>&1 || {
	echo "1..0 # SKIP nobody may not run kymo here"
	exit 0
}
echo 1..5
n=0
ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}
# rows FILE TRACK
rows() {
	"$kymo" info "$1" | awk -v track="$2" '$1 == track { gsub(",", "", $4); print $4 }'
}

cd "$scratch" || exit 1
"${as_user[@]}" "$kymo" record --metrics=all -I 10ms -d 300ms -o all.kymo 2>all.words
ok $? "all metrics, as an ordinary user: $(tail -n1 all.words)"
# Of processes it says what only the superuser sees, and of serial lines, which nobody else may read.
"${as_user[@]}" "$kymo" record --metrics=all,-process,-thread,-serial -I 10ms -d 100ms -o most.kymo 2>all.words
! grep -qiE 'permission|denied|CAP_|sudo' all.words
ok $? "no word about privileges"
# 300 ms at 10 ms; a loaded machine may miss most of them.
series=$(rows all.kymo series)
values=$(rows all.kymo value)
[ "${series:-0}" -gt 200 ] && [ "${values:-0}" -ge $((3 * series)) ]
ok $? "${series:-no} series, ${values:-no} values"
"${as_user[@]}" "$kymo" record -q --metrics -I 1s -o own.kymo -- true 2>own.words
ok $? "around a command: $(cat own.words)"
[ "$(rows own.kymo value)" -ge $((2 * $(rows own.kymo series) - 20)) ]
ok $? "its begin and its end are ticks"

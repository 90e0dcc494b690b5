#!/bin/bash
# SPDX-License-Identifier: MIT
# kymo stat and record --counters: a program that touches so many pages and sleeps so often is counted right,
# and as perf stat counts it; as root and, for own commands, without privileges.
set -u
kymo=$(readlink -f "${KYMO:?the program under test}")
touch_pages=$(readlink -f "${1:?the program that is counted}")
skip() {
	echo "SKIP: $*"
	exit 77
}
[ "$(id -u)" -eq 0 ] || skip "counting the machine needs root"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/kymo-stat-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
cd "$scratch" || exit 1
"$kymo" stat -e page-faults -- true 2>words || skip "perf events are not allowed: $(head -n 1 words)"
bad=0
fail() {
	echo "FAIL: $*"
	bad=1
}
# count FILE EVENT: the number in a file of lines as of perf stat -x ,
count() { grep -E ",$2(:u)?," "$1" | cut -d , -f 1 | cut -d . -f 1; }
# near WHAT VALUE WANTED WITHIN
near() {
	[ "${2:--1}" -ge $(($3 - $4)) ] && [ "${2:--1}" -le $(($3 + $4)) ] || fail "$1 is ${2:-none}, not $3 +- $4"
}
events=page-faults,context-switches,task-clock
pages=20000
naps=50
"$kymo" stat -x , -o base.csv -e $events -- "$touch_pages" 0 0
"$kymo" stat -x , -o own.csv -e $events -- "$touch_pages" $pages $naps
near "page faults" "$(count own.csv page-faults)" $((pages + $(count base.csv page-faults))) 20
switches=$(count own.csv context-switches)
[ "$switches" -ge $naps ] || fail "$switches context switches in $naps naps"

if command -v perf >/dev/null && perf stat -x , -o perf.csv -e $events -- "$touch_pages" $pages $naps; then
	near "page faults beside perf stat's" "$(count own.csv page-faults)" "$(count perf.csv page-faults)" 20
else
	echo "no perf here to compare with"
fi

# Both a command's children, and what the machine counts.
"$kymo" stat -x , -o child.csv -e page-faults -- sh -c "'$touch_pages' $pages 0; '$touch_pages' $pages 0"
[ "$(count child.csv page-faults)" -ge $((2 * pages)) ] || fail "children are not counted: $(count child.csv page-faults)"
"$kymo" stat -a -x , -o all.csv -e page-faults -- "$touch_pages" $pages 0
[ "$(count all.csv page-faults)" -ge $pages ] || fail "the machine is not counted: $(count all.csv page-faults)"

# Over time, in a recording: rows of the window are the whole.
"$kymo" record --counters page-faults --interval 20ms -o c.kymo -- "$touch_pages" $pages $naps 2>/dev/null ||
	fail "record --counters"
faults=$("$kymo" show counters c.kymo --csv | grep ',page-faults,' | grep -oE 'CPUs,[0-9]+' | cut -d , -f 2)
[ "${faults:-0}" -ge $pages ] || fail "the recording has ${faults:-no} page faults"

# Per run slice, where BPF is allowed: all that the task did, and as long as the switches say that it ran.
if "$kymo" record --counters page-faults,task-clock --counters-per-slice -o s.kymo -- "$touch_pages" $pages $naps 2>words; then
	# of TASK EVENT: the count of a task by slices
	of() { "$kymo" show counters s.kymo --by task --task "^$1\$" --csv | grep ",$2," | grep -oE 'run slices,[0-9]+' | cut -d , -f 2; }
	faults=$(of touch_pages page-faults)
	# It was another program's child before it was one of its own.
	near "page faults by slices" "$faults" $((pages + $(count base.csv page-faults))) 100
	ran=$("$kymo" show tasks s.kymo --task '^touch_pages$' --json | tr '{,' '\n\n' | sed -nE 's/^ *"run": ([0-9]+).*/\1/p' | head -n 1)
	near "task-clock by slices (of ${ran:-no} ns run)" "$(of touch_pages task-clock)" "${ran:-0}" $((${ran:-0} / 100 + 100000))
else
	echo "counters per slice are not allowed here: $(tail -n 1 words)"
fi

# A process that runs already; the counters go on while it does.
"$touch_pages" 100 1000 &
pid=$!
"$kymo" stat -p $pid -x , -o pid.csv -e context-switches -d 200ms
kill $pid
wait $pid 2>/dev/null
[ "$(count pid.csv context-switches)" -ge 50 ] || fail "$(count pid.csv context-switches) context switches of a process in 200 ms"

# An ordinary user: own commands, user code; what happens in the kernel is told, not 0.
user() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
if user test -x "$kymo" && user test -x "$touch_pages"; then
	user "$kymo" stat -x , -e page-faults,context-switches -- "$touch_pages" $pages 0 2>user.csv
	near "page faults of an ordinary user" "$(count user.csv page-faults)" $((pages + $(count base.csv page-faults))) 60
	if [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -gt 1 ]; then
		grep -q '^<not supported>,,context-switches,' user.csv || fail "switches of an ordinary user are counted"
		user "$kymo" stat -a -d 10ms >out 2>words && fail "an ordinary user counts the machine"
		grep -qE 'CAP_PERFMON' words || fail "no way out in: $(cat words)"
	fi
fi
exit $bad

# SPDX-License-Identifier: MIT
# What record refuses, and what it says without privileges. Recording itself is in tests/live.
t kymo record --duration soon
t kymo record --engine ftrace
t kymo record -e dreams -d 1ms
t kymo record -e switch,kvm-some -d 1ms
t kymo record --flight 0
t kymo record -C 0-
t kymo record --nope -- true
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
	echo "without privileges: exit 1, a sentence, a way out"
	echo "kvm events without privileges: exit 1, a way out"
else
	chmod 755 . .. ../bin
	setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		"$(readlink -f "$(command -v kymo)")" record -d 10ms -o /dev/null >out 2>words
	status=$?
	if [ $status -eq 126 ] || [ $status -eq 127 ]; then
		skip "nobody may not run kymo from its build directory"
	fi
	printf 'without privileges: exit %d' $status
	[ "$(grep -c . words)" -le 3 ] && printf ', a sentence'
	grep -qE 'try|sudo|CAP_' words && printf ', a way out'
	echo
	setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		"$(readlink -f "$(command -v kymo)")" record -e kvm -d 10ms -o /dev/null >out 2>words
	printf 'kvm events without privileges: exit %d' $?
	grep -qE '^kymo: (kvm events: .*\(try: sudo\)|this kernel has no kvm events .*modprobe)' words && printf ', a way out'
	echo
fi
# Samples.
t kymo record --profile 999 -e switch,cyclse -d 1ms
t kymo record --profile 999 -e cpu-clock:z -d 1ms
t kymo record --profile 0 -d 1ms
t kymo record --profile 99 --period 1000 -d 1ms
t kymo record --profile 99 --call-graph dwarf,tea -d 1ms
t kymo record --profile 99 --call-graph tea -d 1ms
t kymo record --call-graph fp -d 1ms
t kymo record --profile 99 --comm sh -d 1ms

#!/bin/bash
# SPDX-License-Identifier: MIT
# What `make demo` shows: five seconds of this machine under some load, as a recording, tables and
# a page. Where recording is not allowed, the fixture recording stands in.
set -u
cd "$(dirname "$0")/.." || exit 1
kymo=$1/src/cmd/kymo
recording=demo.kymo
page=demo.html

# Something to look at: pipelines that sleep, wake each other and burn CPU, in a process group of
# their own.
start_load() {
	set -m
	(
		exec >/dev/null 2>&1
		while :; do yes | head -c 100M | tr y n | cat; sleep 0.4; done &
		while :; do find /usr/lib /usr/share -type f | sort | md5sum; done &
		for pause in 0.005 0.02 0.1; do
			while :; do sleep $pause; done &
		done
		while :; do head -c 20M /dev/urandom | gzip -1 | wc -c; sleep 0.3; done &
		wait
	) &
	load=$!
	set +m
}

stop_load() {
	kill -- "-$load" 2>/dev/null
	wait "$load" 2>/dev/null
}

record() {
	echo "recording this machine for 5 s ..."
	start_load
	trap stop_load EXIT
	"$@" record -d 5s -o $recording
	status=$?
	stop_load
	trap - EXIT
	return $status
}

rm -f $recording $page
if ! record "$kymo"; then
	if [ "$(id -u)" -ne 0 ] && sudo -n true 2>/dev/null; then
		echo "trying again with sudo"
		record sudo -n "$kymo"
	fi
fi
if [ ! -s $recording ]; then
	echo
	echo "recording is not possible here; what this machine allows (kymo doctor):"
	"$kymo" doctor
	recording=$(ls tests/fixtures/demo.kymo tests/fixtures/*.kymo 2>/dev/null | head -n1)
	[ -n "$recording" ] || exit 1
	echo
	echo "using the recording $recording instead"
fi

set -e
echo
"$kymo" info "$recording"
echo
"$kymo" show tasks "$recording" --top 12
echo
"$kymo" show latency "$recording" --worst 5
"$kymo" report "$recording" -o $page
echo
echo "recording: $PWD/$recording ($(stat -c %s "$recording") bytes)"
echo "dashboard: $PWD/$page ($(stat -c %s $page) bytes; open it in a browser)"

# SPDX-License-Identifier: MIT
# What every machine has: software events, whether hardware ones are there or not; and what is refused.
t kymo list events cpu-clock
t kymo list events cgroup-sw --json
t kymo list events 'cpu-mig*'
t kymo list events no-such-event-anywhere
t kymo list collectors 'load.*'
t kymo list collectors cpu.forks --json
t kymo list collectors 'disk.*ed' --csv
t kymo list collectors dreams
t kymo list
t kymo list dreams
t kymo list events a b

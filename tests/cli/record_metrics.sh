# SPDX-License-Identifier: MIT
# Metrics: what is refused, and what is in the recording of an instant. What a machine has differs, so that
# only what every Linux has is looked at.
echo '$ kymo record --metrics=dreams -d 1ms'
kymo record --metrics=dreams -d 1ms 2>&1 | sed 's/default, all, .*/default, all, .../'
echo "exit ${PIPESTATUS[0]}"
t kymo record --metrics=cpu,-cpu -d 1ms
t kymo record --metrics=all:x -d 1ms
t kymo record --metrics=disk: -d 1ms
t kymo record --metrics -I 1ms -d 1ms

# record ARGS: without the numbers of the last line, and of what this machine lacks.
record() {
	printf '$ kymo record %s\n' "$*"
	kymo record "$@" 2>&1 | sed -E 's/[0-9][0-9.,]*k?( (samples|series|values|KiB|bytes.value))/N\1/g; s/[0-9.]* m?s of own/N of own/; s/in [0-9]* ticks( \([0-9]* came too late\))?/in N ticks/; s/USR1 [0-9]*/USR1 N/' |
		grep -v "^kymo: no metrics .*(no '"
}
record --metrics=load,cpu:switches -I 10ms -d 50ms -o m.kymo
record --metrics=cpu,load:dreams -I 10ms -d 20ms -o n.kymo
# Tracks: name, and whether there are as many rows as there must be at least.
kymo info m.kymo --json | grep -E '"(metric|series|value)"' | sed -E 's/"(rows|blocks|bytes)": ([0-9]+)/"\1": N/g' | cut -c1-60
record --metrics=load --flight 10s -I 10ms -d 50ms -o f.kymo
kymo info f.kymo | grep -c -E '^(metric|series|value) '
# Around a command, with its exit status.
record --metrics=load -I 10ms -o c.kymo -- sh -c 'exit 3'
kymo record -q --metrics=load -o d.kymo -- sh -c 'exit 3'
echo "exit $?"
# Raw files, and what is in them: the numbers of context switches are those of the texts.
kymo record -q --raw /proc/stat,/proc/loadavg -I 10ms -d 50ms -o r.kymo
record --metrics=load -I 10ms -d 20ms -o l.kymo >/dev/null
t kymo convert r.kymo -o s.kymo
t kymo convert l.kymo --metrics all -o s.kymo
t kymo convert r.kymo --metrics nfs -o s.kymo
t kymo convert r.kymo --metrics dreams -o s.kymo 2>&1 | sed 's/default, all, .*/default, all, .../'
t kymo convert r.kymo --metrics all -o s.csv
ls s.* 2>/dev/null
kymo convert -q r.kymo --metrics cpu:switches,load -o s.kymo
kymo convert -q s.kymo --to-format csv -o - | awk -F, '$2 == "cpu.switches" { print $6 }' >parsed
kymo convert -q r.kymo --to-format perfcollector-json -o - | grep -o 'ctxt [0-9]*' | sed 's/ctxt //' >texts
[ -s texts ] && cmp parsed texts && echo "the same"
t kymo convert s.kymo --metrics all -o again.kymo

# SPDX-License-Identifier: MIT
# Foreign files to recordings: every fixture, forced formats, pipes, what cannot be read.
events() {
	kymo info "$1" --json | grep -oE '"(events|complete)": *[a-z0-9]+' | tr '\n' ' '
	echo
}
for file in "$FIXTURES"/perf/*.data "$FIXTURES"/perf/*.pipe "$FIXTURES"/perf/*.txt; do
	name=$(basename "$file")
	kymo convert --quiet "$file" -o "$name.kymo"
	printf '%s: exit %d, ' "$name" $?
	events "$name.kymo"
done
cat "$FIXTURES/perf/sched.pipe" | kymo convert --quiet - -o piped.kymo
printf 'through a pipe: exit %d, ' $?
events piped.kymo
kymo show tasks sched.data.kymo --csv --quiet >a
for other in sched-be.data sched-z.data sched.pipe sched-be.pipe; do
	kymo show tasks "$other.kymo" --csv --quiet | cmp - a && echo "$other: the same tasks"
done
head -c 20000 "$FIXTURES/perf/sched.data" >cut.data
kymo convert cut.data -o cut.kymo 2>words
echo "cut: exit $?"
grep -q "cut.data" words && grep -qE '[0-9]{4,}' words && echo "says which file and where"
echo "no trace at all" >text
t kymo convert text -o x.kymo
t kymo convert absent -o x.kymo
t kymo convert --from-format nothing text -o x.kymo
t kymo convert text
t kymo convert
cp "$FIXTURES/demo.kymo" a.kymo
t kymo convert a.kymo -o x.kymo

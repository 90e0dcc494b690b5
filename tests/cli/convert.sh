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
echo "--- a file that was there stays when its successor fails"
kymo convert --quiet "$FIXTURES/perf/sched.data" -o good.kymo
cp good.kymo kept.kymo
for out in kept.cdict kept.script.txt; do
	echo "earlier" >$out
done
# A file may have 1 KiB: the writer fails in the middle, or is killed there.
for out in kept.kymo kept.cdict kept.script.txt; do
	from=$FIXTURES/demo.kymo
	[ $out = kept.kymo ] && from=$FIXTURES/perf/sched.data
	cp $out was
	(trap '' XFSZ && ulimit -f 1 && kymo convert --quiet "$from" -o $out) 2>words
	echo "$out: exit $?, $(cat words)"
	(ulimit -c 0 -f 1 && kymo convert --quiet "$from" -o $out; true) 2>/dev/null
	cmp $out was && echo "as before"
done
echo 'not,a,map,of,names' >map.csv
cp good.kymo kept.kymo
cp "$FIXTURES/perf/sched.data" .
t kymo convert sched.data --map map.csv -o kept.kymo
t kymo convert text -o kept.kymo
cmp kept.kymo good.kymo && echo "as before"
ls -A | grep kept
echo "--- where it goes"
ln -s folder/real link
mkdir folder
kymo convert --quiet good.kymo --to-format cdict -o link
ls folder
kymo convert --quiet good.kymo --to-format cdict -o - | cmp - folder/real && echo "standard output"
kymo convert --quiet good.kymo --to-format cdict -o /dev/stdout | cmp - folder/real && echo "/dev/stdout"
kymo convert --quiet good.kymo --to-format cdict -o /dev/stdout >redirected
cmp redirected folder/real && echo "/dev/stdout, redirected"
mkfifo pipe
cat pipe >through &
kymo convert --quiet good.kymo --to-format cdict -o pipe
wait && cmp through folder/real && [ -p pipe ] && echo "a named pipe"

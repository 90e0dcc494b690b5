# SPDX-License-Identifier: MIT
# cdict files in and out, the charts that perfwhiz drew of them, and the .stats text.
command -v python3 >/dev/null || skip "no python3 for a decoder that knows nothing of kymo"
cp "$FIXTURES"/cdict/*.cdict .
decode() {
	python3 "$FIXTURES/cdict/decode.py" "$1"
}
t decode small.cdict
t kymo convert small.cdict -o small.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'
for file in small small-bin; do
	kymo convert --quiet "$file.cdict" -o "$file.kymo"
	kymo convert --quiet "$file.kymo" -o "$file.out" --to-format cdict
	decode "$file.out" >"$file.rows"
	decode small.cdict | cmp - "$file.rows" && echo "$file: the same rows out of a recording"
done
kymo convert --quiet small.cdict --to-format cdict -o - | cmp - small.out && echo "through a pipe too"
t kymo convert --quiet runtime.cdict -o runtime.out --to-format cdict
t decode runtime.out
t kymo convert --quiet small.kymo -o part.cdict --from 400us --for 300us
t decode part.cdict
t kymo show perfwhiz small.cdict --task '^(Router|web)'
t kymo show perfwhiz small.kymo --chart cpu --csv --quiet --task '^(Router|web)' --from 400us --for 300us
t kymo show perfwhiz small.kymo --chart exits --csv --quiet
t kymo show perfwhiz small.kymo --chart list --csv --quiet
t kymo show switches small.kymo --csv --quiet
kymo convert --quiet "$FIXTURES/demo.kymo" -o demo.cdict && decode demo.cdict >rows
echo "demo: exit $?, $(grep -c sched_switch rows) switches"
t kymo convert --quiet small.kymo -o small.stats
t cat small.stats
kymo convert --quiet "$FIXTURES/demo.kymo" --to-format stats --merge -o - | sed -n '2,4p' | cut -c1-72
kymo convert --quiet "$FIXTURES/perf/kvm-6.18.data" --to-format stats -o - | sed -n '/Analyze/,$p'

# What cannot be.
t kymo convert marshal.cdict -o x.kymo
head -c 200 small.cdict >cut.cdict
t kymo convert cut.cdict -o x.kymo
t kymo convert small.kymo -o x --to-format nothing
t kymo convert small.kymo -o x.cdict --merge
t kymo convert small.kymo -o x.stats --first-names
t kymo convert small.cdict -o x.kymo --from 1s
t kymo convert small.kymo -o x.cdict --from 1h
t kymo convert small.kymo -o missing/x.cdict
test -e x.cdict || echo "nothing is left behind"

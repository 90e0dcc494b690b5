# SPDX-License-Identifier: MIT
# Profiles in the formats of other tools, out and in.
cp "$FIXTURES"/profiles/* "$FIXTURES/demo.kymo" .
t kymo convert small.folded -o small.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'
t kymo convert small.kymo -o back.folded
LC_ALL=C sort small.folded | cmp - back.folded && echo "the same stacks"
kymo convert --quiet small.folded -o first.pb.gz
kymo convert --quiet first.pb.gz -o pprof.kymo
kymo convert --quiet pprof.kymo -o second.pb.gz && cmp first.pb.gz second.pb.gz && echo "the same profile"
kymo convert --quiet second.pb.gz --to-format folded -o - | cmp - back.folded && echo "the same stacks again"
t kymo convert inlined.pb.gz -o inlined.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'
t kymo convert --quiet inlined.kymo --to-format folded -o -
t kymo convert --quiet inlined.kymo --to-format folded -o - --event cpu
t kymo convert --quiet inlined.kymo --to-format script -o - --event cpu --task work
t kymo convert --quiet small.kymo --to-format folded -o - --task '^worker'
t kymo convert --quiet small.kymo --to-format speedscope -o - --task '^worker'
kymo convert --quiet small.kymo -o a.firefox.json && tail -c 200 a.firefox.json | head -c 100 >/dev/null && echo "firefox"
kymo convert --quiet demo.kymo --to-format script -o demo.script.txt
head -n 3 demo.script.txt
kymo convert demo.script.txt -o again.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'
kymo convert --quiet demo.kymo -o demo.perfetto-trace && test -s demo.perfetto-trace && echo "perfetto"

# What cannot be.
t kymo convert demo.kymo -o x.folded
t kymo convert small.kymo -o x.folded --event cycles
t kymo convert small.kymo -o x.perfetto --merge
t kymo convert small.kymo -o x.stats --event samples
t kymo convert small.folded -o x.kymo --event samples
head -c 150 inlined.pb.gz >cut.pb.gz
t kymo convert cut.pb.gz -o x.kymo
printf 'a;b 1\nno stack\n' >bad.folded
t kymo convert bad.folded -o x.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'

# SPDX-License-Identifier: MIT
# One page, without network, from one or more recordings.
cp "$FIXTURES/demo.kymo" x.kymo
kymo convert --quiet "$FIXTURES/perf/sched.data" -o y.kymo
kymo report x.kymo -o one.html >words
echo "one run: exit $?"
kymo report x.kymo y.kymo --title 'Two <runs>' -o two.html >>words
echo "two runs: exit $?"
kymo report x.kymo >>words
echo "default name: exit $?, $(ls x.html)"
sed 's/[0-9.]* [KM]iB/SIZE/' words
grep -c "Content-Security-Policy" one.html
grep -oE "default-src '[a-z]*'" one.html
grep -oE '<(script|link|img)[^>]* (src|href)=' one.html two.html
grep -o '<title>[^/]*</title>' two.html
t kymo report
t kymo report absent.kymo -o a.html
t kymo report x.kymo -o /nowhere/a.html
[ ! -e a.html ] && echo "nothing is left of a page that failed"
echo earlier >kept.html
(trap '' XFSZ && ulimit -f 100 && kymo report x.kymo -o kept.html)
echo "a full disk: exit $?, $(cat kept.html), $(ls -A | grep -c kept.html)"
echo "--- how it opens, and what of the runs it holds"
kymo report x.kymo y.kymo --from 1s --for 500ms --view latency --views latency,tasks --task vcpu --diff -o cut.html 2>&1
echo "beyond the end of the shorter: exit $?"
kymo report x.kymo --from 1s --for 500ms --view latency --views latency,tasks --task vcpu -o cut.html | sed 's/[0-9.]* [KM]iB/SIZE/'
[ "$(stat -c %s cut.html)" -lt "$(stat -c %s one.html)" ] && echo "a window makes a smaller page"
t kymo report x.kymo --view nothing -o a.html
t kymo report x.kymo --views tasks,nothing -o a.html
t kymo report x.kymo --views , -o a.html
t kymo report x.kymo --view latency --views tasks -o a.html
t kymo report x.kymo --task '(' -o a.html
t kymo report x.kymo --for 0 -o a.html
[ ! -e a.html ] && echo "nothing was written"

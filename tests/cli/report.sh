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

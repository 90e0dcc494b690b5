# SPDX-License-Identifier: MIT
# kymo run: the words of commands, failures, what is printed. Figures differ from run to run and are
# made N; what they say is tested in tests/unit.
figures() {
	sed -E 's/[0-9]+(\.[0-9]+)?( (ns|us|ms|s|B|KiB|MiB|GiB|%))?/N/g; s/[+-]N/N/g; s/  +/  /g' |
		grep -vE '^note: (others|peak memory|the hypervisor|CPU freq|[A-Z]: N of)|^  can be seen'
}
words() {
	grep -vE '^kymo: (others|the hypervisor|CPU freq|peak memory|[A-Z]: [0-9])'
}

t kymo run
t kymo run --
t kymo run -- true --vs
t kymo run -- true --vs --
t kymo run --vs -- --vs
t kymo run -r 0 -- true
t kymo run -r 3 --json --csv -- true
t kymo run --label nothing -- true
t kymo run -e no-such-event -- true
t kymo run -r 3 -- ./no-such-program
t kymo run --input no-such-file -- true
t kymo run --output no/such/folder/x -- true
t kymo run -q -r 2 -- sh -c 'exit 3'

echo '# one command; then the same words with and without the second "--"'
kymo run -r 4 --warmup 1 -- true | figures | sed -n '1,7p'
for vs in '--vs --' '--vs'; do
	# shellcheck disable=SC2086
	kymo run -r 2 --csv -- echo a $vs echo b 2>/dev/null | cut -d, -f1,2,3,4 | head -n 3
done
echo '# with itself'
kymo run -r 2 --vs --csv -- true 2>/dev/null | grep -v ^rss | cut -d, -f2 | sort | uniq -c | sed 's/^ *//'

echo '# order, output, input, environment, no shell'
echo read >input
NAME=value kymo run -q -r 2 --output out --input input -- sh -c 'echo A $NAME $0; cat' '*' \
	--vs -- echo B '$NAME' >answer
cat out
kymo run -q -r 1 --output inherit -- echo told 2>&1 >answer
kymo run -q -r 1 --output inherit -- cat >answer 2>&1; grep -c . answer >/dev/null && echo 'stdin is empty'

echo '# a recording and its rows'
kymo run -r 3 -w 1 -e page-faults,task-clock -o x.kymo --label why=test -- sh -c 'exit 4' 2>&1 | words
kymo run -i -r 3 -w 1 -o x.kymo --label why=test -- sh -c 'exit 4' --vs -- true 2>&1 >answer | words
kymo show results x.kymo --runs --csv 2>words | cut -d, -f1,2,3,13
words <words
kymo show results x.kymo --json 2>/dev/null | figures | sed -n '/"columns"/,/"name": "mean"/p' | grep -E '"(name|unit)"'
kymo info x.kymo | grep -E 'label|workload' | sed 's/  */ /g'
kymo convert -q x.kymo -o x.csv && cut -d, -f1-3,13 x.csv | head -n 3
echo '# two recordings'
cp x.kymo y.kymo
kymo show results x.kymo y.kymo --csv 2>/dev/null | cut -d, -f1-4 | head -n 6
t kymo show results x.kymo y.kymo --runs

echo '# a signal ends it with what is there'
kymo run -r 100000 --csv --output ticks -- echo tick >answer 2>words &
pid=$!
until [ -e ticks ] && [ "$(grep -c tick ticks)" -gt 5 ]; do :; done
kill -INT $pid
wait $pid
echo "exit $?"
grep -c '^wall,A,ns,' answer
words <words | sed -E 's/[0-9]+/N/'

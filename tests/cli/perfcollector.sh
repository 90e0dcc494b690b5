# SPDX-License-Identifier: MIT
# Captures of perfcollector and of its successor.
cp "$FIXTURES"/perfcollector/*.json* .
rows() {
	kymo info "$1" --json | sed -nE 's/.*"track": "(metric|series|value|raw)".*"rows": ([0-9]+).*/\1 \2/p'
}
t kymo convert small.jsonl -o small.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'
rows small.kymo
t kymo convert small.jsonl --stream 1:1:0 -o other.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'
rows other.kymo
t kymo convert small.jsonl --stream 2:0:0 -o none.kymo
t kymo convert later.json -o later.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'
rows later.kymo
head -c 3000 small.jsonl >cut.jsonl
t kymo convert cut.jsonl -o cut.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'
{ head -n 3 small.jsonl; echo 'rubbish {"Site": "one"} {"Site": 1, ]}'; tail -n 3 small.jsonl; head -n 1 small.jsonl; } >odd.jsonl
t kymo convert odd.jsonl -o odd.kymo 2>&1 | sed 's/, [0-9.]* KiB, in .*//'
kymo convert --quiet small.kymo --to-format perfcollector-json -o back.jsonl
t head -c 300 back.jsonl
echo
kymo convert --quiet back.jsonl -o again.kymo && kymo convert --quiet again.kymo --to-format perfcollector-json -o - | cmp - back.jsonl && echo "the same records again"
t kymo convert later.kymo --to-format perfcollector-json -o - --quiet | cut -c1-120
cp "$FIXTURES/demo.kymo" .
t kymo convert demo.kymo --to-format perfcollector-json -o none.jsonl --quiet
# Until it is stopped: its first round.
kymo perfcollector_script >own.jsonl &
pid=$!
until [ "$(wc -l <own.jsonl)" -ge 4 ] || ! kill -0 $pid; do :; done 2>/dev/null
kill $pid
wait $pid 2>/dev/null
grep -oE '^.{35}|"System":"[^"]*"' own.jsonl | paste - -
t kymo convert own.jsonl -o own.kymo --quiet
rows own.kymo | tail -n 1
t kymo perfcollector_script now
show_folder() {
	(cd "$1" && find . -type f | LC_ALL=C sort | while read -r file; do echo "== $file" && cat "$file"; done)
}
t kymo convert --quiet small.jsonl --to-format perfcollector-csv -o csv
show_folder csv
t kymo convert --quiet small.jsonl --to-format perfcollector-csv -o csv-old --compat perfjournal
show_folder csv-old
t kymo convert --quiet later.json --to-format perfcollector-csv -o csv-later --compat successor
show_folder csv-later
t kymo convert --quiet small.jsonl --to-format perfcollector-csv -o csv --compat sar
t kymo convert --quiet small.jsonl --to-format perfcollector-csv -o -
t kymo convert --quiet small.jsonl --to-format perfcollector-csv -o small.jsonl.copy/csv
t kymo convert --quiet small.jsonl --to-format perfcollector-json -o - --compat perfjournal
t kymo convert --quiet demo.kymo --to-format perfcollector-csv -o none
test -e none || echo "no folder without rows"
echo "--- files of an earlier folder stay when their successors fail"
cp -r csv was
(trap '' XFSZ && ulimit -f 0 && kymo convert --quiet small.jsonl --to-format perfcollector-csv -o csv) 2>&1 | sed -E "s/'[^']*'/FILE/"
echo "exit ${PIPESTATUS[0]}"
diff -r csv was && echo "as before"

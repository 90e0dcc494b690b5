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

# SPDX-License-Identifier: MIT
# kymo journal show --metric: values out of sealed blocks, those that kymo convert makes of the recording.
export HOME=$PWD
install -m 600 "$FIXTURES"/journal/reader.key .
cp "$FIXTURES"/journal/reader.pub .
kymo convert -q "$FIXTURES"/perfcollector/small.jsonl -o a.kymo
kymo journal append -q j a.kymo "$FIXTURES"/perfcollector/small.jsonl --site 1 --site-name 'Evil Corp' -r reader.pub

show() { t kymo journal show j -k reader.key "$@" 2>&1 | sed -E 's/^( *1 +0 +)[0-9a-f]{16}/\1RUN             /; s/^1,0,[0-9a-f]{16},/1,0,RUN,/; s/"run": "[0-9a-f]{16}"/"run": "RUN"/'; }
show --metric 'cpu.user' --csv
show --metric eth0 --from 2026-01-10T18:06:12 --json | head -n 4
show --metric 'memory.*' --host 2
show --metric 'cpu.switches'
show --metric dreams
# All of them, by name, thing, CPU and value.
kymo journal show j -k reader.key --metric '*' --csv | awk -F, 'NR > 1 && $5 { print $4 "," $5 "," $6 "," $7 "," $8 }' | sort >journal
kymo convert -q a.kymo --to-format csv -o - | awk -F, 'NR > 1 { print $1 "," $2 "," $3 "," $4 "," $7 }' | sort >convert
wc -l <convert
diff journal convert && echo "the same"
echo "--- what does not go together"
t kymo journal show j -k reader.key --metric 'cpu.*' --track value
t kymo journal show j -k reader.key --metric 'cpu.*' --records
t kymo journal show j --metric 'cpu.*'

# SPDX-License-Identifier: MIT
# perfjournal: journals and captures of perfcollector as JSON and CSV.
export HOME=$PWD/home
mkdir home
cp "$FIXTURES"/perfcollector/small.jsonl .
cp "$FIXTURES"/journal/reader.{key,pub} .
chmod 600 reader.key
ln -s "$(command -v kymo)" perfjournal
licence=6f37-6910-b2a0-e858-9657-f08d
# A journal of these records.
kymo journal append --quiet j small.jsonl --site 1 --site-name 'Evil Corp' -r reader.pub
kymo journal export --quiet j -k reader.key --site 1 --site-name 'Evil Corp' --licence $licence -o journal

echo "--- JSON"
t ./perfjournal --siteid 1 --sitename 'Evil Corp' --license $licence --input journal --mode json --output out.json
./perfjournal -siteid=1 -sitename='Evil Corp' -license=$licence -input=journal -mode=json -output=- | cmp - out.json && echo "the same with one dash, to stdout"
./perfjournal --siteid 1 --input small.jsonl --mode json --output - | cmp - out.json && echo "the same from clear text"
wc -l <out.json
cut -c1-150 out.json | head -n 2
t ./perfjournal --siteid 1 --input small.jsonl --mode json --output again.json -v 2>&1 | sed 's/ in .*/ in TIME/'

echo "--- wrong keys and damage; nothing is written"
t ./perfjournal --siteid 2 --sitename 'Evil Corp' --license $licence --input journal --mode json --output none
t ./perfjournal --siteid 1 --sitename 'evil corp' --license $licence --input journal --mode json --output none
t ./perfjournal --siteid 1 --sitename 'Evil Corp' --license 6f37-6910-b2a0-e858-9657-f08e --input journal --mode json --output none
t ./perfjournal --siteid 1 --sitename 'Evil Corp' --license $licence --input small.jsonl --mode json --output none
mkdir nothing
t ./perfjournal --siteid 1 --sitename 'Evil Corp' --license 6f37-6910-b2a0-e858-9657-f08e --input journal --output nothing
t ./perfjournal --siteid 2 --sitename 'Evil Corp' --license $licence --input journal --output nothing
find nothing -type f | wc -l
flip journal 100
t ./perfjournal --siteid 1 --sitename 'Evil Corp' --license $licence --input journal --mode json --output some.json
wc -l <some.json
head -c 1000 small.jsonl >cut.jsonl
t ./perfjournal --siteid 1 --input cut.jsonl --mode json --output none
test -e none || echo "no file"

echo "--- kymo convert"
kymo journal export --quiet j -k reader.key --site 1 --site-name 'Evil Corp' --licence $licence -o whole
kymo convert --quiet whole -o whole.kymo --site 1 --site-name 'Evil Corp' --licence $licence
kymo convert --quiet small.jsonl -o clear.kymo
for f in whole clear; do kymo convert --quiet $f.kymo --to-format perfcollector-json -o $f.txt; done
cmp whole.txt clear.txt && echo "as from clear text"
t kymo convert --quiet whole -o no.kymo --site 2 --site-name 'Evil Corp' --licence $licence
t kymo convert --quiet whole -o no.kymo --site 1 --site-name 'evil corp' --licence $licence
t kymo convert --quiet whole -o no.kymo --site 1 --site-name 'Evil Corp' --licence 6f37-6910-b2a0-e858-9657-f08e
t kymo convert --quiet small.jsonl -o no.kymo --site 1 --site-name 'Evil Corp' --licence $licence
t kymo convert --quiet journal -o some.kymo --site 1 --site-name 'Evil Corp' --licence $licence
kymo convert --quiet some.kymo --to-format perfcollector-json -o - | wc -l
t kymo convert --quiet whole -o no.kymo --licence $licence
t kymo convert --quiet whole -o no.kymo --site 1
t kymo convert --quiet whole -o no.json --site 1 --site-name 'Evil Corp' --licence $licence --to-format perfcollector-json
ls no.* 2>/dev/null

echo "--- CSV"
mkdir csv
t ./perfjournal --siteid 1 --input small.jsonl --output csv
(cd csv && find . -type f | LC_ALL=C sort | while read -r file; do echo "== $file" && cat "$file"; done)
cat >cards <<'C'
{"Site":1,"Host":0,"Run":0,"Measurement":{"Timestamp":"2026-01-10T18:00:00Z","Start":"0001-01-01T00:00:00Z","Duration":0,"Frequency":0,"System":"/sys/class/net/eth0/duplex","Measurement":"full\n"}}
{"Site":1,"Host":0,"Run":0,"Measurement":{"Timestamp":"2026-01-10T18:00:00Z","Start":"0001-01-01T00:00:00Z","Duration":0,"Frequency":0,"System":"/sys/class/net/eth0/speed","Measurement":"1000\n"}}
C
t ./perfjournal --siteid 1 --input small.jsonl --output csv --cache cards
grep eth0 csv/proc/net/dev
t ./perfjournal --siteid 2 --input small.jsonl --output csv
t ./perfjournal --siteid 1 --input small.jsonl --output absent

echo "--- configuration and usage"
mkdir home/.perfjournal
cat >home/.perfjournal/perfjournal.conf <<'C'
# a comment
[section]
siteid = 1
input=small.jsonl ; the capture
mode=json
C
./perfjournal --output - | cmp - out.json && echo "the same by the configuration"
echo 'mode csv' >bad.conf
t ./perfjournal -C bad.conf
echo 'colour=red' >bad.conf
t ./perfjournal -C bad.conf
rm -r home/.perfjournal
t ./perfjournal
t ./perfjournal --siteid 1 --input small.jsonl
t ./perfjournal --siteid 1 --input small.jsonl --output - --mode xml
t ./perfjournal --siteid 1 --input absent --output - --mode json
t ./perfjournal now
t ./perfjournal -V

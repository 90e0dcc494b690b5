# SPDX-License-Identifier: MIT
# Sealed journals from end to end. Ids, keys, times of now are not shown.
tame() {
	sed -E 's/[0-9a-f]{4}(-[0-9a-f]{4}){5,8}/ID/g; s/[A-Za-z0-9+\/]{43}=/KEY/g; s/20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]*Z/TIME/g'
}
s() {
	local status
	printf '$ %s\n' "$*"
	"$@" 2>&1 | tame
	status=${PIPESTATUS[0]}
	[ "$status" -eq 0 ] || printf '[exit %d]\n' "$status"
}
cp "$FIXTURES"/demo.kymo "$FIXTURES"/golden-1.0.kymo "$FIXTURES"/perfcollector/small.jsonl .

echo "--- keys"
s kymo key new own.key --site 1 --name 'Evil Corp'
s kymo key export own.key -o own.pub
s kymo key new other.key --site 2 --name Other
stat -c %a own.key own.pub

echo "--- a vendor-sealed journal: the site has no secret"
s kymo journal append j demo.kymo
test -e j || echo "nothing was made"
s kymo journal append j demo.kymo --site 1 --site-name 'Evil Corp' -r own.pub -w seen
s kymo journal append j golden-1.0.kymo --host 2 -w seen
s kymo journal append j small.jsonl -w seen
s kymo journal verify j
s kymo journal verify j -w seen --json
s kymo journal keys j
s kymo journal keys j -k own.key --json
s kymo journal show j
s kymo journal list j --segments --csv

echo "--- reading"
s kymo journal list j -k own.key
s kymo journal list j -k own.key --host 2 --csv
s kymo journal list j -k own.key --from 2026-11-21T03:58 --json
s kymo journal show j -k own.key --host 2 --track switch
s kymo journal show j -k own.key --run '#0' --records | cut -c1-100
s kymo journal export j -k own.key -o out
cmp out/1-0-7841e651b9c37af4.kymo demo.kymo && cmp out/1-2-ba13bc63ec66ba70.kymo golden-1.0.kymo && echo "the recordings again, byte by byte"
kymo convert --quiet out/1-0-0.jsonl -o again.kymo && kymo info again.kymo --json | grep -c '"complete": *true'
stat -c %a out out/1-0-7841e651b9c37af4.kymo out/1-0-0.jsonl
echo "somebody's" >target
ln -sf ../target out/1-0-0.jsonl
chmod 666 out/1-1-0.jsonl
s kymo journal export j -k own.key -o out
cat target
stat -c '%F, %a' out/1-0-0.jsonl out/1-1-0.jsonl
s kymo journal export j -k own.key --host 2 -o two --json
s kymo journal export j -k own.key --host 0 --run 78 --from 2026-11-21T03:58:05 --to 2026-11-21T03:58:06 -o part
kymo info part/*.kymo --json | sed -nE 's/^ *"(coverage|complete)": *([0-9.a-z]*).*/\1 \2/p' | cut -c1-15

echo "--- wrong: keys, sites, ids; nothing is written"
s kymo journal list j -k other.key
s kymo journal export j -k other.key -o none
test -e none || echo "no folder"
s kymo journal verify j -k other.key
s kymo journal show j -k other.key --records
s kymo journal keys j -k other.key --csv
s kymo journal repair j -o none -k other.key -r own.pub
s kymo journal export j -k other.key --licence 6f37-6910-b2a0-e858-9657-f08d --site 1 --site-name 'Evil Corp' -o none
s kymo journal export j -k own.key --site 2 -o none
s kymo journal export j -k own.key --licence 6f37-6910-b2a0-e858-9657-f08d --site 2 --site-name 'Evil Corp' -o none
s kymo journal list j -k own.key --site 2
test -e none || echo "no folder, no file"
s kymo journal append j demo.kymo --site 2
s kymo journal append j demo.kymo --site 1 --site-name 'evil corp'
s kymo journal append j demo.kymo -w absent/seen
s kymo journal append j demo.kymo -w demo.kymo
ls j | wc -l
s kymo journal verify j --id 5933-e6ec-c5f3-c1a8-d373-9935-fae4-0e5d-aa06
s kymo journal verify j --id 5933-e6ec-c5f3-c1a8-d373-9935-fae4-0e5d-aa07

echo "--- a run that was appended again, behind a part of it"
head -c 90000 demo.kymo >part.kymo
s kymo journal append twice part.kymo --site 1 -r own.pub
s kymo journal append twice demo.kymo
s kymo journal append twice demo.kymo
s kymo journal export twice -k own.key -o twice.out
cmp twice.out/1-0-7841e651b9c37af4.kymo demo.kymo && echo "once, and whole"
cp demo.kymo named.kymo
echo '30132,X,vcpu,,,0,Role' >map
kymo name --quiet named.kymo --map map
s kymo journal append twice named.kymo
s kymo journal export twice -k own.key -o twice.out

echo "--- damage"
cp -r j flipped
flip flipped/segment-000001.kyj 40000
s kymo journal verify flipped
s kymo journal list flipped -k own.key
s kymo journal export flipped -k own.key -o flipped.out
kymo info flipped.out/1-0-*.kymo --json | grep -o '"cause": *"[a-z ]*"' | sort -u
s kymo journal repair flipped -o saved -k own.key -r own.pub
s kymo journal verify saved
cp -r j cut && rm cut/segment-000002.kyj
s kymo journal verify cut
cp -r j older && rm older/segment-000003.kyj
s kymo journal verify older
rm older/writer.key
s kymo journal verify older
s kymo journal verify older -w seen
cp -r j swapped && mv swapped/segment-000002.kyj x && mv swapped/segment-000003.kyj swapped/segment-000002.kyj && mv x swapped/segment-000003.kyj
s kymo journal verify swapped
s kymo journal export swapped -k own.key -o swapped.out
test -e swapped.out || echo "no folder"
s kymo journal repair swapped -k own.key -r own.pub -o swapped.out
test -e swapped.out || echo "no folder"
s kymo journal list swapped -k own.key --host 2
cp -r j headless
flip headless/segment-000002.kyj 100
s kymo journal list headless --segments --csv
flip headless/segment-000002.kyj 756
s kymo journal list headless --segments --csv
s kymo journal keys headless --csv
: >nothing
s kymo journal verify j -w nothing
cp -r j rolled && rm rolled/segment-000003.kyj
s kymo journal append rolled demo.kymo

echo "--- cut behind the writer's back: what was acknowledged is missing"
cp -r j short
truncate -s -300 short/segment-000003.kyj
s kymo journal verify short
s kymo journal repair short

echo "--- a writer that was killed"
mkfifo pipe
exec 3<>pipe
kymo journal append --quiet j pipe &
pid=$!
head -n 2 small.jsonl >&3
until [ -e j/segment-000004.kyj ] || ! kill -0 $pid 2>/dev/null; do :; done
{ kill -9 $pid && wait $pid; } 2>/dev/null
exec 3>&-
s kymo journal verify j
s kymo journal verify j --open
head -c 100 "$FIXTURES"/journal/golden-1.0/segment-000001.kyj >>j/segment-000004.kyj
s kymo journal verify j --open
s kymo journal repair j
s kymo journal verify j
s kymo journal verify none

echo "--- passphrases"
echo 'correct horse' >pass
echo 'Correct horse' >wrong
chmod 600 pass
s kymo journal append p golden-1.0.kymo --site 1 --site-name S --seal-passphrase-file pass
s kymo journal list p --passphrase-file pass
s kymo journal list p --passphrase-file wrong
s kymo journal append p golden-1.0.kymo

echo "--- rotated keys"
s kymo key rotate own.key
s kymo key export own.key -o own.pub
s kymo journal append j golden-1.0.kymo --host 3 -r own.pub
s kymo journal list j -k own.key --host 3
s kymo journal keys j

echo "--- the older tool's journals"
s kymo journal export j -k own.key --run '#0' --site 1 --site-name 'Evil Corp' --licence 6f37-6910-b2a0-e858-9657-f08d -o older.bin
s kymo journal append o older.bin --licence 6f37-6910-b2a0-e858-9657-f08d --site 1 --site-name 'Evil Corp' -r own.pub
s kymo journal append o2 older.bin --licence 6f37-6910-b2a0-e858-9657-f08e --site 1 --site-name 'Evil Corp' -r own.pub
test -e o2 || echo "nothing was made"
s kymo journal append o demo.kymo older.bin
s kymo journal verify o

echo "--- usage"
s kymo journal
s kymo journal forget j
s kymo journal list
s kymo journal list j --json --csv
s kymo journal list j -k own.key --from yesterday
s kymo journal list j -k own.key --run xyz
s kymo journal show j -k own.key --track none
s kymo journal export j -k own.key
s kymo journal list j -k own.pub
s kymo journal list j -k demo.kymo

# SPDX-License-Identifier: MIT
# Names for tasks: from maps, programs and rules, in memory and into files.
command -v python3 >/dev/null || skip "python3 is not installed"
command -v zstd >/dev/null || skip "zstd is not installed"
cp "$FIXTURES/machine.kymo" x.kymo
cp "$FIXTURES/demo.kymo" y.kymo

# names FILE: threads of the machine, with their roles.
names() {
	kymo name "$1" --list --csv | grep -E 'vcpu|emulator|^tid' | cut -d, -f1-5
}

echo "as recorded"
names x.kymo
kymo name x.kymo --list --json | python3 -c '
import json, sys
rows = json.load(sys.stdin)["rows"]
print([r["comm"] for r in rows if r.get("role") == "Firewall.vcpu0"])'
kymo info x.kymo | grep -E '^(roles|machines)'
t kymo name --clear x.kymo
names x.kymo
kymo info x.kymo | grep -E '^(roles|machines)'
t kymo name x.kymo
names x.kymo | tail -n 2

vcpu=$(names x.kymo | sed -n 's/,.*vcpu0$//p')
cat >map.csv <<END
$vcpu,instance-1,vcpu0,,FULL,5,Router

999999,,vcpu9,,,5,Nobody
END
echo "a map: shown, then written"
kymo show tasks x.kymo --map map.csv --top 1 --csv 2>&1 | tail -n 1 | cut -d, -f1
kymo show tasks x.kymo --top 1 --csv | tail -n 1 | cut -d, -f1
cp x.kymo before.kymo
t kymo name x.kymo --map map.csv 2>&1
kymo show tasks x.kymo --task '^Router.05.vcpu0$' --json | python3 -c '
import json, sys
print([r["task"] for r in json.load(sys.stdin)["rows"]])'
kymo show switches before.kymo --csv --quiet | sed 's/^[^,]*,//' >a
kymo show switches x.kymo --csv --quiet | sed 's/^[^,]*,//' | cmp - a && echo "the same switches"
kymo info x.kymo --salvage | grep complete

echo "by machine"
echo ",,,11112222-3333-4444-5555-666677778888,,7,Vm" >vm.csv
kymo name x.kymo --list --csv --map vm.csv | grep vcpu | cut -d, -f3
echo "several maps, the later wins; rules; merged"
kymo name x.kymo --list --csv --map map.csv --map vm.csv | grep vcpu0 | cut -d, -f3
t kymo name y.kymo --name-rule '^sha(1|256)sum=>sum.{1:03}' --name-rule '^(gzip|sort)$=>pipe'
kymo show tasks y.kymo --merge --task '^(sum|pipe)' --csv --quiet | cut -d, -f1
kymo name y.kymo --clear -q

echo "a program"
printf '#!/bin/sh\necho "%s,,vcpu0,,,1,$1"\necho talk >&2\n' "$vcpu" >program
chmod +x program
kymo name x.kymo --list --csv --map-cmd "./program 'a b'" 2>&1 | grep -E 'vcpu0|talk' | cut -d, -f3
t kymo name x.kymo --map-cmd false
t kymo name x.kymo --map-cmd ./absent
t kymo name x.kymo --map-cmd "a 'b"
t kymo name x.kymo --map-cmd 'sleep 60' --names-timeout 100ms
t kymo name x.kymo --map-cmd 'sh -c "exec >&-; sleep 60"' --names-timeout 100ms
t kymo name x.kymo --map-cmd 'sh -c "kill -9 $$"'
t kymo name x.kymo --map-cmd 'echo x'
t kymo name x.kymo --map-cmd 'head -c 70000000 /dev/zero'

echo "what is refused"
printf '1,,a,,,1,N\nx,,a,,,1,N\n1,2\n' >bad.csv
sum=$(sha256sum <x.kymo)
t kymo name x.kymo --map bad.csv
t kymo name x.kymo --map absent.csv
t kymo name x.kymo --name-rule 'a(b=>c'
t kymo name x.kymo --name-rule 'ab=>{1}'
t kymo name x.kymo y.kymo --map map.csv --map map.csv --map map.csv
t kymo name
t kymo name absent.kymo
t kymo name x.kymo --json
t kymo name x.kymo y.kymo --list
t kymo name --vm-csv 1 --task a
t kymo name --vm-csv none --task a --group 1
t kymo name --vm-csv 4194305 --task a --group 1
t kymo name x.kymo --task a
t kymo record --map bad.csv -d 10ms
t kymo report x.kymo y.kymo --map map.csv --map map.csv --map map.csv
[ "$sum" = "$(sha256sum <x.kymo)" ] && echo "unchanged"

echo "one map each"
echo "1,,t,,,1,Init" >init.csv
t kymo name x.kymo y.kymo --map map.csv --map init.csv
kymo name y.kymo --list --csv | sed -n 's/^1,//p'
kymo name x.kymo --list --csv | grep -c Init
kymo report y.kymo x.kymo --map init.csv --map map.csv -o r.html --quiet 2>&1 | grep -c 'r.html'
grep -oE 'id="kymo-page"[^<]*' r.html | sed 's/.*>//' | base64 -d | zstd -dc >page.json
python3 -c '
import json
runs = json.load(open("page.json"))["runs"]
for run in runs:
    print(sorted({t["role"] for t in run["tasks"] if t["role"] and "." in t["role"]}))'

echo "a damaged file"
head -c 9000 "$FIXTURES/machine.kymo" >cut.kymo
kymo name cut.kymo --clear 2>&1 | sed 's/: .*complete/: ... complete/; s/complete: .* (try/complete: ... (try/'
t kymo name cut.kymo --clear --salvage
kymo info cut.kymo | grep complete
ls -A | grep -q 'kymo\.' || echo "nothing is left behind"

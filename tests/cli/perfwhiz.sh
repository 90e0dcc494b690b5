# SPDX-License-Identifier: MIT
# The command lines of perfcap, perfmap and create-vm-csv.sh, through links to kymo. perfcap's own
# capture is in tests/live.
command -v python3 >/dev/null || skip "no python3 for a decoder that knows nothing of kymo"
mkdir bin
for name in perfcap perfcap.py perfmap create-vm-csv.sh; do
	ln -s "$(readlink -f "$(command -v kymo)")" "bin/$name"
done
PATH=$PWD/bin:$PATH
cp "$FIXTURES/cdict/small.cdict" test.cdict
cp test.cdict test2.cdict
cp "$FIXTURES/perf/sched.data" perf.data
decode() {
	python3 "$FIXTURES/cdict/decode.py" "$1"
}
quiet() {
	printf '$ %s\n' "$*"
	"$@" >said 2>words
	status=$?
	sed 's/ ([0-9]* Kbytes)//; s/: [0-9.]* KiB,/: SIZE,/' said
	grep -iE '^kymo: (perf|cannot|no |.*named)' words
	[ $status -eq 0 ] || printf '[exit %d]\n' $status
}

# What cannot be.
t perfcap
t perfcap.py --all one two
t perfcap --all --dest-folder nowhere x
t perfcap --all --map nowhere.csv x
t perfcap --all --sleep 0 x
t perfcap --use-perf-data nowhere.data x
t perfcap --remap test.cdict
t perfmap
t perfmap test.cdict
t perfmap -t '*' --heatmaps test.cdict test2.cdict
t perfmap -t '*' --output-dir nowhere test.cdict
t perfmap -t '(' test.cdict
t create-vm-csv.sh 1 2

# Conversion and names.
quiet perfcap --use-perf-data perf.data oldrun
decode oldrun.cdict | grep -c sched_switch
stat -c '%a %n' oldrun.cdict
quiet perfcap --use-perf-data perf.data --all oldrun
head -n 3 oldrun.stats | tail -n 1 | cut -c1-60
mkdir out
echo 'dest = ignored
map = tmap.csv' >.mkcdict.cfg
tid=$(decode test.cdict | sed -n '1s/^\[[^,]*, [^,]*, [^,]*, \([0-9]*\),.*/\1/p')
echo "$tid,instance-1,vcpu0,,,5,Firewall" >tmap.csv
quiet perfcap --remap test2.cdict
decode test.cdict >before
decode test2.cdict >after
diff before after | grep -c Firewall.05.vcpu0
quiet perfcap --use-perf-data perf.data --dest-folder out run
rm .mkcdict.cfg
ls out

# Pages and lists.
quiet perfmap --headless -t '*vcpu0' test.cdict
quiet perfmap --headless -t '*vcpu0' --heatmaps -c 1000 test
quiet perfmap --headless -t '.*' -f 0 -c 1 test.cdict
quiet perfmap --headless -t 'a/b c' --output-dir out test.cdict
quiet perfmap --headless -t '*vcpu0' test.cdict test2.cdict
quiet perfmap --headless -t '*' --label 'my run' --map tmap.csv --append-tid --merge-sys-tasks test.cdict
quiet perfmap --headless -t "$tid" --heatmaps test.cdict
t perfmap --headless -t '*' -f 999999 test.cdict
ls *.html out/*.html
t perfmap --list test2.cdict
t perfmap --successors-of "$tid" test2.cdict

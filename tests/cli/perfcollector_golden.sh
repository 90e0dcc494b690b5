# SPDX-License-Identifier: MIT
# Real captures of perfcollector and its successor: rows as computed independently, and as the successor wrote them.
shared=$SOURCE/../shared/data/perfcollector
[ -d "$shared" ] || skip "no captures of perfcollector here"
command -v python3 >/dev/null || skip "no python3 to compare numbers"
for capture in original_capture pcd_server_01_capture; do
	for style in corrected compat; do
		old=
		[ $style = compat ] && old="--compat perfjournal"
		# shellcheck disable=SC2086
		kymo convert --quiet "$shared/e2e/$capture.json" --to-format perfcollector-csv -o "$capture.$style" $old
		for file in stat meminfo net/dev diskstats; do
			golden=$shared/golden/$capture.$style/proc_$(echo $file | tr / _).csv
			cmp "$capture.$style/proc/$file" "$golden" && echo "$capture, $style: $file is the same"
		done
	done
done
successor=$shared/perfanalysis/azure_20260107_191006
kymo convert --quiet "$successor/pcc_collection.json" --to-format perfcollector-csv -o csv --compat successor
for file in proc/stat proc/meminfo proc/net/dev proc/diskstats statfs_ALL; do
	python3 - "csv/$file" "$successor/processed/$file" <<-'EOF'
		import sys
		keys = 1 if sys.argv[1].endswith('meminfo') else 2
		def rows(path):
		    lines = open(path).read().splitlines()
		    return lines[0], {tuple(l.split(',')[:keys]): l.split(',')[keys:] for l in lines[1:]}
		(title, ours), (wanted_title, theirs) = rows(sys.argv[1]), rows(sys.argv[2])
		def far(a, b):
		    return abs(float(a) - float(b)) > 1e-6 * max(1, abs(float(b)))
		bad = [k for k in theirs.keys() | ours.keys() if k not in ours or k not in theirs or
		       len(ours[k]) != len(theirs[k]) or any(far(a, b) for a, b in zip(ours[k], theirs[k]))]
		print(sys.argv[1], title == wanted_title, len(theirs), 'rows,', len(bad), 'differ', *bad[:3])
	EOF
done

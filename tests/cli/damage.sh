# SPDX-License-Identifier: MIT
# Recordings that are cut, flipped or something else: said, never hidden.
cp "$FIXTURES/demo.kymo" whole.kymo
size=$(stat -c %s whole.kymo)
kymo info whole.kymo --json | grep -c '"complete": *true'
for part in 0 63 64 1000 $((size / 2)) $((size - 33)) $((size - 1)); do
	head -c $part whole.kymo >cut.kymo
	kymo info cut.kymo --json >out 2>words
	status=$?
	printf 'cut: exit %d, ' $status
	if grep -q '"complete": *false' out; then
		echo "complete: false"
	else
		grep -q "cut.kymo" words && echo "refused, with the file's name"
	fi
done
cp whole.kymo flipped.kymo
printf '\377' | dd of=flipped.kymo bs=1 seek=$((size / 2)) conv=notrunc status=none
kymo show tasks flipped.kymo >out 2>words
printf 'flipped: exit %d\n' $?
grep -oE "flipped.kymo|offset [0-9]+" words | sed 's/[0-9]\+/N/' | sort -u
kymo info flipped.kymo --salvage --json >out 2>words
printf 'salvaged: exit %d, ' $?
grep -o '"complete": *false' out
echo text >text.kymo
t kymo info text.kymo
t kymo info .
t kymo info absent.kymo

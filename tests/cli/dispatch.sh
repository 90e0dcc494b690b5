# SPDX-License-Identifier: MIT
# The program itself: version, unknown commands and options, answers that cannot be written.
t kymo --version
t kymo hepl
t kymo xylophone
t kymo --nope
t kymo help xylophone
t kymo help --nope
t kymo help one two
t kymo completion fish
t kymo manual xylophone
kymo 2>/dev/null
echo "without a command: exit $?, nothing on stdout"
kymo help >/dev/full
echo "on a full device: exit $?"
kymo --help >overview
kymo help | cmp - overview && echo "kymo --help is kymo help"
for command in $(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' overview); do
	kymo "$command" --help | head -n1 | grep -q "^kymo $command: " || echo "$command --help: bad first line"
	kymo help "$command" >a
	kymo "$command" -h | cmp - a
	kymo manual "$command" | grep -q '^\.SH EXAMPLES' || echo "$command: no examples"
done
kymo completion bash | bash -n && echo "completion is a script"
complete_words() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	compopt() { :; }
	_kymo
	printf '%s\n' "${COMPREPLY[@]}"
}
. <(kymo completion bash)
complete_words kymo hel
complete_words kymo help hel
complete_words kymo help --q

/* SPDX-License-Identifier: MIT */
/* Linked with one whole layer and those below it: an upward call leaves an undefined symbol. */
int main(void)
{
	return 0;
}

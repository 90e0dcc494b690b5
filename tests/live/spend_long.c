/* SPDX-License-Identifier: MIT */
/* What live_ptap.sh looks at: spend_long TURNS works so many turns of spend.h. */
#include <stdlib.h>

#include "spend.h"

int main(int argc, char **argv)
{
	spend(argc > 1 ? (unsigned int)atol(argv[1]) : 0, 0);
	return 0;
}

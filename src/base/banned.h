/* SPDX-License-Identifier: MIT */
/*
 * Functions that truncate silently, run a shell, hide errors or keep state between calls. The build
 * includes this header before every file of ours (-include), so a use is a compile error.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok atoi atol atoll strtol \
	strtoul strtoll strtoull
#pragma GCC poison strtod gmtime localtime asctime ctime system popen

// SPDX-License-Identifier: MIT
//
// start COMMAND...: becomes the command, which becomes or runs this program
// again without a word: that prints the microseconds from the one to the other.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

int main(int argc, char **argv)
{
	char text[32];
	const char *began;

	if (argc < 2) {
		int64_t now_ns = clock_mono_ns();

		began = getenv("BENCH_BEGAN_NS");
		printf("%.1f\n",
		    (double)(now_ns - atoll(began ? began : "0")) / 1e3);
		return 0;
	}
	snprintf(text, sizeof(text), "%lld", (long long)clock_mono_ns());
	setenv("BENCH_BEGAN_NS", text, 1);
	execvp(argv[1], argv + 1);
	return 127;
}

// SPDX-License-Identifier: MIT
//
// crowd COUNT [SECONDS]: a tree of COUNT processes, itself among them, that
// sleep until it ends: after SECONDS, or when it is told to.
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;

	for (int i = 1; i < count; i++) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	sleep(argc > 2 ? (unsigned)atoi(argv[2]) : 1000000);
	return 0;
}

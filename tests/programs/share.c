// SPDX-License-Identifier: MIT
/* share HOW MIB COUNT OTHERS FILE: COUNT processes with MIB of memory each,
 * this one among them, and OTHERS that have none of it; all end when FILE is
 * there. HOW: fork, what the first had before it forked the others; write, the
 * same, but each has written to all of it; map, one mapping; apart, each has
 * its own. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static size_t bytes;
static const char *until;

static char *take(int flags)
{
	char *memory = mmap(
	    NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		exit(3);
	/* huge pages would all be copied at the first write */
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	return memory;
}

static void hold(void)
{
	while (access(until, F_OK) != 0)
		usleep(10000);
	exit(0);
}

static void hold_in_child(char *memory, int value)
{
	if (fork() != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (memory)
		memset(memory, value, bytes);
	hold();
}

int main(int argc, char **argv)
{
	const char *how = argv[1];
	char *memory = NULL;

	if (argc != 6)
		return 2;
	bytes = strtoul(argv[2], NULL, 10) << 20;
	until = argv[5];
	for (int i = 0; i < atoi(argv[4]); i++)
		hold_in_child(NULL, 0);
	if (strcmp(how, "apart") != 0) {
		memory =
		    take(strcmp(how, "map") == 0 ? MAP_SHARED : MAP_PRIVATE);
		memset(memory, 1, bytes);
	}
	for (int i = 1; i < atoi(argv[3]); i++) {
		if (strcmp(how, "fork") == 0)
			hold_in_child(NULL, 0);
		else
			hold_in_child(memory ? memory : take(MAP_PRIVATE), 2);
	}
	if (!memory)
		memset(take(MAP_PRIVATE), 1, bytes);
	hold();
}

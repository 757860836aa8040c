// SPDX-License-Identifier: MIT
//
// pairs COUNT COMMAND... [-- COMMAND...]...: runs the commands in turn, each
// COUNT times, a round beginning with another one each time. A line a round:
// the milliseconds of wall time that each took, in the order given.
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { MOST = 8 };

extern char **environ;

static double run_ms(char **words, const posix_spawn_file_actions_t *quiet)
{
	int64_t start_ns = clock_mono_ns();
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, words[0], quiet, NULL, words, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid) {
		perror(words[0]);
		exit(1);
	}
	return (double)(clock_mono_ns() - start_ns) / 1e6;
}

int main(int argc, char **argv)
{
	char **commands[MOST];
	size_t len = 0;
	double took_ms[MOST];
	posix_spawn_file_actions_t quiet;

	for (int i = 2; i < argc && len < MOST; i++) {
		if (i == 2 || argv[i - 1] == NULL)
			commands[len++] = argv + i;
		if (strcmp(argv[i], "--") == 0)
			argv[i] = NULL;
	}
	if (len == 0)
		return 2;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	for (size_t round = 0; round < (size_t)atoi(argv[1]); round++) {
		for (size_t i = 0; i < len; i++) {
			size_t at = (round + i) % len;

			took_ms[at] = run_ms(commands[at], &quiet);
		}
		for (size_t i = 0; i < len; i++)
			printf("%.4f%c", took_ms[i], i + 1 < len ? ' ' : '\n');
		fflush(stdout);
	}
	return 0;
}

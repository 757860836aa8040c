// SPDX-License-Identifier: MIT
//
// Forks for so many seconds as often as it is told, or can: each child
// allocates, frees and keeps a little, and ends with a status that follows from
// it. Prints the forks a second. Fails where a child ends otherwise.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STATUS = 23, ROUNDS = 20, BYTES = 40000 };

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void child(void)
{
	char *volatile kept = NULL;

	for (int i = 0; i < ROUNDS; i++) {
		free(kept);
		kept = malloc(BYTES);
		if (!kept)
			_exit(1);
		memset(kept, i, BYTES);
	}
	_exit(kept[BYTES - 1] == ROUNDS - 1 ? STATUS : 2);
}

static int fork_one(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		child();
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == STATUS ? 0 : -1;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	double rate = argc > 2 ? atof(argv[2]) : 0;
	double begin_s = now_s(), spent_s = 0;
	long forks = 0;

	for (; spent_s < seconds; spent_s = now_s() - begin_s) {
		if (rate > 0 && (double)forks > rate * spent_s) {
			usleep(100);
			continue;
		}
		if (fork_one() != 0) {
			fprintf(stderr, "fork %ld went wrong\n", forks);
			return 1;
		}
		forks++;
	}
	printf("%.0f\n", (double)forks / seconds);
	return 0;
}

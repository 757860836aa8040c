// SPDX-License-Identifier: MIT
/* target SCENE [WORD]: a program that is hard to record. Each lives for about
 * half a second and exits with a status of its own, so that a test can tell
 * that it was not disturbed. Where RECORDING names a file that is there each
 * lives, besides, until the file has some samples more: on a loaded machine
 * half a second may be over before there are any. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1UL << 20)

static void sleep_ms(int ms)
{
	struct timespec left = {ms / 1000, ms % 1000 * 1000000L};

	while (nanosleep(&left, &left) != 0)
		;
}

/* -1 where there is no such file. */
static int count_samples(const char *recording)
{
	FILE *file = recording ? fopen(recording, "re") : NULL;
	char line[4096];
	int count = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		count += strncmp(line, "MEM ", 4) == 0;
	fclose(file);
	return count;
}

static void hold(int ms)
{
	const char *recording = getenv("RECORDING");
	int before = count_samples(recording), now;

	sleep_ms(ms);
	for (int i = 0; i < 1000; i++) {
		now = count_samples(recording);
		if (now < 0 || now >= (before > 0 ? before : 0) + 5)
			break;
		sleep_ms(20);
	}
}

static char *touched(size_t mib, int flags)
{
	char *at = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE,
	    MAP_ANONYMOUS | flags, -1, 0);

	if (at == MAP_FAILED) {
		perror("mmap");
		exit(77);
	}
	if (flags & MAP_PRIVATE)
		madvise(at, mib * MIB, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < mib * MIB; i += 4096)
		at[i] = 1;
	return at;
}

static int blink(const char *word)
{
	return word ? atoi(word) : 0;
}

static int sleeper(const char *word)
{
	hold(word ? atoi(word) : 500);
	return 11;
}

static int eat(const char *word)
{
	touched((size_t)atoi(word), MAP_PRIVATE);
	hold(400);
	return 12;
}

/* A copy that is setuid root: root's in all respects, as below sudo. */
static int privileged(const char *word)
{
	if (setuid(0) != 0 || setgid(0) != 0)
		return 77;
	touched((size_t)atoi(word), MAP_PRIVATE);
	hold(2000);
	return 24;
}

/* The same, which becomes its user's again. */
static int yields(const char *word)
{
	uid_t user = getuid();

	if (setresuid(0, 0, 0) != 0)
		return 77;
	touched((size_t)atoi(word), MAP_PRIVATE);
	hold(700);
	if (setresuid(user, user, user) != 0)
		return 77;
	hold(60000);
	return 25;
}

/* A child that is dead and not waited for. */
static int zombie(const char *word)
{
	(void)word;
	if (fork() == 0)
		_exit(0);
	hold(400);
	return 13;
}

static void *thread(void *unused)
{
	hold(500);
	return unused;
}

static int threads(const char *word)
{
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = atoi(word); i > 0; i--) {
		pthread_t id;

		if (pthread_create(&id, &small, thread, NULL) != 0)
			return 77;
	}
	hold(400);
	return 14;
}

static void *last_thread(void *unused)
{
	(void)unused;
	touched(30, MAP_PRIVATE);
	hold(500);
	exit(15);
}

static int main_exits(const char *word)
{
	pthread_t id;

	(void)word;
	pthread_create(&id, NULL, last_thread, NULL);
	pthread_exit(NULL);
}

static int renamed(const char *word)
{
	prctl(PR_SET_NAME, word);
	touched(20, MAP_PRIVATE);
	if (fork() == 0) {
		touched(10, MAP_PRIVATE);
		hold(300);
		_exit(0);
	}
	wait(NULL);
	return 16;
}

/* 1,000 children in half a second, each waited for. */
static int forks(const char *word)
{
	(void)word;
	for (int i = 0; i < 1000; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) != child)
			return 1;
	}
	return 17;
}

static int deep(const char *word)
{
	int levels = atoi(word);

	while (levels-- > 0) {
		pid_t child = fork();
		int status;

		if (child < 0)
			return 1;
		if (child == 0)
			continue;
		waitpid(child, &status, 0);
		return WEXITSTATUS(status);
	}
	hold(500);
	return 18;
}

static int mapped(const char *word)
{
	char *at = mmap(NULL, 1024 * 1024 * MIB, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)word;
	if (at == MAP_FAILED)
		return 77;
	hold(400);
	return 19;
}

static int huge(const char *word)
{
	char *at = mmap(NULL, 66 * MIB, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)word;
	if (at == MAP_FAILED || madvise(at, 66 * MIB, MADV_HUGEPAGE) != 0)
		return 77;
	for (size_t i = 0; i < 64 * MIB; i += 4096)
		at[i] = 1;
	hold(400);
	return 20;
}

/* 32 MiB of a memfd in one process, 32 MiB shared by two. */
static int shared(const char *word)
{
	int fd = memfd_create("shared", MFD_CLOEXEC);
	char *file, *anonymous;

	(void)word;
	if (fd < 0 || ftruncate(fd, 32 * MIB) != 0)
		return 77;
	file = mmap(NULL, 32 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	anonymous = touched(32, MAP_SHARED);
	memset(file, 1, 32 * MIB);
	if (fork() == 0) {
		for (size_t i = 0; i < 32 * MIB; i += 4096)
			anonymous[i]++;
		hold(400);
		_exit(0);
	}
	wait(NULL);
	return 21;
}

static int paged_out(const char *word)
{
	char *at = touched(40, MAP_PRIVATE);

	(void)word;
	hold(200);
	if (madvise(at, 40 * MIB, MADV_PAGEOUT) != 0)
		return 77;
	hold(300);
	return 22;
}

static int daemonises(const char *word)
{
	(void)word;
	if (fork() != 0) {
		hold(300);
		return 23;
	}
	setsid();
	if (fork() != 0)
		_exit(0);
	touched(25, MAP_PRIVATE);
	hold(700);
	_exit(0);
}

static volatile sig_atomic_t caught;

static void count(int signal)
{
	(void)signal;
	caught++;
}

/* SIGNAL[,TIMES]: says ready, waits for the signal (with TIMES: for so many,
 * and says "caught" of each), counts those that come in the half second behind,
 * and exits with 30 + how often it came. */
static int counts(const char *word)
{
	const struct sigaction action = {.sa_handler = count};
	int signal = 0, times = 1;
	bool says = sscanf(word, "%d,%d", &signal, &times) == 2;

	sigaction(signal, &action, NULL);
	puts("ready");
	fflush(stdout);
	for (int seen = 0; seen < times; seen++) {
		for (int i = 0; i < 30000 && caught <= seen; i++)
			usleep(10000);
		if (says)
			puts("caught");
		fflush(stdout);
	}
	for (int i = 0; i < 50; i++)
		usleep(10000);
	return 30 + caught;
}

static void in_order(int signal)
{
	static const char said[] = "in order\n";

	(void)signal;
	usleep(100000);
	if (write(STDOUT_FILENO, said, sizeof(said) - 1) > 0)
		raise(SIGSTOP);
}

/* Does something before Ctrl-Z stops it, as an editor does. */
static int tidies(const char *word)
{
	const struct sigaction action = {.sa_handler = in_order};

	(void)word;
	sigaction(SIGTSTP, &action, NULL);
	puts("ready");
	fflush(stdout);
	hold(1000);
	return 24;
}

static const struct {
	const char *name;
	int (*play)(const char *word);
} scenes[] = {
    {"blink", blink},
    {"sleep", sleeper},
    {"eat", eat},
    {"privileged", privileged},
    {"yields", yields},
    {"zombie", zombie},
    {"threads", threads},
    {"main-exits", main_exits},
    {"renamed", renamed},
    {"forks", forks},
    {"deep", deep},
    {"mapped", mapped},
    {"huge", huge},
    {"shared", shared},
    {"paged-out", paged_out},
    {"daemonises", daemonises},
    {"counts", counts},
    {"tidies", tidies},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		if (argc > 1 && strcmp(argv[1], scenes[i].name) == 0)
			return scenes[i].play(argv[2]);
	}
	fprintf(stderr, "usage: target SCENE [WORD]\n");
	return 2;
}

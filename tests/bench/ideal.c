// SPDX-License-Identifier: MIT
//
// ideal INTERVAL_S SECONDS PID...: what sampling can't cost less than. An
// absolute timer, one read of loadavg, one pread() of each statm, one write.
// Prints the microseconds of processor time a sample, and the samples.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static int open_statm(const char *pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/statm", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int main(int argc, char **argv)
{
	int64_t interval_ns, due_ns, end_ns, cpu_ns;
	int count = argc - 3, out, loadavg, *files;
	char text[256];
	long samples = 0;

	if (count < 1)
		return 2;
	interval_ns = (int64_t)(atof(argv[1]) * NS_PER_S);
	files = calloc((size_t)count, sizeof(files[0]));
	for (int i = 0; i < count; i++)
		files[i] = open_statm(argv[3 + i]);
	loadavg = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	out = open("ideal.out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	prctl(PR_SET_TIMERSLACK, 1);
	cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	due_ns = clock_mono_ns();
	end_ns = due_ns + (int64_t)(atof(argv[2]) * NS_PER_S);
	for (; due_ns < end_ns; due_ns += interval_ns, samples++) {
		struct timespec due = {due_ns / NS_PER_S, due_ns % NS_PER_S};
		ssize_t got = 0;

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
		got += pread(loadavg, text, sizeof(text), 0);
		for (int i = 0; i < count; i++)
			got += pread(files[i], text, sizeof(text), 0);
		got += write(out, "MEM 123.456789 1234567890.1234\n", 31);
		if (got <= 0)
			return 1;
	}
	cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
	printf("%.2f %ld\n", (double)cpu_ns / 1e3 / (double)samples, samples);
	return 0;
}

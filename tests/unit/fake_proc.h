/* SPDX-License-Identifier: MIT
 *
 * A directory that looks like /proc, for tests that say what stands in it.
 */
#ifndef MPROF_TESTS_FAKE_PROC_H
#define MPROF_TESTS_FAKE_PROC_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

static char *const fake_root = scratch;

struct fake_process {
	int pid, ppid;
	const char *name; /* NULL: "program" */
	char state;       /* 0: S */
	int started;
	int exit_signal; /* 0: 17; -1: it is a thread */
	int pages;       /* resident */
	int shared;      /* of those, of files and shared memory; 0: 1 */
	int faults;
	int threads; /* 0: 1 */
	int flags;   /* as the kernel's PF_... */
};

static inline void fake_write(const char *path, const char *text)
{
	char whole[640];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s/%s", fake_root, path);
	file = fopen(whole, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

static inline void fake_newest(int newest, int threads)
{
	char text[64];

	snprintf(
	    text, sizeof(text), "0.10 0.20 0.30 1/%d %d\n", threads, newest);
	fake_write("loadavg", text);
}

static inline void fake_process(struct fake_process p)
{
	char path[256], text[512];

	snprintf(path, sizeof(path), "%s/%d", fake_root, p.pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%d/stat", p.pid);
	snprintf(text, sizeof(text),
	    "%d (%s) %c %d 1 1 0 -1 %d %d 0 0 0 0 0 0 0 20 0 %d 0 %d 4096000 "
	    "%d "
	    "0 0 0 0 0 0 0 0 0 0 0 0 0 %d 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
	    p.pid, p.name ? p.name : "program", p.state ? p.state : 'S', p.ppid,
	    p.flags, p.faults, p.threads ? p.threads : 1, p.started, p.pages,
	    p.exit_signal ? p.exit_signal : 17);
	fake_write(path, text);
	snprintf(path, sizeof(path), "%d/statm", p.pid);
	snprintf(text, sizeof(text), "%d %d %d 1 0 1 0\n", p.pages ? 1000 : 0,
	    p.pages, p.shared ? p.shared : 1);
	fake_write(path, text);
}

static inline void fake_gone(int pid)
{
	static const char *const files[] = {
	    "/stat", "/statm", "/status", "/cmdline", ""};
	char path[256];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(
		    path, sizeof(path), "%s/%d%s", fake_root, pid, files[i]);
		remove(path);
	}
}

static inline int fake_begin(void **state)
{
	char path[256], self[32];

	if (scratch_make(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/self", fake_root);
	snprintf(self, sizeof(self), "%d", (int)getpid());
	return symlink(self, path);
}

/* With all that a test has left there, be it that it failed. */
static inline int fake_end(void **state)
{
	return scratch_remove(state);
}

#endif

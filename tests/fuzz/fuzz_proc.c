// SPDX-License-Identifier: MIT
/* A /proc of one process whose files all hold the input. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/argv.h"
#include "proc/metric.h"
#include "proc/procfs.h"

static const char *const files[] = {"loadavg", "7/stat", "7/statm", "7/status",
    "7/cmdline", "7/comm", "7/smaps_rollup"};

enum { FILES = sizeof(files) / sizeof(files[0]) };

static char root[64];

static void remove_root(void)
{
	char path[128];

	for (size_t i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "%s/%s", root, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/self", root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/7", root);
	rmdir(path);
	rmdir(root);
}

static void make_root(void)
{
	char path[128];

	snprintf(root, sizeof(root), "%s/mprof-fuzz.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(root))
		abort();
	snprintf(path, sizeof(path), "%s/7", root);
	if (mkdir(path, 0700) != 0)
		abort();
	snprintf(path, sizeof(path), "%s/self", root);
	if (symlink("7", path) != 0)
		abort();
	atexit(remove_root);
}

static void fill_root(const uint8_t *data, size_t size)
{
	char path[128];

	for (size_t i = 0; i < FILES; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/%s", root, files[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd == -1 || write(fd, data, size) != (ssize_t)size)
			abort();
		close(fd);
	}
}

static void read_metrics(const struct procfs *fs)
{
	const struct metric *metric;
	char text[4096];

	for (size_t i = 0; (metric = metric_at(i)) != NULL; i++) {
		const char *name = metric_file_name(metric);

		if (!name || procfs_read(fs, 7, name, text, sizeof(text)) < 0)
			continue;
		if (metric->read(text, fs->page_kib) < -1)
			abort();
		if (metric->mark)
			procfs_kib(text, metric->mark);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct procfs fs;
	struct proc_stat stat;
	char command[64];
	ssize_t len;
	pid_t newest;
	long threads;
	struct err e;

	if (!root[0])
		make_root();
	fill_root(data, size);
	if (procfs_init(&fs, root, &e) == 0) {
		procfs_newest(&fs, &newest, &threads);
		if (procfs_stat(&fs, 7, &stat) &&
		    strnlen(stat.name, PROCFS_NAME) == PROCFS_NAME)
			abort();
		len = procfs_read(&fs, 7, "cmdline", command, sizeof(command));
		if (argv_join(command, len) &&
		    strnlen(command, sizeof(command)) == sizeof(command))
			abort();
		read_metrics(&fs);
	}
	procfs_finish(&fs);
	return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * A file in memory with a fuzzer's bytes, for what reads files. One file
 * serves all inputs of a process: harnesses run in one thread.
 */
#ifndef MPROF_TESTS_FUZZ_INPUT_H
#define MPROF_TESTS_FUZZ_INPUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int input_fd = -1;

static inline void input_close(void)
{
	close(input_fd);
}

/* Rewound, and not to be closed by the caller. */
static inline int input_file(const uint8_t *data, size_t size)
{
	if (input_fd == -1) {
		input_fd = memfd_create("input", MFD_CLOEXEC);
		atexit(input_close);
	}
	if (input_fd == -1 || ftruncate(input_fd, 0) != 0 ||
	    pwrite(input_fd, data, size, 0) != (ssize_t)size ||
	    lseek(input_fd, 0, SEEK_SET) != 0)
		abort();
	return input_fd;
}

static char input_named[4096];

static inline void input_remove(void)
{
	unlink(input_named);
}

/* For what refuses links, or asks which file is mapped: a file with a name of
 * its own, with these bytes. */
static inline const char *input_name(const uint8_t *data, size_t size)
{
	const char *directory = getenv("TMPDIR");
	FILE *file;

	if (!input_named[0]) {
		snprintf(input_named, sizeof(input_named), "%s/fuzz.XXXXXX",
		    directory ? directory : "/tmp");
		close(mkstemp(input_named));
		atexit(input_remove);
	}
	file = fopen(input_named, "wb");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		abort();
	return input_named;
}

/* For what opens the file itself. */
static inline const char *input_path(const uint8_t *data, size_t size)
{
	static char path[64];

	snprintf(
	    path, sizeof(path), "/proc/self/fd/%d", input_file(data, size));
	return path;
}

#endif

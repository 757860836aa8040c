// SPDX-License-Identifier: MIT
#include "proc/static.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "proc/procfs.h"

#define PARTS_MAX 128

/* The program headers: offset, number and size of each. */
struct static_parts {
	uint64_t at;
	size_t count, size;
};

static bool static_read_parts(int fd, struct static_parts *parts)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr narrow;
		Elf64_Ehdr wide;
	} head;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.ident, ELFMAG, SELFMAG) != 0)
		return false;
	if (head.ident[EI_CLASS] == ELFCLASS64)
		*parts = (struct static_parts){head.wide.e_phoff,
		    head.wide.e_phnum, head.wide.e_phentsize};
	else
		*parts = (struct static_parts){head.narrow.e_phoff,
		    head.narrow.e_phnum, head.narrow.e_phentsize};
	return parts->count > 0 && parts->count <= PARTS_MAX &&
	       parts->size >= sizeof(Elf32_Phdr) &&
	       parts->at <= INT64_MAX - PARTS_MAX * UINT16_MAX;
}

static int static_file(int fd)
{
	struct static_parts parts;

	if (!static_read_parts(fd, &parts))
		return -1;
	for (size_t i = 0; i < parts.count; i++) {
		uint32_t type; /* first field in both ELF classes */

		if (pread(fd, &type, sizeof(type),
			(off_t)(parts.at + i * parts.size)) != sizeof(type))
			return -1;
		if (type == PT_INTERP)
			return 0;
	}
	return 1;
}

bool static_is_narrow(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	unsigned char ident[EI_NIDENT] = {0};
	bool is_read;

	if (fd < 0)
		return false;
	is_read = pread(fd, ident, sizeof(ident), 0) == sizeof(ident);
	close(fd);
	return is_read && memcmp(ident, ELFMAG, SELFMAG) == 0 &&
	       ident[EI_CLASS] == ELFCLASS32;
}

int static_program(pid_t pid)
{
	int fd = procfs_open_once(pid, "exe"), is_static;

	if (fd < 0)
		return -1;
	is_static = static_file(fd);
	close(fd);
	return is_static;
}

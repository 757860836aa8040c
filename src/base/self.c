// SPDX-License-Identifier: MIT
#include "base/self.h"

#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#ifndef MPROF_LIBDIR
#define MPROF_LIBDIR "/usr/local/lib/mprof"
#endif

static int self_check_part(const char *path, uid_t owner, struct err *e)
{
	struct stat about;
	bool open_to_all;

	if (lstat(path, &about) != 0)
		return err_errno(e, "%s: can't be checked", path);
	open_to_all = (about.st_mode & S_IWOTH) && !S_ISLNK(about.st_mode) &&
		      !(about.st_mode & S_ISVTX);
	if (open_to_all)
		return err_set(e,
		    "%s: everybody can write to it, so nothing is loaded from "
		    "it; chmod o-w it, or install mprof",
		    path);
	if (about.st_uid == 0 || about.st_uid == geteuid() ||
	    about.st_uid == owner)
		return 0;
	return err_set(e,
	    "%s: belongs to another user (uid %u), so nothing is loaded from "
	    "it; chown it, or install mprof",
	    path, (unsigned)about.st_uid);
}

/* Code is loaded only from files that no other user could have written: the
 * file and all directories above it belong to root, to the effective user or to
 * owner, and are not writable by everyone. (A sticky directory such as /tmp may
 * be: others can't replace files in it. Group permissions are the
 * administrator's choice.) path contains no symbolic link. -1 with e, which
 * names the part that fails. */
static int self_check(const char *path, uid_t owner, struct err *e)
{
	char *part = mem_copy(path);
	char *slash;
	int failed = self_check_part(part, owner, e);

	while (failed == 0 && (slash = strrchr(part, '/'))) {
		*slash = 0;
		failed = self_check_part(*part ? part : "/", owner, e);
	}
	free(part);
	return failed;
}

/* The owner of the program's own file. */
static uid_t self_owner(void)
{
	struct stat about;

	return stat("/proc/self/exe", &about) == 0 ? about.st_uid : geteuid();
}

/* The file at path with links resolved; NULL where it is missing or must not be
 * loaded. e keeps the first reason. */
static char *self_trusted(char *path, struct err *e)
{
	char *real = access(path, R_OK) == 0 ? realpath(path, NULL) : NULL;
	struct err why;

	free(path);
	if (!real || self_check(real, self_owner(), &why) == 0)
		return real;
	if (e && !e->text[0])
		*e = why;
	free(real);
	return NULL;
}

char *self_path(void)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self));

	return len > 0 ? mem_copy_n(self, (size_t)len) : NULL;
}

/* Names the Debian package of a companion file, where that is not the
 * program's. */
static const char *self_advice(const char *name)
{
	if (strcmp(name, "render.so") == 0 || strcmp(name, "graph.so") == 0)
		return "install the package mprof-charts, or ";
	if (strncmp(name, "memory_profiler", 15) == 0)
		return "install the package mprof-python, or ";
	return "";
}

char *self_companion(const char *name, struct err *e)
{
	static const char *const directories[] = {
	    "build", "../lib/mprof", "../libexec/mprof"};
	char *self = self_path(), *slash = self ? strrchr(self, '/') : NULL;
	char *found = NULL;

	if (e)
		e->text[0] = 0;
	for (size_t i = 0; slash && !found && i < 3; i++)
		found =
		    self_trusted(mem_format("%.*s/%s/%s", (int)(slash - self),
				     self, directories[i], name),
			e);
	free(self);
	if (!found)
		found =
		    self_trusted(mem_format("%s/%s", MPROF_LIBDIR, name), e);
	if (!found && e && !e->text[0])
		err_set(e,
		    "%s: not found beside the program or in %s; %sreinstall "
		    "mprof",
		    name, MPROF_LIBDIR, self_advice(name));
	return found;
}

int self_drop_privileges(struct err *e)
{
	uid_t user = getuid();
	gid_t group = getgid();

	if (user == geteuid() && group == getegid())
		return 0;
	/* The group first: it can't be set without the user's privileges. */
	if (setresgid(group, group, group) == 0 &&
	    setresuid(user, user, user) == 0)
		return 0;
	return err_errno(e,
	    "setuid or setgid: not meant for mprof, and its privileges "
	    "can't be dropped; chmod ug-s the program");
}

/* Read-only segments hold only what the file holds. The program's own, the
 * first, is left alone: it may have a debugger's breakpoints. */
static int self_trim_library(
    struct dl_phdr_info *library, size_t size, void *seen)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	bool *behind_first = seen;

	(void)size;
	if (!*behind_first) {
		*behind_first = true;
		return 0;
	}
	for (size_t i = 0; i < library->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &library->dlpi_phdr[i];
		uintptr_t start = library->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W))
			madvise((void *)(start & ~(page - 1)),
			    segment->p_memsz + (start & (page - 1)),
			    MADV_DONTNEED);
	}
	return 0;
}

void self_trim(void)
{
	bool behind_first = false;

	dl_iterate_phdr(self_trim_library, &behind_first);
}

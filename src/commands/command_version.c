// SPDX-License-Identifier: MIT
#include "commands/command_version.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "base/io.h"
#include "base/self.h"
#include "base/units.h"
#include "proc/cgroup.h"
#include "proc/connector.h"

#ifndef MPROF_VERSION
#error "MPROF_VERSION comes from the Makefile"
#endif

void version_print(FILE *out)
{
	static const char version[] = MPROF_VERSION;

	fprintf(out, "mprof %s (%s)\n", version, MPROF_FEATURES);
}

enum { FACT = 256 };

static void version_print_fact(FILE *out, const char *name, const char *fact)
{
	fprintf(out, "  %-18s %s\n", name, fact);
}

/* Reads the first line of a file; "unknown" where there is none. */
static void version_read_line(const char *path, char line[static FACT])
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(line, FACT, file))
		strcpy(line, "unknown");
	line[strcspn(line, "\n")] = 0;
	if (file)
		fclose(file);
}

/* Reads PRETTY_NAME, whose value may be quoted. */
static void version_find_system(char fact[static FACT])
{
	static const char key[] = "PRETTY_NAME=";
	FILE *file = fopen("/etc/os-release", "re");
	char line[FACT];

	strcpy(fact, "unknown");
	while (file && fgets(line, sizeof(line), file)) {
		char *value = line + sizeof(key) - 1;

		if (strncmp(line, key, sizeof(key) - 1) != 0)
			continue;
		value += strspn(value, "\"'");
		value[strcspn(value, "\"'\n")] = 0;
		strcpy(fact, value);
	}
	if (file)
		fclose(file);
}

static void version_print_kernel(FILE *out)
{
	struct utsname name;
	char fact[sizeof(name)];

	if (uname(&name) != 0)
		return;
	snprintf(fact, sizeof(fact), "%s %s, %s", name.sysname, name.release,
	    name.machine);
	version_print_fact(out, "kernel", fact);
}

static const char *version_libc(char fact[static FACT])
{
#ifdef __GLIBC__
	snprintf(fact, FACT, "glibc %s", gnu_get_libc_version());
	return fact;
#else
	(void)fact;
	return "not glibc";
#endif
}

static void version_print_cgroup(FILE *out)
{
	char fact[PATH_MAX + FACT], kib[UNITS_TEXT];
	struct cgroup cgroup;
	struct procfs fs;
	struct err e;

	if (procfs_init(&fs, "/proc", &e) != 0) {
		version_print_fact(out, "/proc", e.text);
		return;
	}
	if (cgroup_init(&cgroup, &fs, fs.self, &e) != 0) {
		version_print_fact(
		    out, "control group", "none that counts memory");
	} else {
		int64_t limit = cgroup_limit_kib(&cgroup);

		snprintf(fact, sizeof(fact), "version %d, %s, limit %s",
		    cgroup.v2 ? 2 : 1, cgroup.path,
		    limit < 0 ? "none" : units_size(kib, (double)limit / 1024));
		version_print_fact(out, "control group", fact);
		cgroup_finish(&cgroup);
	}
	procfs_finish(&fs);
}

static void version_print_connector(FILE *out)
{
	struct connector connector;

	connector_init(&connector, false);
	version_print_fact(out, "forks",
	    connector.fd >= 0 ? "reported by the kernel"
			      : "looked for in /proc");
	connector_finish(&connector);
}

/* On most systems the file behind the symbolic link has the minor version in
 * its name. */
static void version_print_python(FILE *out)
{
	char *path = path_of_program("python3"), *real, fact[2 * PATH_MAX + 8];

	if (!path) {
		version_print_fact(out, "python3", "none in PATH");
		return;
	}
	real = realpath(path, NULL);
	if (real && strcmp(real, path) != 0)
		snprintf(fact, sizeof(fact), "%s -> %s", path, real);
	else
		snprintf(fact, sizeof(fact), "%s", path);
	version_print_fact(out, "python3", fact);
	free(real);
	free(path);
}

static void version_print_files(FILE *out)
{
	static const char *const names[] = {"render.so", "graph.so",
	    "symbols.so", "touched.so", "allocation.so", "memory_profiler.so"};
	char *self = self_path();

	version_print_fact(out, "program", self ? self : "unknown");
	free(self);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = self_companion(names[i], NULL);

		version_print_fact(out, names[i], path ? path : "not there");
		free(path);
	}
}

void version_print_machine(FILE *out)
{
	char fact[FACT];

	version_print(out);
	version_find_system(fact);
	version_print_fact(out, "system", fact);
	version_print_kernel(out);
	version_print_fact(out, "C library", version_libc(fact));
	version_print_cgroup(out);
	version_read_line("/proc/sys/kernel/yama/ptrace_scope", fact);
	version_print_fact(out, "ptrace scope", fact);
	version_read_line("/proc/sys/kernel/perf_event_paranoid", fact);
	version_print_fact(out, "perf paranoid", fact);
	version_print_connector(out);
	version_print_python(out);
	version_print_files(out);
}

// SPDX-License-Identifier: MIT
#include "recorder/unsampled.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocation_space.h"
#include "base/allocation_table.h"
#include "base/clock.h"
#include "proc/argv.h"
#include "proc/filters.h"
#include "proc/maps.h"
#include "proc/procfs.h"
#include "proc/static.h"

/* A smaller process is not reported. */
#define MUCH_KIB (8 << 10)
/* UNSAMPLED_STEP_NS: time between two scans of processes. A static program, or
 * one with a filter, is reported at the first one; that another one lacks the
 * library is certain after KNOWN_NS. */
#define UNSAMPLED_STEP_NS (NS_PER_S / 20)
#define KNOWN_NS NS_PER_S

static struct unsampled_process *unsampled_find(
    struct unsampled *unsampled, const struct sink_process *process)
{
	for (size_t i = 0; i < unsampled->checked.len; i++) {
		struct unsampled_process *checked =
		    &unsampled->checked.items[i];

		if (checked->pid == process->pid &&
		    checked->start_ticks == process->start_ticks)
			return checked;
	}
	return NULL;
}

/* One of another user may not write into the directory of the tables. */
static bool unsampled_is_another_user(pid_t pid)
{
	char path[64], text[4096];
	const char *line;
	unsigned real, effective;

	procfs_path(path, sizeof(path), pid, "status");
	if (procfs_read_at(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return false;
	line = strstr(text, "\nUid:");
	return line && sscanf(line, "\nUid: %u %u", &real, &effective) == 2 &&
	       effective != geteuid();
}

static bool unsampled_limits_files(pid_t pid)
{
	char path[64], text[4096];
	const char *line;
	uint64_t bytes;

	procfs_path(path, sizeof(path), pid, "limits");
	if (procfs_read_at(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return false;
	line = strstr(text, "\nMax file size ");
	return line && sscanf(line, "\nMax file size %" SCNu64, &bytes) == 1 &&
	       bytes < ALLOCATION_FILE;
}

/* Whether its directory of tables is full, or another one for it than here. It
 * has the recorder's user: another one's was reported before. */
static bool unsampled_lacks_directory(pid_t pid, const char *directory)
{
	struct stat here, there;
	char path[PATH_MAX];

	procfs_path(path, sizeof(path), pid, "root%s", directory);
	return stat(directory, &here) == 0 &&
	       (stat(path, &there) != 0 || here.st_dev != there.st_dev ||
		   here.st_ino != there.st_ino ||
		   !allocation_has_space(directory));
}

/* Whether it can't have a table, which is a file. */
static bool unsampled_lacks_table(pid_t pid)
{
	struct procfs fs;
	char *directory;
	bool lacks;

	if (procfs_init(&fs, "/proc", &(struct err){{0}}) != 0)
		return false;
	directory = argv_variable(&fs, pid, ALLOCATION_VARIABLE);
	lacks = directory && (unsampled_limits_files(pid) ||
				 unsampled_lacks_directory(pid, directory));
	free(directory);
	procfs_finish(&fs);
	return lacks;
}

/* Why it has no table, where it is no static program; NULL: it has allocated
 * little since a fork. */
static const char *unsampled_reason(
    const struct unsampled *unsampled, pid_t pid)
{
	bool is_started = maps_library_wipes(pid, ALLOCATION_LIBRARY);

	if (is_started && unsampled_is_another_user(pid))
		return "user";
	if (!is_started && unsampled->attached)
		return "before";
	if (filters_are_more(pid))
		return "filter";
	if (!is_started)
		return "none";
	return unsampled_lacks_table(pid) ? "file" : NULL;
}

/* A reason that is certain at the first scan. */
static const char *unsampled_plain_reason(
    const struct unsampled *unsampled, pid_t pid)
{
	char path[64];

	if (static_program(pid) == 1)
		return "static";
	procfs_path(path, sizeof(path), pid, "exe");
	if (static_is_narrow(path))
		return "32-bit";
	return !unsampled->attached && filters_are_more(pid) ? "filter" : NULL;
}

static void unsampled_check(struct unsampled *unsampled,
    const struct sink_process *process, const struct sink_tick *tick,
    const struct sink *sink)
{
	struct unsampled_process *checked = unsampled_find(unsampled, process);
	struct sink_held held = {.time_ns = tick->time_ns,
	    .pid = process->is_root ? 0 : process->pid,
	    .every = 1};
	struct proc_stat now;
	const char *plain;
	bool is_there;

	if (checked && (checked->is_reported ||
			   tick->time_ns - checked->first_ns < KNOWN_NS))
		return;
	plain = unsampled_plain_reason(unsampled, process->pid);
	if (!checked) {
		checked = array_push(&unsampled->checked);
		*checked = (struct unsampled_process){.pid = process->pid,
		    .start_ticks = process->start_ticks,
		    .first_ns = tick->time_ns};
		if (!plain)
			return;
	}
	checked->is_reported = true;
	held.by = plain ? plain : unsampled_reason(unsampled, process->pid);
	if (!held.by)
		return;
	/* A process that ends maps nothing, whatever it had loaded. */
	is_there = procfs_stat_once(process->pid, &now) == 0;
	if (!plain && (!is_there || now.is_ending))
		return;
	/* The tick's name may be that of the program before. */
	held.name = is_there && now.name[0] ? now.name : process->name;
	unsampled->reported++;
	sink->held(sink->context, &held);
}

/* Notes the reason of the launched program, which may execute another one. Each
 * check is twice as late as the one before. */
static void unsampled_note(struct unsampled *unsampled,
    const struct sink_process *process, int64_t now_ns)
{
	struct proc_stat now;
	const char *by;

	if (!unsampled->small.first_ns)
		unsampled->small.first_ns = now_ns;
	if (now_ns < unsampled->small.next_ns)
		return;
	unsampled->small.next_ns = 2 * now_ns - unsampled->small.first_ns;
	by = unsampled_plain_reason(unsampled, process->pid);
	if (!by && now_ns - unsampled->small.first_ns >= KNOWN_NS)
		by = unsampled_reason(unsampled, process->pid);
	if (procfs_stat_once(process->pid, &now) != 0 || now.is_ending)
		return;
	unsampled->small.by = by;
	snprintf(unsampled->small.name, sizeof(unsampled->small.name), "%s",
	    now.name);
}

void unsampled_end(struct unsampled *unsampled, const struct sink_tick *tick,
    const struct sink *sink)
{
	const struct sink_held held = {.time_ns = tick->time_ns,
	    .name = unsampled->small.name,
	    .by = unsampled->small.by,
	    .every = 1};

	if (!held.by || unsampled->reported > 0)
		return;
	unsampled->reported++;
	sink->held(sink->context, &held);
}

void unsampled_scan(struct unsampled *unsampled, const struct sink_tick *tick,
    const struct sink *sink, bool (*has_table)(const void *context, pid_t pid),
    const void *context)
{
	if (tick->time_ns - unsampled->checked_ns < UNSAMPLED_STEP_NS)
		return;
	unsampled->checked_ns = tick->time_ns;
	for (size_t i = 0; i < tick->count; i++) {
		const struct sink_process *process = &tick->processes[i];

		if (process->kib < MUCH_KIB &&
		    (!process->is_root || unsampled->attached))
			continue;
		if (has_table(context, process->pid))
			continue;
		if (process->kib >= MUCH_KIB)
			unsampled_check(unsampled, process, tick, sink);
		else
			unsampled_note(unsampled, process, tick->time_ns);
	}
}

void unsampled_finish(struct unsampled *unsampled)
{
	array_free(&unsampled->checked);
}

// SPDX-License-Identifier: MIT
#include "recorder/meter.h"

#include <errno.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

/* Descriptors that are left to everything else. */
enum { SPARE = 24 };

/* Descriptors up to the soft limit, which is raised to the hard one. */
static int raise_limit(void)
{
	struct rlimit limit, raised;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	raised = limit;
	raised.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
		limit = raised;
	if (limit.rlim_cur > INT_MAX)
		return INT_MAX;
	return limit.rlim_cur > SPARE ? (int)limit.rlim_cur - SPARE : 0;
}

void meter_init(
    struct meter *meter, const struct procfs *fs, const struct metric *metric)
{
	if (metric->file == METRIC_CGROUP)
		metric = metric_find("rss");
	*meter = (struct meter){.fs = fs,
	    .metric = metric,
	    .file = metric_file_name(metric),
	    .keep_below = raise_limit()};
}

static void meter_drop(struct member *member)
{
	if (member->fd >= 0)
		close(member->fd);
	member->fd = -1;
}

/* An open smaps_rollup stays with the memory of its opening: after an exec it
 * fails. */
static void meter_keep(struct meter *meter, struct member *member, pid_t pid)
{
	meter_drop(member);
	if (meter->metric->file == METRIC_ROLLUP)
		return;
	member->fd = procfs_open(meter->fs, pid, meter->file);
	if (member->fd >= meter->keep_below)
		meter_drop(member);
}

/* By name, which may be another process's by now. */
static ssize_t read_named(struct meter *meter, const struct member *member)
{
	struct proc_stat stat;
	ssize_t got = procfs_read(meter->fs, member->pid, meter->file,
	    meter->text, sizeof(meter->text));
	int cause = errno;

	if (procfs_stat(meter->fs, member->pid, &stat) &&
	    stat.started != member->started) {
		errno = ESRCH;
		return -1;
	}
	errno = cause;
	return got;
}

static ssize_t meter_read_text(struct meter *meter, struct member *member)
{
	if (member->fd < 0)
		meter_keep(meter, member, member->pid);
	if (member->fd < 0)
		return read_named(meter, member);
	return procfs_pread(member->fd, meter->text, sizeof(meter->text));
}

/* Returns the figure in the text; -1 where it is of a process that has no
 * memory: a zombie, one that is about to be, a kernel thread. */
static int64_t meter_read_kib(const struct meter *meter, ssize_t got)
{
	const char *text = meter->text;

	if (got <= 0 || (text[0] == '0' && text[1] == ' '))
		return -1;
	return meter->metric->read(text, meter->fs->page_kib);
}

struct meter_search {
	struct meter *meter;
	struct member *member;
};

static bool try_thread(void *context, pid_t thread)
{
	struct meter_search *search = context;
	struct meter *meter = search->meter;
	ssize_t got = procfs_read(
	    meter->fs, thread, meter->file, meter->text, sizeof(meter->text));

	search->member->kib = meter_read_kib(meter, got);
	if (search->member->kib < 0)
		return true;
	meter_keep(meter, search->member, thread);
	search->member->task = procfs_namespace_pid(meter->fs, thread);
	return false;
}

/* Why is there no memory? Where the main thread has exited, the others still
 * have it. */
static bool meter_examine(struct meter *meter, struct member *member)
{
	struct meter_search search = {meter, member};
	struct proc_stat stat;

	member->kib = -1;
	if (!procfs_stat(meter->fs, member->pid, &stat))
		return errno != ENOENT && errno != ESRCH;
	if (stat.started != member->started)
		return false;
	if (stat.state != 'Z' && stat.state != 'X')
		return true;
	if (stat.threads > 1) {
		member->by_thread = true;
		procfs_each_thread(meter->fs, member->pid, try_thread, &search);
	} else {
		member->zombie = true;
	}
	return true;
}

static void note_shared(const struct meter *meter, struct member *member)
{
	int64_t kib = -1;

	if (meter->metric->read_shared)
		kib = meter->metric->read_shared(
		    meter->text, meter->fs->page_kib);
	member->shared_kib = kib < 0 ? 0 : kib;
}

/* Another program tells that the process executed. */
static void meter_note_program(const struct meter *meter, struct member *member)
{
	int64_t program = 0;

	if (meter->metric->read_program)
		program = meter->metric->read_program(
		    meter->text, meter->fs->page_kib);
	if (program <= 0)
		return;
	member->executed |= member->program > 0 && member->program != program;
	member->program = program;
}

bool meter_measure(struct meter *meter, struct member *member)
{
	ssize_t got = meter_read_text(meter, member);

	if (got < 0 && (errno == EACCES || errno == EPERM)) {
		meter->denied++;
		member->denied = true;
		member->kib = -1;
		return true;
	}
	if (got < 0 && (errno == ESRCH || errno == ENOENT) &&
	    !member->by_thread && meter->metric->file != METRIC_ROLLUP)
		return false;
	member->kib = meter_read_kib(meter, got);
	if (member->kib >= 0) {
		note_shared(meter, member);
		meter_note_program(meter, member);
		if (member->kib > member->peak_kib)
			member->peak_kib = member->kib;
		return true;
	}
	return member->zombie && got > 0 ? true : meter_examine(meter, member);
}

/* The end of a program that was launched is told by wait(): until then it is
 * there, or hidden since it executed a setuid program. */
static void meter_miss_root(const struct meter *meter, struct member *root)
{
	struct proc_stat stat;

	root->kib = -1;
	root->hidden = !procfs_stat(meter->fs, root->pid, &stat);
}

/* Counts borrowed memory once; false where the process is no longer there. The
 * lender's reading may be of memory that this process has now. */
static bool meter_measure_own(
    struct meter *meter, struct members *members, size_t at)
{
	size_t parted = MEMBERS_NONE;

	if (borrow_check(&meter->borrow, members, at, &parted))
		return true;
	if (parted != MEMBERS_NONE &&
	    !meter_measure(meter, &members->list.items[parted]))
		members->list.items[parted].kib = -1;
	return meter_measure(meter, &members->list.items[at]);
}

void meter_read(struct meter *meter, struct members *members, size_t first)
{
	for (size_t i = first; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		member->hidden = false;
		if (member->gone || meter_measure_own(meter, members, i))
			continue;
		if (member->is_root && meter->keeps_root)
			meter_miss_root(meter, member);
		else
			members_lose(members, i);
	}
}

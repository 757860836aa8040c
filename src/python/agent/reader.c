// SPDX-License-Identifier: MIT
#include "python/agent/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/metric.h"
#include "proc/procfs.h"
#include "python/agent/api.h"
#include "python/agent/rss.h"
#include "python/agent/tree_peak.h"

/* KCMP_VM of kcmp(), Linux 3.5: whether two processes share their memory. */
#define COMPARE_MEMORY 1

struct kin {
	pid_t pid, ppid;
	uint64_t started;
	int64_t faults;
	bool is_forked;
	bool belongs; /* it descends from the process */
};

struct kindred {
	struct kin *items; /* sorted by pid */
	size_t len, cap;
};

struct reader {
	pid_t pid;
	const struct metric *metric;
	bool children;
	struct kindred known; /* all processes at the previous reading */
	struct tree_peak peak;
	struct tree_reading reading; /* reused by the next reading */
	struct pyobj *callable;
};

struct reader *reader_create(const struct reader_wish *wish)
{
	const struct metric *metric =
	    metric_find(wish->backend ? wish->backend : "psutil");
	struct reader *reader = NULL;

	if (metric && metric_file_name(metric))
		reader = calloc(1, sizeof(*reader));
	if (!reader)
		return NULL;
	reader->pid = wish->pid;
	reader->metric = metric;
	reader->children = wish->children;
	return reader;
}

struct reader *reader_create_asking(struct pyobj *callable)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	py.Py_IncRef(callable);
	reader->callable = callable;
	return reader;
}

void reader_destroy(struct reader *reader)
{
	if (!reader)
		return;
	if (reader->callable)
		py.Py_DecRef(reader->callable);
	free(reader->known.items);
	tree_reading_finish(&reader->peak.last);
	tree_reading_finish(&reader->reading);
	free(reader);
}

static pid_t reader_pid(const struct reader *reader, const struct procfs *fs)
{
	return reader->pid ? reader->pid : fs->self;
}

static int64_t reader_bytes_of(
    const struct reader *reader, const struct procfs *fs, pid_t pid)
{
	char text[4096];
	int64_t kib;

	errno = ESRCH;
	if (procfs_read(fs, pid, metric_file_name(reader->metric), text,
		sizeof(text)) <= 0) {
		if (errno == ENOENT)
			errno = ESRCH;
		return -1;
	}
	kib = reader->metric->read(text, fs->page_kib);
	return kib < 0 ? 0 : kib * 1024;
}

static int reader_order(const void *x, const void *y)
{
	const struct kin *a = x, *b = y;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

static struct kin *reader_find_kin(const struct kindred *kindred, pid_t pid)
{
	struct kin wanted = {.pid = pid};

	if (!kindred->len)
		return NULL;
	return bsearch(&wanted, kindred->items, kindred->len, sizeof(wanted),
	    reader_order);
}

struct reader_scan {
	const struct procfs *fs;
	struct kindred found;
};

static bool reader_add_kin(void *context, pid_t pid)
{
	struct reader_scan *scan = context;
	struct kindred *found = &scan->found;
	struct proc_stat stat;
	size_t cap = found->cap ? 2 * found->cap : 128;
	struct kin *items;

	if (!procfs_stat(scan->fs, pid, &stat) || stat.is_kernel)
		return true;
	if (found->len == found->cap) {
		items = realloc(found->items, cap * sizeof(*items));
		if (!items)
			return false;
		found->items = items;
		found->cap = cap;
	}
	found->items[found->len++] = (struct kin){.pid = pid,
	    .ppid = stat.ppid,
	    .started = stat.started,
	    .faults = stat.faults,
	    .is_forked = stat.is_forked};
	return true;
}

/* A process belongs if its parent does, and keeps belonging: an orphan has
 * another parent than before. */
static void reader_mark_kin(
    struct kindred *found, const struct kindred *known, pid_t root)
{
	bool changed = true;

	for (size_t i = 0; i < found->len; i++) {
		const struct kin *old =
		    reader_find_kin(known, found->items[i].pid);

		found->items[i].belongs =
		    old && old->belongs &&
		    old->started == found->items[i].started;
	}
	while (changed) {
		changed = false;
		for (size_t i = 0; i < found->len; i++) {
			struct kin *kin = &found->items[i];
			const struct kin *parent =
			    reader_find_kin(found, kin->ppid);

			if (kin->belongs || kin->pid == root ||
			    (kin->ppid != root && !(parent && parent->belongs)))
				continue;
			kin->belongs = changed = true;
		}
	}
}

struct reader_parent {
	const struct procfs *fs;
	pid_t pid;
	bool has_children;
};

static bool reader_ask_thread(void *context, pid_t thread)
{
	struct reader_parent *parent = context;
	char name[64], text[2];

	snprintf(name, sizeof(name), "task/%d/children", (int)thread);
	parent->has_children =
	    procfs_read(parent->fs, parent->pid, name, text, sizeof(text)) != 0;
	return !parent->has_children;
}

/* Whether the process has children. An empty list of a thread's children is
 * exact, another one may lack some; a kernel without CONFIG_PROC_CHILDREN has
 * no list. */
static bool reader_has_kin(const struct reader *reader, const struct procfs *fs)
{
	struct reader_parent parent = {.fs = fs, .pid = reader_pid(reader, fs)};

	for (size_t i = 0; i < reader->known.len; i++) {
		if (reader->known.items[i].belongs)
			return true;
	}
	return procfs_each_thread(fs, parent.pid, reader_ask_thread, &parent) !=
		   0 ||
	       parent.has_children;
}

static int reader_scan_kin(struct reader *reader, const struct procfs *fs)
{
	struct reader_scan scan = {.fs = fs};

	if (!reader_has_kin(reader, fs))
		return 0;
	if (procfs_each(fs, NULL, reader_add_kin, &scan) != 0) {
		free(scan.found.items);
		return -1;
	}
	if (scan.found.len)
		qsort(scan.found.items, scan.found.len, sizeof(struct kin),
		    reader_order);
	reader_mark_kin(&scan.found, &reader->known, reader_pid(reader, fs));
	free(reader->known.items);
	reader->known = scan.found;
	return 0;
}

/* Between vfork() and exec a child uses its parent's memory, which counts
 * once. */
static bool reader_is_borrowed(const struct kin *kin)
{
	return kin->is_forked && syscall(SYS_kcmp, kin->pid, kin->ppid,
				     COMPARE_MEMORY, 0, 0) == 0;
}

static int reader_each_kin(struct reader *reader, const struct procfs *fs,
    void (*each)(void *context, const struct kin *kin, int64_t bytes),
    void *context)
{
	if (reader_scan_kin(reader, fs) != 0)
		return -1;
	for (size_t i = 0; i < reader->known.len; i++) {
		const struct kin *kin = &reader->known.items[i];
		int64_t bytes;

		if (!kin->belongs || reader_is_borrowed(kin))
			continue;
		bytes = reader_bytes_of(reader, fs, kin->pid);
		if (bytes >= 0)
			each(context, kin, bytes);
	}
	return 0;
}

struct reader_call {
	void (*each)(void *context, pid_t pid, int64_t bytes);
	void *context;
};

static void reader_call_each(
    void *context, const struct kin *kin, int64_t bytes)
{
	const struct reader_call *call = context;

	call->each(call->context, kin->pid, bytes);
}

int reader_each_child(struct reader *reader,
    void (*each)(void *context, pid_t pid, int64_t bytes), void *context)
{
	struct reader_call call = {each, context};
	struct procfs fs;
	int failed;

	if (procfs_init(&fs, "/proc", NULL) != 0)
		return -1;
	failed = reader_each_kin(reader, &fs, reader_call_each, &call);
	procfs_finish(&fs);
	return failed;
}

bool reader_is_slow(const struct reader *reader)
{
	return reader->children || reader->metric->file != METRIC_STATM;
}

static void reader_add_bytes(
    void *context, const struct kin *kin, int64_t bytes)
{
	int64_t *sum = context;

	(void)kin;
	*sum += bytes;
}

static int64_t reader_ask(const struct reader *reader)
{
	struct pyobj *answer = py.PyObject_CallObject(reader->callable, NULL);
	long bytes = answer ? py.PyLong_AsLong(answer) : 0;

	if (answer)
		py.Py_DecRef(answer);
	py.PyErr_Clear();
	return bytes;
}

int64_t reader_bytes(struct reader *reader)
{
	struct procfs fs;
	int64_t bytes;
	int cause;

	if (reader->callable)
		return reader_ask(reader);
	if (!reader->pid && !reader->children &&
	    reader->metric == metric_find("psutil"))
		return rss_pages() * sysconf(_SC_PAGESIZE);
	if (procfs_init(&fs, "/proc", NULL) != 0)
		return -1;
	bytes = reader_bytes_of(reader, &fs, reader_pid(reader, &fs));
	cause = errno;
	if (bytes >= 0 && reader->children)
		reader_each_kin(reader, &fs, reader_add_bytes, &bytes);
	procfs_finish(&fs);
	errno = cause;
	return bytes;
}

/* The high-water mark of the resident set; -1 where another figure is read, or
 * it is not known. */
static int64_t reader_mark(
    const struct reader *reader, const struct procfs *fs, pid_t pid)
{
	char text[4096];
	int64_t kib = -1;

	if (reader->metric->mark &&
	    procfs_read(fs, pid, "status", text, sizeof(text)) > 0)
		kib = procfs_kib(text, reader->metric->mark);
	return kib < 0 ? -1 : kib * 1024;
}

struct reader_peak_scan {
	struct reader *reader;
	const struct procfs *fs;
};

static void reader_add_member(
    void *context, const struct kin *kin, int64_t bytes)
{
	const struct reader_peak_scan *scan = context;
	const struct tree_member member = {.pid = kin->pid,
	    .started = kin->started,
	    .faults = kin->faults,
	    .bytes = bytes,
	    .mark = reader_mark(scan->reader, scan->fs, kin->pid)};

	tree_reading_add(&scan->reader->reading, &member);
}

/* The highest high-water mark of processes that have ended. Of a child that was
 * not waited for, only its parent can read it, by the child's pid. */
static int64_t reader_waited(const struct reader *reader)
{
	struct rusage usage = {0};

	if (!reader->metric->mark)
		return 0;
	if (reader->pid)
		syscall(SYS_waitid, P_PID, reader->pid, NULL,
		    WEXITED | WNOWAIT | WNOHANG, &usage);
	else if (reader->children)
		getrusage(RUSAGE_CHILDREN, &usage);
	return usage.ru_maxrss * 1024LL;
}

static int reader_read_tree(struct reader *reader, const struct procfs *fs)
{
	struct reader_peak_scan scan = {reader, fs};
	struct proc_stat stat = {0};
	struct kin root = {.pid = reader_pid(reader, fs)};
	int64_t bytes = reader_bytes_of(reader, fs, root.pid);

	if (bytes < 0)
		return -1;
	if (reader->children && procfs_stat(fs, root.pid, &stat)) {
		root.started = stat.started;
		root.faults = stat.faults;
	}
	reader_add_member(&scan, &root, bytes);
	if (reader->children)
		reader_each_kin(reader, fs, reader_add_member, &scan);
	/* For a child that it vforked Linux counts the parent's memory. */
	if (reader->pid && !reader->peak.old)
		reader->peak.old = reader_mark(reader, fs, fs->self);
	reader->reading.waited = reader_waited(reader);
	return 0;
}

int64_t reader_peak(struct reader *reader)
{
	struct procfs fs;
	int failed, cause;

	if (reader->callable)
		return reader_ask(reader);
	if (procfs_init(&fs, "/proc", NULL) != 0)
		return -1;
	failed = reader_read_tree(reader, &fs);
	cause = errno;
	procfs_finish(&fs);
	errno = cause;
	if (failed)
		return -1;
	tree_peak_add(&reader->peak, &reader->reading);
	return reader->peak.bytes;
}

// SPDX-License-Identifier: MIT
#include "proc/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	FLAG_ENDING = 0x00000004,        /* PF_EXITING */
	FLAG_FORKED = 0x00000040,        /* PF_FORKNOEXEC */
	FLAG_KERNEL_THREAD = 0x00200000, /* PF_KTHREAD */
	/* Fields of stat, counted from the state, which is the third. */
	FIELD_PPID = 1,
	FIELD_FLAGS = 6,
	FIELD_FAULTS = 7,
	FIELD_WAITED_FAULTS = 8,
	FIELD_MAJOR_FAULTS = 9,
	FIELD_WAITED_MAJOR_FAULTS = 10,
	FIELD_USER = 11,
	FIELD_SYSTEM = 12,
	FIELD_WAITED_USER = 13,
	FIELD_WAITED_SYSTEM = 14,
	FIELD_THREADS = 17,
	FIELD_STARTED = 19,
	FIELD_VMS = 20,
	FIELD_RSS = 21,
	FIELD_EXIT_SIGNAL = 35,
	FIELD_EXIT_CODE = 49,
	FIELDS = 50
};

/* Reads a number at *at, which then points after it and one separator. More
 * than 64 bits wrap around: no kernel writes that, and it does no harm. */
static int64_t procfs_number_next(const char **at)
{
	const char *p = *at;
	bool negative = *p == '-';
	uint64_t value = 0;

	p += negative;
	while (*p >= '0' && *p <= '9')
		value = value * 10 + (uint64_t)(*p++ - '0');
	*at = *p ? p + 1 : p;
	return (int64_t)(negative ? -value : value);
}

static int64_t procfs_number_of(const char *text)
{
	return procfs_number_next(&text);
}

ssize_t procfs_pread(int fd, char *text, size_t size)
{
	ssize_t got;

	do
		got = pread(fd, text, size - 1, 0);
	while (got < 0 && errno == EINTR);
	text[got > 0 ? got : 0] = 0;
	return got;
}

ssize_t procfs_read_at(int root, const char *path, char *text, size_t size)
{
	int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	text[0] = 0;
	if (fd < 0)
		return -1;
	got = procfs_pread(fd, text, size);
	close(fd);
	return got;
}

/* Opens a file of the kernel: lxcfs and the like put their own over loadavg and
 * stat, which don't tell the newest pid. */
static int procfs_open_kernels(int root, const char *name)
{
	int fd = openat(root, name, O_RDONLY | O_CLOEXEC);
	struct statfs ours, theirs;

	if (fd < 0)
		return -1;
	if (fstatfs(fd, &ours) == 0 && fstatfs(root, &theirs) == 0 &&
	    ours.f_type == theirs.f_type)
		return fd;
	close(fd);
	return -1;
}

int procfs_nested_pids(const char *status, int depth, pid_t *found)
{
	const char *at = strstr(status, "\nNSpid:\t");
	int count = 0;

	if (!at)
		return 0;
	for (at += strlen("\nNSpid:\t"); *at >= '0' && *at <= '9'; count++) {
		pid_t number = (pid_t)procfs_number_next(&at);

		if (depth < 0 || count == depth)
			*found = number;
	}
	return count;
}

static int procfs_read_nested(
    const struct procfs *fs, pid_t pid, int depth, pid_t *found)
{
	char text[4096];

	if (procfs_read(fs, pid, "status", text, sizeof(text)) <= 0)
		return 0;
	return procfs_nested_pids(text, depth, found);
}

int procfs_init(struct procfs *fs, const char *root, struct err *e)
{
	char text[32];
	pid_t inner;
	ssize_t len;

	*fs = (struct procfs){.loadavg = -1,
	    .page_kib = sysconf(_SC_PAGESIZE) / 1024,
	    .pid_max = 32768};
	fs->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs->root < 0)
		return err_errno(e, "%s: can't be read", root);
	len = readlinkat(fs->root, "self", text, sizeof(text) - 1);
	if (len <= 0) {
		close(fs->root);
		return err_set(
		    e, "%s: this process is not in it; is it mounted?", root);
	}
	text[len] = 0;
	fs->self = (pid_t)procfs_number_of(text);
	fs->other_namespace = fs->self != getpid();
	if (fs->other_namespace)
		fs->depth = procfs_read_nested(fs, fs->self, -1, &inner) - 1;
	fs->loadavg = procfs_open_kernels(fs->root, "loadavg");
	if (procfs_read_at(fs->root, "sys/kernel/pid_max", text, sizeof(text)) >
	    0)
		fs->pid_max = (long)procfs_number_of(text);
	return 0;
}

int procfs_copy(struct procfs *copy, const struct procfs *fs)
{
	*copy = *fs;
	copy->loadavg = -1;
	copy->root = fcntl(fs->root, F_DUPFD_CLOEXEC, 0);
	return copy->root < 0 ? -1 : 0;
}

void procfs_finish(struct procfs *fs)
{
	close(fs->root);
	if (fs->loadavg >= 0)
		close(fs->loadavg);
	fs->root = fs->loadavg = -1;
}

/* "0.00 0.01 0.05 1/108 16846" */
bool procfs_newest(const struct procfs *fs, pid_t *newest, long *threads)
{
	char text[128];
	const char *at;

	if (fs->loadavg < 0 || fs->other_namespace ||
	    procfs_pread(fs->loadavg, text, sizeof(text)) <= 0)
		return false;
	at = strchr(text, '/');
	if (!at)
		return false;
	at++;
	*threads = (long)procfs_number_next(&at);
	*newest = (pid_t)procfs_number_next(&at);
	return *newest > 0;
}

/* The line follows the one with all interrupts, which takes a page or more. */
int64_t procfs_forks(const struct procfs *fs)
{
	int fd = procfs_open_kernels(fs->root, "stat");
	int64_t forks = -1;
	char *line = NULL;
	size_t size = 0;
	FILE *file;

	if (fd < 0)
		return -1;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -1;
	}
	while (forks < 0 && getline(&line, &size, file) > 0) {
		const char *at = line + strlen("processes ");

		if (strncmp(line, "processes ", strlen("processes ")) == 0)
			forks = procfs_number_next(&at);
	}
	free(line);
	fclose(file);
	return forks;
}

static void procfs_make_path(char path[static 64], pid_t pid, const char *name)
{
	char digits[16];
	size_t count = 0;
	unsigned int left = (unsigned int)pid;

	do
		digits[count++] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	while (count > 0)
		*path++ = digits[--count];
	*path++ = '/';
	memcpy(path, name, strlen(name) + 1);
}

void procfs_path(char *path, size_t size, pid_t pid, const char *format, ...)
{
	int len = snprintf(path, size, "/proc/%d/", (int)pid);
	va_list args;

	if (len < 0 || (size_t)len >= size)
		return;
	va_start(args, format);
	vsnprintf(path + len, size - (size_t)len, format, args);
	va_end(args);
}

int procfs_open(const struct procfs *fs, pid_t pid, const char *name)
{
	char path[64];

	procfs_make_path(path, pid, name);
	return openat(fs->root, path, O_RDONLY | O_CLOEXEC);
}

ssize_t procfs_read(const struct procfs *fs, pid_t pid, const char *name,
    char *text, size_t size)
{
	char path[64];

	procfs_make_path(path, pid, name);
	return procfs_read_at(fs->root, path, text, size);
}

ssize_t procfs_machine(
    const struct procfs *fs, const char *name, char *text, size_t size)
{
	return procfs_read_at(fs->root, name, text, size);
}

/* The name may contain blanks and parentheses: it ends at the last one. */
static const char *procfs_read_name(
    const char *text, char name[static PROCFS_NAME])
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	size_t len;

	if (!open || !close || close < open || close[1] != ' ')
		return NULL;
	len = (size_t)(close - open) - 1;
	if (len >= PROCFS_NAME)
		len = PROCFS_NAME - 1;
	memcpy(name, open + 1, len);
	name[len] = 0;
	return close + 2;
}

/* Sums; negative where one has wrapped below 0, or the sum does. */
static int64_t procfs_count_sum(int64_t a, int64_t b)
{
	return a < 0 || b < 0 ? -1 : (int64_t)((uint64_t)a + (uint64_t)b);
}

bool procfs_stat(const struct procfs *fs, pid_t pid, struct proc_stat *stat)
{
	char text[1024];
	int64_t fields[FIELDS] = {0};
	const char *at;

	if (procfs_read(fs, pid, "stat", text, sizeof(text)) <= 0)
		return false;
	at = procfs_read_name(text, stat->name);
	if (!at)
		return false;
	stat->state = *at;
	at += at[0] && at[1] ? 2 : strlen(at);
	for (size_t i = 1; i < FIELDS && *at; i++)
		fields[i] = procfs_number_next(&at);
	stat->pid = pid;
	stat->ppid = (pid_t)fields[FIELD_PPID];
	stat->is_thread = fields[FIELD_EXIT_SIGNAL] == -1;
	stat->is_kernel = (fields[FIELD_FLAGS] & FLAG_KERNEL_THREAD) != 0;
	stat->is_forked = (fields[FIELD_FLAGS] & FLAG_FORKED) != 0;
	stat->is_ending = (fields[FIELD_FLAGS] & FLAG_ENDING) != 0;
	stat->faults = fields[FIELD_FAULTS];
	stat->major_faults = fields[FIELD_MAJOR_FAULTS];
	stat->cpu_ticks =
	    procfs_count_sum(fields[FIELD_USER], fields[FIELD_SYSTEM]);
	stat->waited_faults = fields[FIELD_WAITED_FAULTS];
	stat->waited_major_faults = fields[FIELD_WAITED_MAJOR_FAULTS];
	stat->waited_cpu_ticks = procfs_count_sum(
	    fields[FIELD_WAITED_USER], fields[FIELD_WAITED_SYSTEM]);
	stat->threads = (long)fields[FIELD_THREADS];
	stat->started = (uint64_t)fields[FIELD_STARTED];
	stat->vms_kib = fields[FIELD_VMS] / 1024;
	stat->rss_kib =
	    (int64_t)((uint64_t)fields[FIELD_RSS] * (uint64_t)fs->page_kib);
	stat->exit_status = (int)fields[FIELD_EXIT_CODE];
	return true;
}

bool procfs_stat_of(const struct procfs *fs, pid_t pid, uint64_t started,
    struct proc_stat *stat)
{
	if (!procfs_stat(fs, pid, stat))
		return false;
	if (stat->started == started)
		return true;
	errno = ESRCH;
	return false;
}

int procfs_stat_once(pid_t pid, struct proc_stat *stat)
{
	struct procfs fs;
	int error = 0;

	if (procfs_init(&fs, "/proc", NULL) < 0)
		return EIO;
	errno = ESRCH;
	if (!procfs_stat(&fs, pid, stat))
		error = errno == ENOENT ? ESRCH : errno;
	procfs_finish(&fs);
	return error;
}

int procfs_open_once(pid_t pid, const char *name)
{
	char path[64];

	procfs_path(path, sizeof(path), pid, "%s", name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

uint64_t procfs_ticks(void)
{
	return (uint64_t)(clock_ns(CLOCK_BOOTTIME) /
			  (NS_PER_S / sysconf(_SC_CLK_TCK)));
}

int64_t procfs_number(const char *text, const char *key)
{
	size_t len = strlen(key);
	int64_t number;

	while (text) {
		if (strncmp(text, key, len) == 0 && text[len] == ':') {
			text += len + 1;
			text += strspn(text, " \t");
			if (*text < '0' || *text > '9')
				return -1;
			number = procfs_number_next(&text);
			return number < 0 ? -1 : number;
		}
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return -1;
}

int64_t procfs_kib(const char *text, const char *key)
{
	int64_t kib = procfs_number(text, key);

	return kib < 0 || kib >> 52 ? -1 : kib;
}

struct procfs_entry {
	uint64_t inode, offset;
	uint16_t len;
	uint8_t type;
	char name[];
};

static int procfs_each_number(int fd, int64_t *position,
    bool (*each)(void *context, pid_t pid), void *context)
{
	/* The kernel creates an inode for each entry: reads only as many as are
	 * used soon. */
	_Alignas(struct procfs_entry) char entries[1024];
	long got = -1;

	if (fd < 0)
		return -1;
	if (position && *position)
		lseek(fd, *position, SEEK_SET);
	while (
	    (got = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < got;) {
			struct procfs_entry *entry = (void *)(entries + at);
			const char *name = entry->name;

			at += entry->len;
			if (*name < '1' || *name > '9')
				continue;
			if (each(context, (pid_t)procfs_number_next(&name)))
				continue;
			if (position)
				*position = (int64_t)entry->offset;
			goto out;
		}
	}
	if (position)
		*position = 0;
out:
	close(fd);
	return got < 0 ? -1 : 0;
}

int procfs_each(const struct procfs *fs, int64_t *position,
    bool (*each)(void *context, pid_t pid), void *context)
{
	return procfs_each_number(
	    openat(fs->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), position,
	    each, context);
}

int procfs_each_thread(const struct procfs *fs, pid_t pid,
    bool (*each)(void *context, pid_t thread), void *context)
{
	return procfs_each_number(
	    procfs_open(fs, pid, "task"), NULL, each, context);
}

int procfs_each_thread_once(
    pid_t pid, bool (*each)(void *context, pid_t thread), void *context)
{
	return procfs_each_number(
	    procfs_open_once(pid, "task"), NULL, each, context);
}

pid_t procfs_namespace_pid(const struct procfs *fs, pid_t pid)
{
	pid_t own = -1;

	if (!fs->other_namespace)
		return pid;
	if (fs->depth > 0)
		procfs_read_nested(fs, pid, fs->depth, &own);
	return own > 0 ? own : -1;
}

struct child {
	const struct procfs *fs;
	pid_t own, found;
};

static bool procfs_is_child(void *context, pid_t pid)
{
	struct child *child = context;
	struct proc_stat stat;

	if (!procfs_stat(child->fs, pid, &stat) ||
	    stat.ppid != child->fs->self ||
	    procfs_namespace_pid(child->fs, pid) != child->own)
		return true;
	child->found = pid;
	return false;
}

pid_t procfs_child(const struct procfs *fs, pid_t pid)
{
	struct child child = {fs, pid, -1};

	if (!fs->other_namespace)
		return pid;
	procfs_each(fs, NULL, procfs_is_child, &child);
	return child.found;
}

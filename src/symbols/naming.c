// SPDX-License-Identifier: MIT
#include "symbols/naming.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "dat/writer.h"
#include "proc/perf_map.h"
#include "proc/procfs.h"
#include "profile/run.h"
#include "symbols/symbols.h"

enum {
	/* Seconds of CPU time: on a machine where much is running they take
	 * long. Sleeping, as until a server answers, takes none. */
	CPU_MAX_S = 10,
	SLEEP_MAX_S = 10,
	SECONDS_MAX = 60,
	LOOK_MS = 100,          /* between two looks whether the child sleeps */
	RECORDS_MAX = 32 << 20, /* bytes */
	TEXT_MAX = 1024, /* bytes of a function's name; C++ has long ones */
	CODES_MAX = 1 << 18,
	PIECE = 16 << 10, /* bytes buffered at most before sending */
	/* Seconds after the last sample in which a program may have written its
	 * map; at the end of its own recording any time is good. */
	MAP_LATE_S = 60
};

/* A sanitizer maps terabytes for its own use. */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_MAX RLIM_INFINITY
#else
#define MEMORY_MAX ((rlim_t)512 << 20)
#endif

/* A message to the parent, followed by a number. */
#define FILE_RECORD "FILE "

/* A position in machine code. */
struct naming_code {
	const char *path;
	const char *where; /* path by which this process reaches the file */
	uint64_t address;
	uint64_t number; /* number of the frame */
	double first_s;  /* time of its first sample */
	bool is_made;    /* path is a perf map */
};

/* First use of a frame's code, by the samples with that frame. */
struct naming_first {
	double first_s;
	int pid; /* its one process; 0: the launched one; -1: several */
};

struct naming {
	ARRAY(struct naming_code) codes;
	struct dat_writer writer;       /* to the parent */
	const struct naming_code *file; /* first one of the present file */
	size_t open;   /* index + 1 of the code whose record was begun; 0 */
	size_t next;   /* first code of the file to start with */
	bool is_plain; /* read the file without libdw */
	const struct naming_means *means;
	int64_t end_ns;      /* deadline, CLOCK_MONOTONIC */
	int64_t cpu_ns;      /* CPU time that is left */
	int64_t sleep_ms;    /* time to sleep that is left */
	double end_s;        /* of the recording */
	ARRAY(char *) paths; /* those that were made here */
};

static void naming_end_record(struct naming *naming)
{
	if (naming->open)
		dat_write_end(&naming->writer, 0,
		    (int64_t)(naming->codes.items[0].first_s * NS_PER_S));
	naming->open = 0;
	if (naming->writer.buffer.len > PIECE)
		dat_writer_flush(&naming->writer);
}

static void naming_add(
    void *context, size_t at, const char *file, int line, const char *function)
{
	struct naming *naming = context;
	char text[TEXT_MAX];

	if (naming->open != at + 1) {
		naming_end_record(naming);
		dat_write_begin(&naming->writer, "NAME");
		dat_write_whole(
		    &naming->writer, "frame", (int64_t)naming->file[at].number);
		dat_write_text(&naming->writer, "frames", "");
		naming->open = at + 1;
	} else {
		dat_write_raw(&naming->writer, ",");
	}
	dat_write_part(&naming->writer, *file ? file : naming->file[at].path);
	snprintf(text, sizeof(text), ":%d:", line > 0 ? line : 0);
	dat_write_raw(&naming->writer, text);
	snprintf(text, sizeof(text), "%s", function);
	dat_write_part(&naming->writer, text);
}

/* A name from a perf map, which may tell its place. */
static void naming_add_made(struct naming *naming, size_t at, const char *name)
{
	struct perf_map_place place;
	char *file, *function;

	if (!perf_map_split(name, &place)) {
		naming_add(naming, at, "", 0, name);
		return;
	}
	file = mem_format("%.*s", (int)place.path_len, place.path);
	function = mem_format("%.*s", (int)place.function_len, place.function);
	naming_add(naming, at, file, atoi(place.line), function);
	free(file);
	free(function);
}

static double naming_first_s(const struct naming_code *codes, size_t count)
{
	double first_s = INFINITY;

	for (size_t i = 0; i < count; i++)
		first_s = fmin(first_s, codes[i].first_s);
	return first_s;
}

/* Times of samples are rounded, and may be those of another clock. */
static double naming_seconds(const struct timespec *time)
{
	return (double)time->tv_sec + (double)time->tv_nsec / 1e9 - 0.01;
}

/* Whether the file is unchanged: a changed one may have other code at that
 * address. */
static bool naming_is_same(const struct naming_code *codes, size_t count)
{
	struct stat about;

	return stat(codes[0].where, &about) == 0 && S_ISREG(about.st_mode) &&
	       naming_seconds(&about.st_ctim) <= naming_first_s(codes, count);
}

/* The path of the file as it was when it was first sampled, also where another
 * one is in its place, or none; NULL where it is not kept. The caller frees. */
static char *naming_kept(
    const struct naming *naming, const struct naming_code *codes, size_t count)
{
	const struct kept_files *files = naming->means->files;
	const struct kept_file *kept =
	    files ? kept_files_find(files, codes[0].path) : NULL;
	double first_s = naming_first_s(codes, count);
	struct stat about;

	if (!kept || naming_seconds(&kept->changed) > first_s ||
	    fstat(kept->fd, &about) != 0 ||
	    naming_seconds(&about.st_mtim) > first_s)
		return NULL;
	return mem_format("/proc/self/fd/%d", kept->fd);
}

/* Opens the perf map of a process that may be gone; -1 where it was written
 * before or after it, or by another user. */
static int naming_open_map(
    const struct naming *naming, const struct naming_code *codes, size_t count)
{
	int fd = open(codes->where,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat about;

	if (fd < 0)
		return -1;
	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
	    (geteuid() == 0 || about.st_uid == geteuid()) &&
	    (double)about.st_mtim.tv_sec + 1 >= naming_first_s(codes, count) &&
	    (double)about.st_mtim.tv_sec <= naming->end_s + MAP_LATE_S)
		return fd;
	close(fd);
	return -1;
}

/* The addresses of codes of one file, ascending as they are. The caller frees.
 */
static uint64_t *naming_addresses(const struct naming_code *codes, size_t count)
{
	uint64_t *addresses = mem_zero(count, sizeof(*addresses));

	for (size_t i = 0; i < count; i++)
		addresses[i] = codes[i].address;
	return addresses;
}

/* Other code may have been at that address when the map was written: perf has
 * no other names, either. */
static void naming_find_made(
    struct naming *naming, const struct naming_code *codes, size_t count)
{
	int fd = naming_open_map(naming, codes, count);
	struct perf_map map = {.wanted_count = count};
	uint64_t *addresses;

	if (fd < 0)
		return;
	addresses = naming_addresses(codes, count);
	map.wanted = addresses;
	perf_map_load(&map, fd);
	free(addresses);
	close(fd);
	naming->file = codes;
	for (size_t i = 0; i < count; i++) {
		const char *name = perf_map_search(&map, codes[i].address);

		if (name)
			naming_add_made(naming, i, name);
	}
	perf_map_finish(&map);
}

/* Tells the parent which file is begun, in case that it kills this child. */
static void naming_find_in(struct naming *naming,
    const struct naming_code *codes, size_t count, const char *where)
{
	size_t at = (size_t)(codes - naming->codes.items);
	uint64_t *addresses = naming_addresses(codes, count);
	struct symbols_request request = {.path = where,
	    .addresses = addresses,
	    .count = count,
	    .report = naming_add,
	    .context = naming};

	naming->file = codes;
	strbuf_add_format(&naming->writer.buffer, FILE_RECORD "%zu\n", at);
	dat_writer_flush(&naming->writer);
	if (naming->is_plain && at == naming->next)
		symbols_find_plain(&request);
	else
		symbols_find(&request);
	free(addresses);
}

static int naming_order(const void *x, const void *y)
{
	const struct naming_code *a = x, *b = y;
	int order = strcmp(a->path, b->path);

	return order ? order
		     : (a->address > b->address) - (a->address < b->address);
}

/* Notes the first sample of each frame's code, and its process. */
static void naming_note_first(const struct run *run,
    const struct allocation_list *list, struct naming_first *first)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct allocation *one = &list->items[i];
		const struct site *site = &run->sites.items[one->site];

		for (size_t j = 0; j < site->count; j++) {
			size_t code = run->site_codes.items[site->first + j];
			struct naming_first *at = &first[code];

			if (isinf(at->first_s))
				at->pid = one->pid;
			else if (at->pid != one->pid)
				at->pid = -1;
			at->first_s = fmin(at->first_s, one->time_s);
		}
	}
}

static const char *naming_keep_path(struct naming *naming, char *path)
{
	*array_push(&naming->paths) = path;
	return path;
}

/* Sets the paths of a process's perf map; false where the process is not known.
 */
static bool naming_set_map(struct naming *naming, struct naming_code *code,
    const struct naming_first *first)
{
	int pid = first->pid == 0 ? (int)naming->means->root : first->pid;
	char *inside;

	if (pid <= 0)
		return false;
	code->is_made = true;
	code->path = code->where =
	    naming_keep_path(naming, mem_format("/tmp/perf-%d.map", pid));
	inside = naming->means->roots
		     ? roots_perf_map(naming->means->roots, pid)
		     : NULL;
	if (inside)
		code->where = naming_keep_path(naming, inside);
	return true;
}

static void naming_set_where(struct naming *naming, struct naming_code *code)
{
	const struct naming_code *last =
	    naming->codes.len > 0 ? &naming->codes.items[naming->codes.len - 1]
				  : NULL;
	char *kept;

	if (last && strcmp(last->path, code->path) == 0) {
		code->where = last->where;
		return;
	}
	kept = naming->means->roots
		   ? roots_reach(naming->means->roots, code->path)
		   : NULL;
	code->where = kept ? naming_keep_path(naming, kept) : code->path;
}

static void naming_add_code(struct naming *naming,
    const struct site_frame *code, const struct naming_first *first)
{
	struct naming_code new = {.path = code->own.module,
	    .number = code->number,
	    .first_s = first->first_s};

	if (!new.path || strncmp(code->own.function, "+0x", 3) != 0 ||
	    code->names.len > 0 || naming->codes.len == CODES_MAX)
		return;
	new.address = strtoull(code->own.function + 1, NULL, 16);
	if (*new.path == '/')
		naming_set_where(naming, &new);
	else if (*new.path || !naming_set_map(naming, &new, first))
		return;
	*array_push(&naming->codes) = new;
}

static void naming_collect(struct naming *naming, const struct run *run)
{
	struct naming_first *first =
	    mem_zero(run->code.len + 1, sizeof(*first));

	for (size_t i = 0; i < run->code.len; i++)
		first[i].first_s = INFINITY;
	naming_note_first(run, &run->allocations, first);
	naming_note_first(run, &run->touches, first);
	for (size_t i = 0; i < run->code.len; i++)
		naming_add_code(naming, &run->code.items[i], &first[i]);
	free(first);
	if (naming->codes.len > 0)
		qsort(naming->codes.items, naming->codes.len,
		    sizeof(naming->codes.items[0]), naming_order);
}

/* The index after the last code of the same file. */
static size_t naming_file_end(const struct naming *naming, size_t at)
{
	const char *path = naming->codes.items[at].path;

	while (at < naming->codes.len &&
	       strcmp(naming->codes.items[at].path, path) == 0)
		at++;
	return at;
}

static void naming_set_limits(const struct naming *naming)
{
	const rlim_t cpu_s =
	    (rlim_t)((naming->cpu_ns + NS_PER_S - 1) / NS_PER_S);
	const struct rlimit cpu = {cpu_s, cpu_s};
	const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};
	const struct rlimit no_core = {0, 0};

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_DATA, &memory);
	setrlimit(RLIMIT_CORE, &no_core);
}

/* Finds names in the file, or in the one that was there before. */
static void naming_find_file(
    struct naming *naming, const struct naming_code *codes, size_t count)
{
	char *kept;

	if (naming_is_same(codes, count)) {
		naming_find_in(naming, codes, count, codes[0].where);
		return;
	}
	kept = naming_kept(naming, codes, count);
	if (kept)
		naming_find_in(naming, codes, count, kept);
	free(kept);
}

/* Runs in the child: only the pipe stays open. */
__attribute__((noreturn)) static void naming_run(struct naming *naming)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	naming_set_limits(naming);
	io_silence_streams();
	for (size_t i = naming->next, next; i < naming->codes.len; i = next) {
		const struct naming_code *codes = &naming->codes.items[i];

		next = naming_file_end(naming, i);
		if (codes->is_made)
			naming_find_made(naming, codes, next - i);
		else
			naming_find_file(naming, codes, next - i);
		naming_end_record(naming);
		dat_writer_flush(&naming->writer);
	}
	_exit(0);
}

/* Neither runs nor waits for a processor or a disk. */
static bool naming_sleeps(pid_t child)
{
	struct proc_stat stat;

	return procfs_stat_once(child, &stat) == 0 && stat.state == 'S';
}

/* Whether the other end was closed before a deadline. */
static bool naming_receive(
    struct naming *naming, pid_t child, int fd, struct strbuf *got)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	while (naming->sleep_ms > 0 && got->len <= RECORDS_MAX &&
	       clock_mono_ns() < naming->end_ns) {
		int ready = poll(&pollfd, 1, LOOK_MS);
		ssize_t len;

		if (ready < 0)
			return false;
		if (ready == 0) {
			naming->sleep_ms -= naming_sleeps(child) ? LOOK_MS : 0;
			continue;
		}
		len = read(fd, strbuf_reserve(got, 65536), 65536);
		if (len <= 0)
			return true;
		got->len += (size_t)len;
	}
	return false;
}

/* Keeps the NAME records of an answer that may break off. Returns the index of
 * the first code of the file that was begun last; without one, of the first
 * code that was asked for. */
static size_t naming_keep(const struct naming *naming, struct strbuf *records,
    const struct strbuf *got)
{
	const char *at = got->text, *end = at + got->len;
	size_t last = naming->next;

	while (at && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (!newline)
			break;
		if (strncmp(at, "NAME;", 5) == 0)
			strbuf_add_bytes(
			    records, at, (size_t)(newline - at) + 1);
		else if (strncmp(at, FILE_RECORD, strlen(FILE_RECORD)) == 0)
			last = strtoull(at + strlen(FILE_RECORD), NULL, 10);
		at = newline + 1;
	}
	return last < naming->codes.len ? last : naming->next;
}

/* After a child died at a file: it is read again without libdw, or skipped if
 * that was tried. Returns whether there is more. */
static bool naming_step_over(struct naming *naming, size_t file)
{
	bool was_plain = naming->is_plain && file == naming->next;

	naming->is_plain = !was_plain;
	naming->next = was_plain ? naming_file_end(naming, file) : file;
	return naming->next < naming->codes.len;
}

/* Returns the child's status. */
static int naming_end(struct naming *naming, pid_t child)
{
	struct rusage used = {0};
	int status = 0;

	kill(child, SIGKILL);
	wait4(child, &status, 0, &used);
	naming->cpu_ns -=
	    (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * NS_PER_S +
	    (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000;
	return status;
}

/* Whether another child must continue. */
static bool naming_fork(struct naming *naming, struct strbuf *records)
{
	struct strbuf got = {0};
	bool goes_on = false;
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	child = fork();
	if (child == 0) {
		close(ends[0]);
		naming->writer = (struct dat_writer){.fd = ends[1]};
		naming_run(naming);
	}
	close(ends[1]);
	if (child > 0) {
		bool has_ended = naming_receive(naming, child, ends[0], &got);
		int status = naming_end(naming, child);
		size_t file;

		strbuf_add_bytes(&got, "", 0);
		file = naming_keep(naming, records, &got);
		/* The kernel's own count of the limit is a little coarser. */
		goes_on = has_ended && WIFSIGNALED(status) &&
			  naming->cpu_ns > NS_PER_S / 2 &&
			  naming_step_over(naming, file);
	}
	close(ends[0]);
	strbuf_finish(&got);
	return goes_on;
}

void naming_find(const struct run *run, const struct naming_means *means,
    struct strbuf *records)
{
	struct naming naming = {.means = means,
	    .end_ns = clock_mono_ns() + SECONDS_MAX * NS_PER_S,
	    .cpu_ns = CPU_MAX_S * NS_PER_S,
	    .sleep_ms = SLEEP_MAX_S * 1000,
	    .end_s = means->root > 0 ? INFINITY : run_last_s(run)};

	naming_collect(&naming, run);
	while (naming.codes.len > 0 && naming_fork(&naming, records))
		;
	array_free(&naming.codes);
	for (size_t i = 0; i < naming.paths.len; i++)
		free(naming.paths.items[i]);
	array_free(&naming.paths);
}

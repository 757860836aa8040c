// SPDX-License-Identifier: MIT
#include "input/target.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/command_status.h"
#include "proc/argv.h"
#include "proc/cgroup_find.h"
#include "proc/find.h"

enum { LIST_MAX = 20 };

/* A command line can't be read while its process holds its mmap_lock: neither a
 * list nor the start of a recording waits longer than this. */
#define PATIENCE_NS NS_PER_S

static bool target_is_number(const char *word)
{
	return word[0] && word[strspn(word, "0123456789")] == 0;
}

/* One of several processes that match a name. */
struct target_row {
	struct proc_stat stat;
	char command[256], directory[256];
};

static void target_row_read(
    struct target_row *row, const struct procfs *fs, struct argv_reader *reader)
{
	char name[32];
	ssize_t got;

	if (!argv_join(row->command,
		argv_read_settled(reader, row->stat.pid, row->stat.started,
		    PATIENCE_NS, row->command)))
		snprintf(
		    row->command, sizeof(row->command), "[%s]", row->stat.name);
	snprintf(name, sizeof(name), "%d/cwd", (int)row->stat.pid);
	got = readlinkat(
	    fs->root, name, row->directory, sizeof(row->directory) - 1);
	row->directory[got > 0 ? got : 0] = 0;
}

/* Whether no other one has the same command line. */
static bool target_row_is_alone(
    const struct target_row *rows, size_t len, size_t at)
{
	for (size_t i = 0; i < len; i++)
		if (i != at && strcmp(rows[i].command, rows[at].command) == 0)
			return false;
	return true;
}

static void target_row_print(const struct target_row *row, bool is_alone)
{
	char age[UNITS_TEXT], memory[UNITS_TEXT], command[512], directory[512];
	double ticks = (double)(procfs_ticks() - row->stat.started);

	fprintf(stderr, "%8d %8d %10s %10s  %s", (int)row->stat.pid,
	    (int)row->stat.ppid,
	    units_duration(age, ticks / (double)sysconf(_SC_CLK_TCK)),
	    units_size(memory, (double)row->stat.rss_kib / 1024),
	    utf8_clean(command, sizeof(command), row->command));
	if (!is_alone && row->directory[0])
		fprintf(stderr, "  in %s",
		    utf8_clean(directory, sizeof(directory), row->directory));
	fputc('\n', stderr);
}

static void target_list(const struct procfs *fs, const struct find *find)
{
	struct target_row *rows = mem_zero(LIST_MAX, sizeof(*rows));
	struct argv_reader *reader =
	    argv_reader_create(fs, sizeof(rows->command));
	size_t len = 0;

	for (size_t i = 0; i < find->pids.len && len < LIST_MAX; i++)
		if (procfs_stat(fs, find->pids.items[i], &rows[len].stat))
			target_row_read(&rows[len++], fs, reader);
	argv_reader_destroy(reader);
	fprintf(stderr, "%8s %8s %10s %10s  %s\n", "PID", "PARENT", "AGE",
	    "RSS", "COMMAND");
	for (size_t i = 0; i < len; i++)
		target_row_print(&rows[i], target_row_is_alone(rows, len, i));
	free(rows);
	if (find->pids.len > LIST_MAX)
		fprintf(stderr, "     ...  and %zu more\n",
		    find->pids.len - LIST_MAX);
}

/* Returns COMMAND_OK with a pid, or with pid 0 where the process has to be
 * waited for. */
static int target_choose(struct target *target, const struct procfs *fs,
    const struct target_wish *wish)
{
	struct find find;
	struct err e;
	int status = COMMAND_OK;

	find_by_name(&find, fs, wish->word);
	find_keep_roots(&find, fs);
	target->pid = find.pids.len == 1 ? find.pids.items[0] : 0;
	if (wish->wait && (find.rank != FIND_WHOLE || find.pids.len == 0)) {
		target->pid = 0;
	} else if (find.pids.len == 0) {
		err_set(&e, "%s: no process has that name", wish->word);
		status = command_fail(COMMAND_FAILED, &e);
	} else if (target->pid == 0) {
		err_set(&e,
		    "%s: %zu processes have that name, and none of them "
		    "started the others; give a pid:",
		    wish->word, find.pids.len);
		status = command_fail(COMMAND_FAILED, &e);
		target_list(fs, &find);
	}
	find_finish(&find);
	return status;
}

static int target_check(
    struct target *target, const struct procfs *fs, struct err *e)
{
	struct proc_stat stat;

	bool is_there;

	errno = ESRCH;
	is_there = procfs_stat(fs, target->pid, &stat);
	if (!is_there && errno != ESRCH && errno != ENOENT)
		return err_errno(e, "%d: can't be examined", (int)target->pid);
	if (!is_there || stat.is_thread)
		return err_set(e, "%d: no such process", (int)target->pid);
	if (target->pid == fs->self)
		return err_set(e,
		    "%d: is mprof itself; give the pid of the program",
		    (int)target->pid);
	if (stat.is_kernel)
		return err_set(e,
		    "%d: is a kernel thread, which has no memory of its own",
		    (int)target->pid);
	if (stat.state == 'Z' && stat.threads <= 1)
		return err_set(e,
		    "%d: has ended (a zombie), but its parent has not waited "
		    "for it yet",
		    (int)target->pid);
	return 0;
}

/* Reads the command line, which the process may have overwritten. If it is
 * empty or can't be read, uses the name in brackets. */
static void target_read_words(struct target *target, const struct procfs *fs)
{
	char text[65536];
	struct argv_reader *reader = argv_reader_create(fs, sizeof(text));
	struct proc_stat stat = {0};
	size_t count = 0;
	ssize_t len;

	procfs_stat(fs, target->pid, &stat);
	len = argv_read_settled(
	    reader, target->pid, stat.started, PATIENCE_NS, text);
	argv_reader_destroy(reader);
	if (len <= 0)
		len = snprintf(text, sizeof(text), "[%s]", stat.name);
	while (len > 0 && text[len - 1] == 0)
		len--;
	text[len] = 0;
	target->argv = mem_zero((size_t)len + 2, sizeof(char *));
	for (const char *at = text; at < text + len || count == 0;
	     at += strlen(at) + 1)
		target->argv[count++] = mem_copy(at);
}

/* Scanning all processes takes milliseconds: uses at most a twentieth of the
 * time. */
enum { WAIT_MS = 50, WAIT_SHARE = 20 };

static void target_wait(int64_t scan_ns, int64_t until_ns)
{
	int64_t now_ns = clock_mono_ns(), rest_ns = WAIT_SHARE * scan_ns;
	struct timespec rest;

	if (rest_ns < WAIT_MS * NS_PER_S / 1000)
		rest_ns = WAIT_MS * NS_PER_S / 1000;
	if (until_ns && rest_ns > until_ns - now_ns)
		rest_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	rest = (struct timespec){rest_ns / NS_PER_S, rest_ns % NS_PER_S};
	nanosleep(&rest, NULL);
}

static int target_wait_for_name(struct target *target, const struct procfs *fs,
    const struct target_wish *wish)
{
	int64_t begun_ns = clock_mono_ns();
	int status = target_choose(target, fs, wish);
	struct err e;

	while (status == COMMAND_OK &&
	       (target->pid == 0 || target_check(target, fs, &e) != 0)) {
		if (wish->until_ns && clock_mono_ns() >= wish->until_ns) {
			err_set(&e,
			    "%s: no process of that name has started before "
			    "--timeout",
			    wish->word);
			return command_fail(COMMAND_FAILED, &e);
		}
		target_wait(clock_mono_ns() - begun_ns, wish->until_ns);
		begun_ns = clock_mono_ns();
		status = target_choose(target, fs, wish);
	}
	return status;
}

static int target_find_pid(struct target *target, const struct procfs *fs,
    const struct target_wish *wish)
{
	long pid = strtol(wish->word, NULL, 10);

	if (wish->wait)
		return target_wait_for_name(target, fs, wish);
	if (!target_is_number(wish->word))
		return target_choose(target, fs, wish);
	target->pid = pid > INT_MAX ? 0 : (pid_t)pid;
	return COMMAND_OK;
}

/* Refuses an empty word, the result of "$(pidof server)" without a server, as
 * it would match every name. */
static int target_check_wish(const struct target_wish *wish)
{
	struct err e;

	if (wish->word[strspn(wish->word, " \t\n")] == 0)
		err_set(&e, "an empty word names no process; give a pid or a "
			    "name");
	else if (wish->wait && target_is_number(wish->word))
		err_set(
		    &e, "%s: is a pid; --wait-for takes a name", wish->word);
	else
		return COMMAND_OK;
	return command_fail(COMMAND_MISUSED, &e);
}

int target_find(struct target *target, const struct target_wish *wish)
{
	int status = target_check_wish(wish);
	struct procfs fs;
	struct err e;

	*target = (struct target){0};
	if (status != COMMAND_OK)
		return status;
	if (procfs_init(&fs, "/proc", &e) != 0)
		return command_fail(COMMAND_TROUBLE, &e);
	status = target_find_pid(target, &fs, wish);
	if (status == COMMAND_OK && target_check(target, &fs, &e) != 0)
		status = command_fail(COMMAND_FAILED, &e);
	if (status == COMMAND_OK)
		target_read_words(target, &fs);
	procfs_finish(&fs);
	return status;
}

int target_init(struct target *target, const char *word)
{
	return target_find(target, &(struct target_wish){.word = word});
}

int target_check_metric(
    const struct target *target, const struct metric *metric, struct err *e)
{
	char text[2048];
	struct procfs fs;
	int result = 0;

	if (metric->file != METRIC_ROLLUP || target->group)
		return 0;
	if (procfs_init(&fs, "/proc", e) != 0)
		return -1;
	if (procfs_read(&fs, target->pid, metric_file_name(metric), text,
		sizeof(text)) < 0 &&
	    (errno == EACCES || errno == EPERM))
		result = err_set(e,
		    "%d: not permitted to read its %s; --backend rss needs no "
		    "permission",
		    (int)target->pid, metric->measure->title);
	procfs_finish(&fs);
	return result;
}

/* The texts for a control group, by target_kind. */
static const struct target_words {
	const char *option, *none;
	int (*find)(struct cgroup_find *find, const char *word, struct err *e);
} target_words[] = {
    [TARGET_CGROUP] = {"cgroup", "there is no such control group",
	cgroup_find_path},
    [TARGET_UNIT] = {"unit", "no unit of that name has a control group",
	cgroup_find_unit},
    [TARGET_CONTAINER] = {"container",
	"no running container has that name or id", cgroup_find_container},
};

const char *target_option(enum target_kind kind)
{
	return target_words[kind].option;
}

static void target_list_groups(const struct cgroup_find *find)
{
	for (size_t i = 0; i < find->list.len; i++) {
		const struct cgroup_found *found = &find->list.items[i];
		char path[4096], names[512];

		if (i == LIST_MAX) {
			fprintf(stderr, "  ...  and %zu more\n",
			    find->list.len - LIST_MAX);
			break;
		}
		utf8_clean(path, sizeof(path), found->path);
		if (found->id)
			fprintf(stderr, "  %.12s  %s  ", found->id,
			    utf8_clean(names, sizeof(names),
				found->names ? found->names : "-"));
		fprintf(stderr, "%s%s\n", found->id ? "" : "  ", path);
	}
}

/* The end of a message that nothing was found. */
static const char *target_hint(
    const struct cgroup_find *find, enum target_kind kind)
{
	return kind == TARGET_CONTAINER && find->unnamed > 0
		   ? "; the names of some can't be read here, give an id"
		   : "";
}

static int target_choose_group(struct target *target,
    const struct cgroup_find *find, enum target_kind kind, const char *word)
{
	const struct target_words *words = &target_words[kind];
	struct err e;

	if (find->list.len == 0)
		err_set(&e, "--%s: %s: %s%s", words->option, word, words->none,
		    target_hint(find, kind));
	else if (find->list.len > 1)
		err_set(&e,
		    "--%s: %s: fits %zu control groups; give a path of these "
		    "to --cgroup:",
		    words->option, word, find->list.len);
	else if (!find->list.items[0].populated)
		err_set(&e, "--%s: %s: has no process", words->option, word);
	else {
		const struct cgroup_found *found = &find->list.items[0];

		target->group = mem_copy(found->directory);
		target->group_path = mem_copy(found->path);
		target->argv = mem_zero(3, sizeof(char *));
		target->argv[0] = mem_copy(words->option);
		target->argv[1] =
		    mem_copy(kind == TARGET_CGROUP ? found->path : word);
		return COMMAND_OK;
	}
	command_fail(COMMAND_FAILED, &e);
	if (find->list.len > 1)
		target_list_groups(find);
	return COMMAND_FAILED;
}

int target_find_group(
    struct target *target, enum target_kind kind, const char *word)
{
	struct procfs fs;
	struct cgroup_find find = {.fs = &fs, .state = ""};
	struct err e;
	int status;

	*target = (struct target){0};
	if (!*word) {
		err_set(&e, "option --%s: is empty; give a name",
		    target_words[kind].option);
		return command_fail(COMMAND_MISUSED, &e);
	}
	if (procfs_init(&fs, "/proc", &e) != 0)
		return command_fail(COMMAND_TROUBLE, &e);
	status = target_words[kind].find(&find, word, &e) == 0
		     ? target_choose_group(target, &find, kind, word)
		     : command_fail(COMMAND_FAILED, &e);
	cgroup_find_finish(&find);
	procfs_finish(&fs);
	return status;
}

void target_finish(struct target *target)
{
	for (char **word = target->argv; word && *word; word++)
		free(*word);
	free(target->argv);
	free(target->group);
	free(target->group_path);
	*target = (struct target){0};
}

// SPDX-License-Identifier: MIT
#include "recorder/snapshots.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/utf8.h"

/* A heap of many millions of objects takes half a minute. */
#define SNAPSHOT_PATIENCE_NS (120 * NS_PER_S)

/* Longest wait for a snapshot after the program has ended. */
#define SNAPSHOT_END_NS (20 * NS_PER_S)

/* Time between two looks then. */
#define SNAPSHOT_LOOK_NS (NS_PER_S / 200)

/* Bounds of what is read from a process aside. */
enum { SNAPSHOT_RECORDS_MAX = 16 << 20, SNAPSHOT_CAUSE_MAX = 400 };

static char *snapshots_path(const char *mark_path, const char *ending)
{
	const char *dot = strrchr(mark_path, '.');

	return mem_format("%.*s%s",
	    (int)(dot ? (size_t)(dot - mark_path) : strlen(mark_path)),
	    mark_path, ending);
}

void snapshots_init(
    struct snapshots *snapshots, const char *mark_path, bool precise)
{
	*snapshots = (struct snapshots){
	    .mark_path = mark_path, .precise = precise, .errors = -1};
}

void snapshots_remove_left(const char *mark_path)
{
	char *path = snapshots_path(mark_path, ".heap");

	unlink(path);
	free(path);
}

/* Appends to the answer file only where it is a plain file of this user:
 * another one could have made such a file, or a link. */
static void snapshots_answer(const struct snapshots *snapshots,
    const struct snapshots_request *request, const char *text)
{
	char ending[sizeof(SNAPSHOTS_ANSWER) + SNAPSHOTS_ANSWER_MAX];
	struct stat about;
	char *path, *line;
	int fd;

	if (!request->answer[0])
		return;
	snprintf(
	    ending, sizeof(ending), SNAPSHOTS_ANSWER "%s", request->answer);
	path = snapshots_path(snapshots->mark_path, ending);
	fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK |
			    O_CLOEXEC | O_NOCTTY);
	line = mem_format("%s\n", text);
	if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
	    about.st_uid == geteuid() && about.st_nlink == 1 &&
	    io_write_all(fd, line, strlen(line)) != 0)
		unlink(path); /* no answer file is an answer, too */
	if (fd >= 0)
		close(fd);
	free(line);
	free(path);
}

/* Drops a snapshot: its cause is kept for a notice, and answered. */
static void snapshots_leave_out(struct snapshots *snapshots,
    const struct snapshots_request *request, const char *cause)
{
	char label[256];

	snapshots->left_out++;
	if (snapshots->noticed < SNAPSHOTS_NOTICES)
		err_set(&snapshots->notices[snapshots->noticed++],
		    SNAPSHOTS_WORD " %s: %s",
		    utf8_clean(label, sizeof(label), request->label), cause);
	snapshots_answer(snapshots, request, cause);
}

static void snapshots_drop_first(struct snapshots *snapshots)
{
	free(snapshots->waiting[0].label);
	snapshots->len--;
	memmove(&snapshots->waiting[0], &snapshots->waiting[1],
	    snapshots->len * sizeof(snapshots->waiting[0]));
}

void snapshots_finish(struct snapshots *snapshots)
{
	while (snapshots->len > 0)
		snapshots_drop_first(snapshots);
	strbuf_finish(&snapshots->records);
}

/* Reads ";pid=17;answer=a1b2"; unknown keys are skipped. */
static void snapshots_read_keys(
    struct snapshots_request *request, const char *text, size_t len)
{
	char keys[256], *rest = keys, *key;

	snprintf(keys, sizeof(keys), "%.*s", (int)len, text);
	while ((key = strsep(&rest, ";"))) {
		const char *value = strchr(key, '=');
		size_t letters = 0;

		while (value && isalnum((unsigned char)value[1 + letters]))
			letters++;
		if (value && strncmp(key, "pid=", 4) == 0)
			request->pid = (pid_t)strtol(value + 1, NULL, 10);
		else if (value && strncmp(key, "answer=", 7) == 0 &&
			 letters <= SNAPSHOTS_ANSWER_MAX &&
			 value[1 + letters] == 0)
			snprintf(request->answer, sizeof(request->answer), "%s",
			    value + 1);
	}
}

static void snapshots_add(
    struct snapshots *snapshots, struct snapshots_request *request)
{
	char cause[128] = "";

	if (snapshots->taken + snapshots->len >= SNAPSHOTS_MAX)
		snprintf(cause, sizeof(cause),
		    "left out, a recording holds %d snapshots at most",
		    SNAPSHOTS_MAX);
	else if (snapshots->len == SNAPSHOTS_WAITING)
		snprintf(cause, sizeof(cause),
		    "left out, %d snapshots are waiting already",
		    SNAPSHOTS_WAITING);
	if (cause[0]) {
		snapshots_leave_out(snapshots, request, cause);
		return;
	}
	request->label = mem_copy(request->label);
	snapshots->waiting[snapshots->len++] = *request;
}

const char *snapshots_read_line(
    struct snapshots *snapshots, const char *line, int64_t asked_ns)
{
	static char none[] = "heap";
	struct snapshots_request request = {.asked_ns = asked_ns};
	size_t word = strlen(SNAPSHOTS_WORD), end = strcspn(line, " ");
	const char *label = line + end + strspn(line + end, " ");

	if (strncmp(line, SNAPSHOTS_WORD, word) != 0 ||
	    (line[word] && line[word] != ' ' && line[word] != ';'))
		return line;
	snapshots_read_keys(&request, line + word, end - word);
	label = label[0] ? label : none;
	request.label = (char *)(uintptr_t)label;
	snapshots_add(snapshots, &request);
	return label;
}

static pid_t snapshots_root(const struct sink_tick *tick)
{
	for (size_t i = 0; i < tick->count; i++)
		if (tick->processes[i].is_root)
			return tick->processes[i].pid;
	return 0;
}

static bool snapshots_belongs(const struct sink_tick *tick, pid_t pid)
{
	for (size_t i = 0; i < tick->count; i++)
		if (tick->processes[i].pid == pid)
			return true;
	return false;
}

/* Executes mprof snapshot. The parent of this process has signals blocked. */
__attribute__((noreturn)) static void snapshots_become(
    const char *program, char *const *words, int errors)
{
	int null_fd = open("/dev/null", O_RDWR);
	sigset_t nothing;

	sigemptyset(&nothing);
	sigprocmask(SIG_SETMASK, &nothing, NULL);
	if (null_fd >= 0) {
		dup2(null_fd, STDIN_FILENO);
		dup2(null_fd, STDOUT_FILENO);
	}
	dup2(errors, STDERR_FILENO);
	execv(program, words);
	_exit(127);
}

/* A plain fork: this process need not wait for an exec. */
static int snapshots_spawn(
    struct snapshots *snapshots, char *const *words, struct err *e)
{
	char *program = self_path();
	int ends[2];
	pid_t pid;

	if (!program || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		err_errno(e, "no process can be started for it");
		free(program);
		return -1;
	}
	pid = fork();
	if (pid == 0)
		snapshots_become(program, words, ends[1]);
	if (pid == -1)
		err_errno(e, "no process can be started for it");
	free(program);
	close(ends[1]);
	if (pid == -1) {
		close(ends[0]);
		return -1;
	}
	snapshots->aside = (struct aside){.pid = pid};
	snapshots->errors = ends[0];
	return 0;
}

/* Files of an earlier snapshot are removed first: those that are there at the
 * end are this one's. */
static int snapshots_start(
    struct snapshots *snapshots, const struct sink_tick *tick, struct err *e)
{
	const struct snapshots_request *request = &snapshots->waiting[0];
	bool other = request->pid > 0 && snapshots_belongs(tick, request->pid);
	pid_t pid = other ? request->pid : snapshots_root(tick);
	char id[24], asked[24], whom[24];
	char *file = snapshots_path(snapshots->mark_path, ".heap");
	char program[] = "mprof", command[] = "snapshot", only[] = "only",
	     worker[] = "worker", precise[] = "precise";
	char *const words[] = {program, command, whom, file, id, asked,
	    request->label, other ? only : worker,
	    snapshots->precise ? precise : NULL, NULL};
	int got;

	snprintf(
	    id, sizeof(id), "%llu", (unsigned long long)snapshots->taken + 1);
	snprintf(asked, sizeof(asked), "%lld", (long long)request->asked_ns);
	snprintf(whom, sizeof(whom), "%d", (int)pid);
	unlink(file);
	if (pid == 0)
		got = err_set(e, "the program has ended");
	else
		got = snapshots_spawn(snapshots, words, e);
	free(file);
	snapshots->busy = got == 0;
	snapshots->began_ns = clock_mono_ns();
	return got;
}

/* Reads the whole file, or nothing. */
static bool snapshots_read_records(struct snapshots *snapshots)
{
	char *path = snapshots_path(snapshots->mark_path, ".heap");
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat about;
	ssize_t got = -1;

	strbuf_cut(&snapshots->records, 0);
	if (fd >= 0 && fstat(fd, &about) == 0 &&
	    about.st_size <= SNAPSHOT_RECORDS_MAX)
		got = read(fd,
		    strbuf_reserve(&snapshots->records, (size_t)about.st_size),
		    (size_t)about.st_size);
	if (fd >= 0)
		close(fd);
	unlink(path);
	free(path);
	if (got <= 0 || got != about.st_size)
		return false;
	snapshots->records.len = (size_t)got;
	return snapshots->records.text[got - 1] == '\n';
}

/* The first line on its standard error, without "mprof: ". */
static void snapshots_read_cause(
    struct snapshots *snapshots, char cause[static SNAPSHOT_CAUSE_MAX])
{
	ssize_t got = read(snapshots->errors, cause, SNAPSHOT_CAUSE_MAX - 1);
	static const char ours[] = "mprof: ";

	cause[got > 0 ? got : 0] = 0;
	cause[strcspn(cause, "\n")] = 0;
	if (strncmp(cause, ours, strlen(ours)) == 0)
		memmove(cause, cause + strlen(ours),
		    strlen(cause + strlen(ours)) + 1);
	if (cause[0])
		return;
	if (WIFSIGNALED(snapshots->aside.status))
		snprintf(cause, SNAPSHOT_CAUSE_MAX,
		    "the process that takes it was killed by signal %d",
		    WTERMSIG(snapshots->aside.status));
	else
		snprintf(cause, SNAPSHOT_CAUSE_MAX,
		    "it could not be taken (status %d)",
		    WEXITSTATUS(snapshots->aside.status));
}

static void snapshots_collect(
    struct snapshots *snapshots, const struct sink *sink)
{
	const struct snapshots_request *request = &snapshots->waiting[0];
	int status = snapshots->aside.status;
	char cause[SNAPSHOT_CAUSE_MAX];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
	    snapshots_read_records(snapshots)) {
		snapshots->taken++;
		if (sink->records)
			sink->records(sink->context, snapshots->records.text,
			    snapshots->records.len);
		snapshots_answer(snapshots, request, "ok");
	} else {
		snapshots_remove_left(snapshots->mark_path);
		snapshots_read_cause(snapshots, cause);
		snapshots_leave_out(snapshots, request, cause);
	}
	close(snapshots->errors);
	snapshots->errors = -1;
	snapshots->busy = false;
	snapshots_drop_first(snapshots);
}

static bool snapshots_is_late(const struct snapshots *snapshots)
{
	return clock_mono_ns() - snapshots->began_ns > SNAPSHOT_PATIENCE_NS;
}

bool snapshots_is_due(const struct snapshots *snapshots)
{
	if (snapshots->busy)
		return snapshots->aside.ended || snapshots_is_late(snapshots);
	return snapshots->len > 0;
}

void snapshots_step(struct snapshots *snapshots, const struct sink_tick *tick,
    const struct sink *sink)
{
	struct err e;

	if (snapshots->busy && snapshots->aside.ended)
		snapshots_collect(snapshots, sink);
	else if (snapshots->busy && snapshots_is_late(snapshots))
		kill(snapshots->aside.pid, SIGKILL);
	while (!snapshots->busy && snapshots->len > 0 &&
	       snapshots_start(snapshots, tick, &e) != 0) {
		snapshots_leave_out(snapshots, &snapshots->waiting[0], e.text);
		snapshots_drop_first(snapshots);
	}
}

static void snapshots_wait(struct snapshots *snapshots)
{
	const struct timespec pause = {.tv_nsec = SNAPSHOT_LOOK_NS};
	int64_t until_ns = clock_mono_ns() + SNAPSHOT_END_NS;
	struct aside *aside = &snapshots->aside;

	while (!aside->ended) {
		pid_t got = waitpid(aside->pid, &aside->status, WNOHANG);

		aside->ended = got == aside->pid || (got < 0 && errno != EINTR);
		if (aside->ended)
			break;
		if (clock_mono_ns() > until_ns)
			kill(aside->pid, SIGKILL);
		nanosleep(&pause, NULL);
	}
}

void snapshots_end(struct snapshots *snapshots, const struct sink *sink)
{
	if (snapshots->busy) {
		snapshots_wait(snapshots);
		snapshots_collect(snapshots, sink);
	}
	while (snapshots->len > 0) {
		snapshots_leave_out(snapshots, &snapshots->waiting[0],
		    "the recording has ended");
		snapshots_drop_first(snapshots);
	}
}

bool snapshots_notice(struct snapshots *snapshots, struct err *e)
{
	if (snapshots->reported == snapshots->noticed)
		return false;
	*e = snapshots->notices[snapshots->reported++];
	return true;
}

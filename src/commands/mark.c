// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "commands/command.h"
#include "recorder/marks.h"

struct mark_options {
	long pid; /* 0: the recording of this process itself */
	bool heap, wait;
};

static const struct option_row rows[] = {
    {.letter = 'p',
	.name = "pid",
	.arg = "PID",
	.help = "the recorded process, or its recorder",
	.parse = option_whole,
	.offset = offsetof(struct mark_options, pid),
	.ours = true},
    {.name = "heap",
	.help = "also take a snapshot of the Python program's objects, for "
		"mprof heap --around; the label is optional",
	.parse = option_flag,
	.offset = offsetof(struct mark_options, heap),
	.ours = true},
    {.name = "wait",
	.help = "with --heap: wait until the snapshot has been taken",
	.parse = option_flag,
	.offset = offsetof(struct mark_options, wait),
	.ours = true},
    {0}};

static char *mark_find_file(const struct mark_options *options, struct err *e)
{
	const char *own = getenv(MARKS_VARIABLE);

	if (options->pid > 0)
		return marks_find((pid_t)options->pid, e);
	if (own && own[0])
		return mem_copy(own);
	err_set(e,
	    "mark: not inside a recording; start the program with mprof run, "
	    "or name a recorded process with --pid");
	return NULL;
}

/* A snapshot takes some milliseconds at least, and often some hundred. */
enum { ANSWER_STEP_MS = 2, ANSWER_STEPS_FIRST = 100, ANSWER_LATER_MS = 20 };

/* The recorder's answer to a mark that asks for a snapshot: a file beside the
 * mark file, created by this process and written by the recorder. */
struct mark_answer {
	int fd;
	char *path;       /* NULL: there is no file */
	const char *word; /* word for the request, a part of path */
};

static int mark_answer_open(
    struct mark_answer *answer, const char *mark_path, struct err *e)
{
	size_t len = strlen(mark_path), ending = strlen(MARKS_SUFFIX);
	size_t stem = len > ending ? len - ending : len;

	answer->path =
	    mem_format("%.*s" SNAPSHOTS_ANSWER "XXXXXX", (int)stem, mark_path);
	answer->fd = mkostemp(answer->path, O_CLOEXEC);
	if (answer->fd < 0) {
		err_errno(e, "%s: can't be made", answer->path);
		free(answer->path);
		answer->path = NULL;
		return -1;
	}
	answer->word = answer->path + stem + strlen(SNAPSHOTS_ANSWER);
	return 0;
}

static void mark_answer_close(struct mark_answer *answer)
{
	if (answer->path)
		unlink(answer->path);
	if (answer->fd >= 0)
		close(answer->fd);
	free(answer->path);
	*answer = (struct mark_answer){.fd = -1};
}

/* Reads the answer; whether its line is complete. */
static bool mark_answer_read(
    const struct mark_answer *answer, char text[static 512])
{
	ssize_t got = pread(answer->fd, text, 511, 0);

	text[got > 0 ? got : 0] = 0;
	if (!strchr(text, '\n'))
		return false;
	text[strcspn(text, "\n")] = 0;
	return true;
}

/* Waits for the answer, or the recorder's end; -1 with e where no snapshot was
 * taken. */
static int mark_answer_await(
    struct mark_answer *answer, const char *mark_path, struct err *e)
{
	char text[512], clean[512];

	for (int i = 0; !mark_answer_read(answer, text); i++) {
		struct timespec pause = {
		    .tv_nsec = (i < ANSWER_STEPS_FIRST ? ANSWER_STEP_MS
						       : ANSWER_LATER_MS) *
			       (NS_PER_S / 1000)};
		/* The recorder removes the mark file and its lock at its end,
		 * and an answer file that it couldn't write. */
		bool gone = access(mark_path, F_OK) != 0 ||
			    marks_is_left(mark_path) ||
			    access(answer->path, F_OK) != 0;

		if (gone && !mark_answer_read(answer, text))
			return err_set(e, "mark: the recorder ended before the "
					  "snapshot was taken");
		if (gone)
			break;
		nanosleep(&pause, NULL);
	}
	if (strcmp(text, "ok") == 0)
		return 0;
	return err_set(
	    e, "mark: no snapshot: %s", utf8_clean(clean, sizeof(clean), text));
}

/* Returns "@heap;pid=17;answer=a1b2 LABEL", see recorder/snapshots.h. A
 * recorder's pid is no process of the program. */
static char *command_mark_request(const struct mark_options *options,
    const char *path, const char *answer, const char *label)
{
	char pid[32] = "";

	if (options->pid > 0 && (pid_t)options->pid != marks_recorder(path))
		snprintf(pid, sizeof(pid), ";pid=%ld", options->pid);
	return mem_format(SNAPSHOTS_WORD "%s%s%s%s%s", pid,
	    answer ? ";answer=" : "", answer ? answer : "", label[0] ? " " : "",
	    label);
}

static int command_mark_snapshot(const struct mark_options *options,
    const char *path, const char *label, struct err *e)
{
	struct mark_answer answer = {.fd = -1};
	char *line;
	int got;

	if (options->wait && mark_answer_open(&answer, path, e) != 0)
		return -1;
	line = command_mark_request(
	    options, path, options->wait ? answer.word : NULL, label);
	got = marks_write(path, line, e);
	free(line);
	if (got == 0 && options->wait)
		got = mark_answer_await(&answer, path, e);
	mark_answer_close(&answer);
	return got;
}

static int command_mark_write(
    const struct mark_options *options, const char *label, struct err *e)
{
	char *path = mark_find_file(options, e);
	int got = -1;

	if (path && options->heap)
		got = command_mark_snapshot(options, path, label, e);
	else if (path)
		got = marks_write(path, label, e);
	free(path);
	return got;
}

static int command_mark_exec(const void *values, char **argv, int count)
{
	const struct mark_options *options = values;
	char *label = mem_join(argv);
	int status = COMMAND_OK;
	struct err e;

	(void)count;
	if (label[0] == 0 && !options->heap) {
		err_set(&e, "mark: needs a label: mprof mark \"phase 2\"");
		status = command_fail(COMMAND_MISUSED, &e);
	} else if (options->wait && !options->heap) {
		err_set(&e, "mark: --wait needs --heap");
		status = command_fail(COMMAND_MISUSED, &e);
	} else if (command_mark_write(options, label, &e) != 0) {
		status = command_fail(COMMAND_FAILED, &e);
	}
	free(label);
	return status;
}

const struct command command_mark = {
    .name = "mark",
    .synopsis = "[options] LABEL ...",
    .summary = "write a mark into a running recording",
    .details =
	"In a recorded program and its children, it marks their own recording. "
	"A line\n"
	"appended to the file named by MPROF_MARK does the same; a line that "
	"begins with\n"
	"@heap also takes a snapshot:\n"
	"\n"
	"  mprof run sh -c 'load; mprof mark loaded; work'\n"
	"  echo 'import done' >>\"$MPROF_MARK\"\n"
	"  mprof mark --pid 1234 'deploy 17'\n"
	"  echo '@heap load' >>\"$MPROF_MARK\"\n"
	"  mprof mark --heap --wait saved; mprof heap 1234 --around load\n",
    .options = rows,
    .options_size = sizeof(struct mark_options),
    .run = command_mark_exec,
};

// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "base/array.h"
#include "commands/command.h"
#include "recorder/marks.h"

struct mark_options {
	long pid; /* 0: the recording of this process itself */
};

static const struct option_row rows[] = {
    {.letter = 'p',
	.name = "pid",
	.arg = "PID",
	.help = "the process that is recorded, or its recorder",
	.parse = option_whole,
	.offset = offsetof(struct mark_options, pid),
	.ours = true},
    {0}};

static char *find_file(const struct mark_options *options, struct err *e)
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

static int command_mark_exec(const void *values, char **words, int count)
{
	char *label = mem_join(words), *path = NULL;
	int status = COMMAND_OK;
	struct err e;

	(void)count;
	if (label[0] == 0) {
		err_set(&e, "mark: needs a label: mprof mark \"phase 2\"");
		status = command_fail(COMMAND_MISUSED, &e);
	} else if (!(path = find_file(values, &e)) ||
		   marks_write(path, label, &e) != 0) {
		status = command_fail(COMMAND_FAILED, &e);
	}
	free(path);
	free(label);
	return status;
}

const struct command command_mark = {
    .name = "mark",
    .synopsis = "[options] LABEL ...",
    .summary = "write a mark into a recording that is going on",
    .details =
	"A recorded program, and what it starts, marks its own recording. Each "
	"line that\nis appended to the file named by MPROF_MARK does the "
	"same:\n\n"
	"  mprof run sh -c 'load; mprof mark loaded; work'\n"
	"  echo 'import done' >>\"$MPROF_MARK\"\n"
	"  mprof mark --pid 1234 'deploy 17'\n",
    .options = rows,
    .options_size = sizeof(struct mark_options),
    .run = command_mark_exec,
};

// SPDX-License-Identifier: MIT
#include "commands/mark_answer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "recorder/marks.h"

/* A snapshot takes some milliseconds at least, and often some hundred. */
enum { ANSWER_STEP_MS = 2, ANSWER_STEPS_FIRST = 100, ANSWER_LATER_MS = 20 };

int mark_answer_open(
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

void mark_answer_close(struct mark_answer *answer)
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

int mark_answer_await(
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

// SPDX-License-Identifier: MIT
/* The recorder runs this as its process aside where a mark asks for a snapshot.
 * It counts the objects of a process and writes records for the recording, HEAP
 * and a TYPE for each type, into a file. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "commands/command.h"
#include "commands/heap_read.h"
#include "dat/writer.h"
#include "input/workers.h"

/* Operands by position. */
enum {
	SNAPSHOT_PID,
	SNAPSHOT_FILE,
	SNAPSHOT_ID,
	SNAPSHOT_ASKED,
	SNAPSHOT_LABEL,
	SNAPSHOT_WHOM, /* "only": the named process; "worker": the one that does
			  its work */
	SNAPSHOT_PRECISE, /* "precise": times with six decimals */
	SNAPSHOT_WORDS
};

static const struct option_row rows[] = {{0}};

static void command_snapshot_write_head(
    struct dat_writer *writer, const struct heap *heap, char *const *words)
{
	char pause[32];

	snprintf(
	    pause, sizeof(pause), "%.6f", (double)heap->pause_ns / NS_PER_S);
	dat_write_begin(writer, "HEAP");
	dat_write_text(writer, "id", words[SNAPSHOT_ID]);
	dat_write_whole(writer, "pid", heap->pid);
	dat_write_text(writer, "label", words[SNAPSHOT_LABEL]);
	dat_write_time(writer, "asked", atoll(words[SNAPSHOT_ASKED]));
	dat_write_text(writer, "python", heap->python);
	dat_write_text(writer, "pause", pause);
	if (heap->has_rss)
		dat_write_mib(writer, "rss", heap->rss_kib);
	if (heap->has_parts) {
		dat_write_mib(writer, "files", heap->files_kib);
		dat_write_mib(writer, "free", heap->free_kib);
	}
	dat_write_whole(writer, "types", (int64_t)heap->rows.len);
	dat_write_end(writer, heap_total(heap).bytes / 1024, heap->wall_ns);
}

static void command_snapshot_write(
    struct dat_writer *writer, const struct heap *heap, char *const *words)
{
	command_snapshot_write_head(writer, heap, words);
	for (size_t i = 0; i < heap->rows.len; i++) {
		const struct heap_row *row = &heap->rows.items[i];

		dat_write_begin(writer, "TYPE");
		dat_write_text(writer, "heap", words[SNAPSHOT_ID]);
		dat_write_whole(writer, "count", row->count);
		dat_write_whole(writer, "size", row->bytes);
		dat_write_text(writer, "name", row->name);
		dat_write_end(writer, row->bytes / 1024, heap->wall_ns);
	}
}

static int command_snapshot_save(
    const struct heap *heap, char *const *words, bool precise, struct err *e)
{
	struct dat_writer writer = {.fd = -1, .precise = precise};
	struct io_output output;
	int got = io_output_open(&output, words[SNAPSHOT_FILE], e);

	if (got == 0) {
		command_snapshot_write(&writer, heap, words);
		fwrite(writer.buffer.text, 1, writer.buffer.len, output.stream);
		got = io_output_commit(&output, e);
	}
	strbuf_finish(&writer.buffer);
	return got;
}

/* Finds the process that does the work, or takes the one that was named. */
static int command_snapshot_find(pid_t *pid, const char *whom, struct err *e)
{
	struct workers workers = {0};
	int got = 0;

	if (strcmp(whom, "only") == 0)
		return 0;
	got = workers_find(&workers, *pid, e);
	if (got == 0)
		*pid = workers.pids.items[0];
	workers_finish(&workers);
	return got;
}

static int command_snapshot_exec(const void *values, char **argv, int count)
{
	struct heap heap = {0};
	int64_t ignored = 0;
	int status = COMMAND_OK;
	struct err e;
	pid_t pid;

	(void)values;
	if (count < SNAPSHOT_PRECISE || count > SNAPSHOT_WORDS) {
		err_set(&e, "snapshot: is for mprof run alone; see mprof help "
			    "mark, --heap");
		return command_fail(COMMAND_MISUSED, &e);
	}
	pid = (pid_t)atol(argv[SNAPSHOT_PID]);
	if (command_snapshot_find(&pid, argv[SNAPSHOT_WHOM], &e) != 0 ||
	    heap_read(&heap, pid, NULL, &ignored, &e) != PYTHON_OK ||
	    command_snapshot_save(&heap, argv, count > SNAPSHOT_PRECISE, &e) !=
		0)
		status = command_fail(COMMAND_FAILED, &e);
	heap_finish(&heap);
	return status;
}

const struct command command_snapshot = {
    .name = "snapshot",
    .synopsis = "PID FILE ID TIME LABEL only|worker [precise]",
    .summary = "write a snapshot's records; mprof run calls it",
    .hidden = true,
    .options = rows,
    .options_size = 1,
    .run = command_snapshot_exec,
};

/* SPDX-License-Identifier: MIT
 *
 * Writes a recording in the format of mprof-dat(5). Records are buffered until
 * they are flushed with one write. If that fails (a full disk, say) they wait
 * in memory for the next flush, and beyond a bound whole flushes are dropped
 * and counted: the file never has an incomplete line in its middle.
 */
#ifndef MPROF_DAT_WRITER_H
#define MPROF_DAT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/strbuf.h"

struct dat_writer {
	int fd;
	char *path;
	bool created; /* the file did not exist before */
	bool precise; /* times have six decimals: intervals below 1 ms */
	struct strbuf buffer; /* records that are not in the file yet */
	size_t flushed;     /* len after the last flush: what was not written */
	uint64_t lost;      /* samples that were dropped */
	size_t most;        /* bytes that the file may have; 0: no bound */
	size_t thin_at;     /* size at which it is next thinned or rotated */
	unsigned keeps;     /* number of older files; 0: it is thinned */
	struct thin *thin;  /* in progress; NULL: not */
	struct err trouble; /* why it failed last time; or empty */
	unsigned troubles;  /* number of failures */
	/* pids of the processes that live, which are not left out; borrowed */
	const uint32_t *living;
	size_t living_count;
	int cause; /* errno of the last failure; 0: none */
};

/* Opens path for appending and locks it; creates it where needed. Where another
 * recorder is writing it, uses path.2, .3 and so on, before a .dat, which
 * becomes writer->path. -1 with e where the file contains something else, or
 * can't be written. */
int dat_writer_open(struct dat_writer *writer, const char *path, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* The same for a new file with the default name in the current directory. If
 * that is taken, the next free second is used. */
int dat_writer_open_default(struct dat_writer *writer, int64_t start_s,
    struct err *e) __attribute__((nonnull(1), warn_unused_result));

/* From now on the file is thinned before it exceeds that many bytes. -1 with e
 * where it is no regular file, or was opened by a name such as /dev/stdout. */
int dat_writer_bound(struct dat_writer *writer, size_t most, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The same, but the caller rotates then, and that many older files are kept:
 * path.1 is the newest of them. */
int dat_writer_bound_files(struct dat_writer *writer, size_t most,
    unsigned keeps, struct err *e) __attribute__((nonnull, warn_unused_result));

/* Whether the file should be rotated. */
bool dat_writer_is_full(const struct dat_writer *writer)
    __attribute__((nonnull));

/* Renames the file and the older ones, and goes on in a new file of its name,
 * which is locked. False where that fails: it goes on in the old one, and
 * writer->trouble says why. */
bool dat_writer_rotate(struct dat_writer *writer) __attribute__((nonnull));

/* Nothing is to be recorded: a file that was created is removed. */
void dat_writer_discard(struct dat_writer *writer) __attribute__((nonnull));

/* Flushes and closes. -1 with e where something was lost, or is in a file
 * without a name. */
int dat_writer_close(struct dat_writer *writer, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

void dat_writer_flush(struct dat_writer *writer) __attribute__((nonnull));

/* CMDLINE, MEM, CHLD. Times are nanoseconds since the epoch. */
void dat_write_command(struct dat_writer *writer, char *const *words);
void dat_write_memory(struct dat_writer *writer, int64_t kib, int64_t time_ns);
void dat_write_child(
    struct dat_writer *writer, pid_t pid, int64_t kib, int64_t time_ns);

/* Any other record, which always has three columns: begin, keys, end. */
void dat_write_begin(struct dat_writer *writer, const char *keyword);
void dat_write_whole(
    struct dat_writer *writer, const char *key, int64_t number);
void dat_write_mib(struct dat_writer *writer, const char *key, int64_t kib);
void dat_write_time(
    struct dat_writer *writer, const char *key, int64_t time_ns);
void dat_write_text(
    struct dat_writer *writer, const char *key, const char *text);
/* After the last value: a part of a list's item, with commas encoded as well,
 * and text that is written unchanged. */
void dat_write_part(struct dat_writer *writer, const char *text);
void dat_write_raw(struct dat_writer *writer, const char *text);
void dat_write_end(struct dat_writer *writer, int64_t kib, int64_t time_ns);

#endif

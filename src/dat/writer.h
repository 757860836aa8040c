/* SPDX-License-Identifier: MIT
 *
 * Writes a recording as mprof-dat(5) says. Records gather in a buffer until
 * they are flushed with one write. Where that fails (a full disk, say) they
 * wait in memory for the next flush, and beyond a bound whole flushes are
 * dropped and counted: the file never holds a torn line in its middle.
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
	bool created; /* was not there before */
	bool precise; /* times with six decimals: intervals below 1 ms */
	struct strbuf buffer; /* records that are not in the file yet */
	size_t flushed; /* its len after the last flush: what was not written */
	uint64_t lost;  /* samples that were dropped */
	size_t most;    /* bytes that the file may have; 0: any number */
	size_t thin_at; /* those at which it is thinned or rotated next */
	unsigned keeps; /* files before it; 0: it is thinned instead */
	struct thin *thin;  /* while it is; or NULL */
	struct err trouble; /* why it could not be the last time; or empty */
	int cause;          /* errno of the last one that failed; 0: none did */
};

/* Opens path to append and locks it; it is made where it is not there. Where
 * another recorder writes it, it is path.2, .3 and so on, before a .dat:
 * writer->path is the name then. A file that holds something else than a
 * recording is left alone: -1 with e, as where it can't be written. */
int dat_writer_open(struct dat_writer *writer, const char *path, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* The same for a new file of the default name in the current folder. A name
 * that is taken moves to the next free second. */
int dat_writer_open_default(struct dat_writer *writer, int64_t start_s,
    struct err *e) __attribute__((nonnull(1), warn_unused_result));

/* From now on the file is thinned where it would have more than so many bytes.
 * -1 with e where it is no regular file. */
int dat_writer_bound(struct dat_writer *writer, size_t most, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The same, but the caller begins a new file then, and keeps so many older
 * ones: path.1 is the newest of them. */
int dat_writer_bound_files(struct dat_writer *writer, size_t most,
    unsigned keeps, struct err *e) __attribute__((nonnull, warn_unused_result));

/* Whether it is time for a new file. */
bool dat_writer_is_full(const struct dat_writer *writer)
    __attribute__((nonnull));

/* Renames the file, and those before it, and goes on in a new one of its name,
 * which is locked. False where it can't: it goes on in the old one, and
 * writer->trouble says why. */
bool dat_writer_rotate(struct dat_writer *writer) __attribute__((nonnull));

/* Nothing is to be recorded after all: a file that was made goes. */
void dat_writer_discard(struct dat_writer *writer) __attribute__((nonnull));

/* Flushes and closes. -1 with e where something was lost, or is in a file that
 * has no name any more. */
int dat_writer_close(struct dat_writer *writer, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

void dat_writer_flush(struct dat_writer *writer) __attribute__((nonnull));

/* CMDLINE, MEM, CHLD. Times are nanoseconds since the epoch. */
void dat_write_command(struct dat_writer *writer, char *const *words);
void dat_write_memory(struct dat_writer *writer, int64_t kib, int64_t time_ns);
void dat_write_child(
    struct dat_writer *writer, pid_t pid, int64_t kib, int64_t time_ns);

/* Any other record, which has three columns whatever it says: begin, its
 * keys, end. */
void dat_write_begin(struct dat_writer *writer, const char *keyword);
void dat_write_whole(
    struct dat_writer *writer, const char *key, int64_t number);
void dat_write_mib(struct dat_writer *writer, const char *key, int64_t kib);
void dat_write_time(
    struct dat_writer *writer, const char *key, int64_t time_ns);
void dat_write_text(
    struct dat_writer *writer, const char *key, const char *text);
/* Behind the last value: a part of a list's item, in which a comma is encoded
 * as well, and text that goes as it is. */
void dat_write_part(struct dat_writer *writer, const char *text);
void dat_write_raw(struct dat_writer *writer, const char *text);
void dat_write_end(struct dat_writer *writer, int64_t kib, int64_t time_ns);

#endif

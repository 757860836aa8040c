/* SPDX-License-Identifier: MIT
 *
 * Moments that the recorded program or a person marks: a line appended to a
 * file whose path is in the program's environment (MPROF_MARK). Writing to it
 * never blocks, even when the recorder is gone. The file has mode 0600, is in
 * XDG_RUNTIME_DIR or TMPDIR or /tmp, and is removed at the end of the
 * recording. It is locked while it is read (base/io.h): a file without
 * a lock was left by a killed recorder. A line may also ask for a snapshot of
 * the heap: see recorder/snapshots.h.
 */
#ifndef MPROF_RECORDER_MARKS_H
#define MPROF_RECORDER_MARKS_H

#include "base/err.h"
#include "recorder/sampler.h"
#include "recorder/snapshots.h"

#define MARKS_VARIABLE "MPROF_MARK"

enum { MARKS_LABEL = 512 }; /* a longer label is cut */

struct marks {
	char *path;
	int fd;
	int news; /* inotify's descriptor, readable when the file was written;
		     -1: none */
	int64_t offset;     /* bytes of the file that were read */
	int64_t last_ns;    /* the time of the newest mark */
	int64_t checked_ns; /* marks found later were written no earlier */
	size_t used;        /* bytes of label: an incomplete line */
	bool cut;           /* the rest of this line is skipped */
	char label[MARKS_LABEL];
	bool precise; /* the recording has precise times */
	bool asks;    /* a line asked for a snapshot: snapshots is in use */
	struct snapshots snapshots;
};

/* Ending of its name; preceded by a pattern until it is locked. */
#define MARKS_SUFFIX ".mark"
#define MARKS_UNNAMED MARKS_SUFFIX ".??????"

/* The directory that the file is made in, where nobody else can exchange it. */
const char *marks_directory(void);

/* Makes the file. pid is the recorder's, watched the recorded process's where
 * it runs already (else 0): by either of them marks_find() finds the file. -1
 * with e where it can't be made; recording works without. */
int marks_open(struct marks *marks, pid_t pid, pid_t watched, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Removes the file. Harmless after a marks_open() that failed. */
void marks_close(struct marks *marks) __attribute__((nonnull));

/* A hook for the sampler: new lines become marks of the sink, with the file's
 * modification time; the plan's process aside takes the snapshots. */
struct sampler_hook marks_hook(struct marks *marks) __attribute__((nonnull));

/* The path of the mark file of the recording that pid records or that records
 * pid, on the heap. NULL with e where there is none of this user's. */
char *marks_find(pid_t pid, struct err *e) __attribute__((nonnull));

/* The recorder's pid in the name of a mark file; 0 where it has none. */
pid_t marks_recorder(const char *path) __attribute__((nonnull));

/* Whether the recorder of that mark file has ended. */
bool marks_is_left(const char *path) __attribute__((nonnull));

/* Appends a line to a mark file. Only a regular file of this user's with the
 * name of a mark file is written; -1 with e otherwise. */
int marks_write(const char *path, const char *label, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Removes mark files of this user that killed recorders have left. A free lock
 * is the proof: in a directory that containers share, a pid that doesn't exist
 * here proves nothing. remove_beside is called first with each path, to remove
 * files that belong to it. In a directory of very many files some may stay. */
void marks_remove_left(const char *directory,
    void (*remove_beside)(const char *)) __attribute__((nonnull));

#endif

/* SPDX-License-Identifier: MIT
 *
 * Moments that the recorded program, or a person, marks: a line appended to a
 * file whose path the program has in its environment (MPROF_MARK). Writing
 * there never blocks, also when the recorder is gone. The file is 0600, in
 * XDG_RUNTIME_DIR or TMPDIR or /tmp, and goes with the recording. It is locked
 * while it is read (base/file_lock.h): one without a lock was left by a
 * recorder that was killed. A line may ask for a snapshot of the heap as well:
 * see recorder/snapshots.h.
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
	int news; /* inotify's, readable where the file was written; or -1 */
	int64_t offset;     /* what was read of the file */
	int64_t last_ns;    /* the time of the newest mark */
	int64_t checked_ns; /* what is found later was written no earlier */
	size_t used;        /* of label: a line that isn't whole yet */
	bool cut;           /* the rest of this line is passed over */
	char label[MARKS_LABEL];
	struct snapshots snapshots; /* that lines ask for */
};

/* The end of its name; a pattern before it is locked. */
#define MARKS_SUFFIX ".mark"
#define MARKS_UNNAMED MARKS_SUFFIX ".??????"

/* The folder that the file is made in, where nobody else can exchange it. */
const char *marks_folder(void);

/* Makes the file. pid is the recorder's, watched the recorded process's where
 * it runs already (else 0): by either of them marks_find() finds the file. -1
 * with e where it can't be made; recording works without. */
int marks_open(struct marks *marks, pid_t pid, pid_t watched, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Removes the file. Harmless after a marks_open() that failed. */
void marks_close(struct marks *marks) __attribute__((nonnull));

/* A hook for the sampler: new lines become the sink's marks, at the time at
 * which the file was last written; the plan's aside is its snapshots'. */
struct sampler_hook marks_hook(struct marks *marks) __attribute__((nonnull));

/* The path of the mark file of the recording that pid records or that records
 * pid, on the heap. NULL with e where there is none of this user's. */
char *marks_find(pid_t pid, struct err *e) __attribute__((nonnull));

/* The recorder whose mark file that is, as its name says; 0 where it doesn't.
 */
pid_t marks_recorder(const char *path) __attribute__((nonnull));

/* Whether the recorder of that mark file has gone. */
bool marks_is_left(const char *path) __attribute__((nonnull));

/* Appends a line to a mark file. Only a regular file of this user's with the
 * name of a mark file is written; -1 with e otherwise. */
int marks_write(const char *path, const char *label, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Removes mark files of this user's that recorders left when they were killed.
 * A free lock is the proof: in a folder that containers share a pid that isn't
 * there proves nothing. remove_beside is called before with the path of each,
 * for files that belong to it. In a folder of very many files some stay. */
void marks_remove_left(const char *folder, void (*remove_beside)(const char *))
    __attribute__((nonnull));

#endif

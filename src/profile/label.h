/* SPDX-License-Identifier: MIT
 *
 * The word that tells processes of one name apart. In the command line
 * "cc1plus -quiet f7.cpp -o /tmp/ccMVbmbJ.s" it is f7.cpp, which no other
 * cc1plus has.
 */
#ifndef MPROF_PROFILE_LABEL_H
#define MPROF_PROFILE_LABEL_H

#include "profile/profile.h"

struct process_labels {
	const struct run *run;
	char **words; /* by place in run->processes; NULL where none differs */
};

/* The rarest word of each command line among those of its name: before others
 * one that is neither an option nor a temporary file, then the first. Of a path
 * its last part where that is as rare. The caller finishes. */
void process_labels_init(struct process_labels *labels, const struct run *run)
    __attribute__((nonnull));
void process_labels_finish(struct process_labels *labels)
    __attribute__((nonnull));

/* The word, as the recording has it; NULL where there is none. */
const char *process_label(const struct process_labels *labels,
    const struct process *process) __attribute__((nonnull));

/* "cc1plus f7.cpp", clean: the name and the word. Without a word the command
 * line, behind "NAME: " where it doesn't have the name; the name alone where
 * there is no more. NULL where there is nothing. The caller frees. */
char *process_label_text(const struct process_labels *labels,
    const struct process *process) __attribute__((nonnull));

#endif

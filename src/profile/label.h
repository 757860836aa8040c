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
	/* By index in run->processes; NULL where no word differs. */
	char **words;
};

/* Finds the rarest word of each command line among processes of its name:
 * preferably neither an option nor a temporary file, then the first. Of a path
 * only the last component where that is as rare. The caller finishes. */
void process_labels_init(struct process_labels *labels, const struct run *run)
    __attribute__((nonnull));
void process_labels_finish(struct process_labels *labels)
    __attribute__((nonnull));

/* The word as it is in the recording; NULL where there is none. */
const char *process_label(const struct process_labels *labels,
    const struct process *process) __attribute__((nonnull));

/* The name and the word, "cc1plus f7.cpp", safe to print. Without a word: the
 * command line, preceded by "NAME: " where it lacks the name; or the name
 * alone; NULL without either. The caller frees. */
char *process_label_text(const struct process_labels *labels,
    const struct process *process) __attribute__((nonnull));

#endif

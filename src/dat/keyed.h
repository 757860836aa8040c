/* SPDX-License-Identifier: MIT
 *
 * The records that are mprof's own: KEYWORD[;key=value;...] MiB time. Version
 * 0.1.0 wrote KEYWORD MiB time key=value ..., which is read as well. Keys that
 * we don't know are passed over.
 */
#ifndef MPROF_DAT_KEYED_H
#define MPROF_DAT_KEYED_H

#include <stdbool.h>

#include "dat/record.h"

struct keyed {
	struct sample at;
	const char *text, *end; /* the keys and values */
	bool behind;            /* the time, as version 0.1.0 wrote them */
};

/* Into reader->run; false where a key is missing or holds no sense. */
typedef bool keyed_read(
    struct record_reader *reader, const struct keyed *keyed);

keyed_read keyed_peak, keyed_info, keyed_proc, keyed_exit, keyed_share,
    keyed_call, keyed_mark, keyed_stack;

#endif

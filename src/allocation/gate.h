/* SPDX-License-Identifier: MIT
 *
 * Keeps threads from being forked while one of them takes a sample. A sample
 * may ask the loader, whose lock nobody would release in the child: its next
 * dlopen(), or its next sample, would wait for ever.
 */
#ifndef MPROF_ALLOCATION_GATE_H
#define MPROF_ALLOCATION_GATE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed it is open, and nobody is inside. */
struct gate {
	uint32_t inside, forks;
	/* Threads that stay inside: one may have left by a longjmp() out of a
	 * signal handler. */
	uint32_t lost;
};

/* False while a thread forks: no sample may be taken. */
bool gate_enter(struct gate *gate);
void gate_leave(struct gate *gate);

/* Closes the gate, and waits until no more threads than `own` are inside; for
 * two seconds at most, as one of them may wait for the caller. */
void gate_close(struct gate *gate, uint32_t own);
void gate_open(struct gate *gate);

#endif

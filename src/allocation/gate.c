// SPDX-License-Identifier: MIT
#include "allocation/gate.h"

#include <sched.h>

#include "base/clock.h"

#define WAIT_NS (2 * NS_PER_S)

/* The numbers may have been zeroed meanwhile. */
static void gate_decrease(uint32_t *number)
{
	uint32_t old = __atomic_load_n(number, __ATOMIC_RELAXED);

	while (old > 0 && !__atomic_compare_exchange_n(number, &old, old - 1,
			      false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}

bool gate_enter(struct gate *gate)
{
	__atomic_add_fetch(&gate->inside, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&gate->forks, __ATOMIC_SEQ_CST) == 0)
		return true;
	gate_leave(gate);
	return false;
}

void gate_leave(struct gate *gate)
{
	gate_decrease(&gate->inside);
}

/* Sleeping would be a point where the thread can be cancelled. */
void gate_close(struct gate *gate, uint32_t own)
{
	int64_t end = 0;
	uint32_t inside;

	__atomic_add_fetch(&gate->forks, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		inside = __atomic_load_n(&gate->inside, __ATOMIC_SEQ_CST);
		if (inside <= own + gate->lost)
			return;
		if (end == 0)
			end = clock_mono_ns() + WAIT_NS;
		else if (clock_mono_ns() > end)
			break;
		sched_yield();
	}
	gate->lost = inside - own;
}

void gate_open(struct gate *gate)
{
	gate_decrease(&gate->forks);
}

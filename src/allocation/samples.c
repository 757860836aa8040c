// SPDX-License-Identifier: MIT
#include "allocation/samples.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "allocation/file.h"
#include "allocation/log.h"
#include "allocation/poisson.h"
#include "allocation/python_stack.h"
#include "allocation/rate.h"
#include "allocation/stack.h"
#include "base/digits.h"

#define LOCK_TRIES 2000  /* then the sample is left out */
#define PENDING 64       /* freed while the lock was not to be had */
#define RETRY (64 << 10) /* bytes, before samples_start() */

/* What the kernel fills with zeroes in a forked child: its table is its own.
 * (Calling fork() through the system call, no handler would run.) */
struct samples {
	uint32_t lock;
	bool begun, failed;
	struct rate rate;
	struct file file;
	uint64_t serial;
	uint64_t seed;
	uint32_t pid;
	void *pending[PENDING];
	struct log log;
	struct python_stack_lines lines;
} __attribute__((aligned(INDEX_PAGE)));

_Thread_local struct thread thread_self;

static struct samples samples_own;
static struct samples *const own = &samples_own;
struct index samples_index;

static struct {
	char folder[PATH_MAX]; /* "": samples are not wanted */
	uint32_t flags;
	uint64_t period;
	bool started;
} samples_setup;

static uint64_t samples_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool samples_lock(void)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (__atomic_exchange_n(&own->lock, 1, __ATOMIC_ACQUIRE) == 0)
			return true;
		if (i > LOCK_TRIES / 2)
			sched_yield();
	}
	return false;
}

static void samples_unlock(void)
{
	__atomic_store_n(&own->lock, 0, __ATOMIC_RELEASE);
}

/* The first of this process: a new file. */
static void samples_begin(void)
{
	own->begun = true;
	/* A vforked child shares its parent's memory, and this. */
	if (own->pid == 0)
		own->pid = (uint32_t)getpid();
	own->seed = samples_now() ^ (uint64_t)own->pid << 40 ^ 1;
	own->rate.period = own->rate.least = samples_setup.period;
	own->rate.since_ns = samples_now();
	own->failed = file_create(&own->file, samples_setup.folder, own->pid,
			  samples_setup.flags) != 0;
	if (!own->failed)
		own->file.header->period = own->rate.period;
}

static bool samples_is_open(void)
{
	if (!own->begun)
		samples_begin();
	return !own->failed;
}

static void samples_thread_begin(struct thread *self)
{
	self->pid = own->pid;
	self->tid = (uint32_t)syscall(SYS_gettid);
	self->seed ^= samples_now() ^ (uint64_t)(uintptr_t)self << 20 ^
		      (uint64_t)self->tid << 48;
	if (self->seed == 0)
		self->seed = 1;
}

/* The slot is the reader's from the moment that it has a serial. */
static void samples_fill(uint32_t at, const struct allocation_slot *slot)
{
	struct allocation_slot *to = &own->file.slots[at];

	to->address = slot->address;
	to->size = slot->size;
	to->weight = slot->weight;
	to->time_ns = slot->time_ns;
	to->stack = slot->stack;
	to->thread = slot->thread;
	__atomic_store_n(&to->serial, ++own->serial, __ATOMIC_RELEASE);
}

static void samples_empty(uint32_t at)
{
	index_remove(&samples_index, at);
	__atomic_store_n(&own->file.slots[at].serial, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* As if the period had been twice as long from the start: each sample stays
 * with the chance that it would have had. */
static void samples_thin(void)
{
	uint64_t period;

	rate_lengthen(&own->rate);
	period = own->rate.least;
	for (uint32_t at = 0; at < samples_index.used; at++) {
		struct allocation_slot slot = own->file.slots[at];
		double chance;

		if (slot.serial == 0)
			continue;
		chance = poisson_chance(slot.size, period) *
			 (double)slot.weight / (double)slot.size;
		if (chance >= 1)
			continue;
		if (!poisson_coin(&own->seed, chance)) {
			samples_empty(at);
			own->file.header->thinned++;
			continue;
		}
		slot.weight = poisson_weight(slot.size, period);
		__atomic_store_n(
		    &own->file.slots[at].serial, 0, __ATOMIC_RELEASE);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		samples_fill(at, &slot);
	}
}

static void samples_put(const struct allocation_slot *slot)
{
	struct allocation_header *header = own->file.header;
	void *address = (void *)(uintptr_t)slot->address;
	uint32_t at = index_find(&samples_index, address);

	/* One whose end was missed. */
	if (at != INDEX_NONE)
		samples_empty(at);
	at = index_add(&samples_index, address);
	while (at == INDEX_NONE) {
		samples_thin();
		at = index_add(&samples_index, address);
	}
	if (!file_back_slot(&own->file, at)) {
		index_remove(&samples_index, at);
		return;
	}
	samples_fill(at, slot);
	if (header->used < samples_index.used)
		__atomic_store_n(
		    &header->used, samples_index.used, __ATOMIC_RELEASE);
}

static bool samples_remove(void *address, struct allocation_slot *kept)
{
	uint32_t at = index_find(&samples_index, address);

	if (at == INDEX_NONE)
		return false;
	*kept = own->file.slots[at];
	samples_empty(at);
	own->file.header->dropped++;
	return true;
}

/* Frees that were put off. */
static void samples_settle(void)
{
	struct allocation_slot kept;

	for (size_t i = 0; i < PENDING; i++) {
		void *address;

		if (!__atomic_load_n(&own->pending[i], __ATOMIC_RELAXED))
			continue;
		address = __atomic_exchange_n(
		    &own->pending[i], NULL, __ATOMIC_ACQUIRE);
		samples_remove(address, &kept);
	}
}

static void samples_put_off(void *address)
{
	for (size_t i = 0; i < PENDING; i++) {
		void *none = NULL;

		if (__atomic_compare_exchange_n(&own->pending[i], &none,
			address, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
			return;
	}
}

/* The stack so far is C's, or empty; Python's comes behind it. */
static uint32_t samples_stack(uint64_t *frames, size_t count, uint64_t python)
{
	struct log_search to = {&own->log, &own->file};

	if (python) {
		count = python_stack_cut(frames, count);
		count += python_stack_take(&own->lines, &to, python,
		    frames + count, ALLOCATION_DEPTH - count);
	}
	return log_stack(&to, frames, count);
}

static void samples_record(struct thread *self, struct allocation_slot *slot,
    uint64_t *frames, size_t count, uint64_t python)
{
	samples_settle();
	if (self->pid != own->pid)
		samples_thread_begin(self);
	slot->weight = poisson_weight(slot->size, self->period);
	slot->thread = self->tid;
	slot->stack = samples_stack(frames, count, python);
	own->file.header->taken++;
	own->file.header->failed += slot->stack == LOG_NONE;
	samples_put(slot);
	rate_spend(&own->rate, slot->time_ns, samples_now());
	own->file.header->period = own->rate.period;
}

static void samples_take_now(
    struct thread *self, void *address, size_t size, void *caller)
{
	struct allocation_slot slot = {.address = (uintptr_t)address,
	    .size = size,
	    .time_ns = samples_now()};
	uint64_t frames[ALLOCATION_DEPTH],
	    python = python_stack_thread(!caller);
	size_t count = caller || !python ? stack_take(frames, caller) : 0;

	if (!samples_lock())
		return;
	if (samples_is_open())
		samples_record(self, &slot, frames, count, python);
	samples_unlock();
}

/* The bytes until the next sample of this thread. */
static void samples_draw(struct thread *self)
{
	if (!samples_setup.started) {
		self->left = RETRY;
		return;
	}
	if (!samples_setup.folder[0] || own->failed) {
		self->left = THREAD_NEVER;
		return;
	}
	if (self->seed == 0)
		samples_thread_begin(self);
	self->period = own->begun ? own->rate.period : samples_setup.period;
	self->left = poisson_next(&self->seed, self->period);
}

void samples_take(void *address, size_t size, void *caller)
{
	struct thread *self = &thread_self;
	int saved = errno;

	/* The first of a thread: it has no point yet. */
	if (self->period == 0) {
		samples_draw(self);
		if (size < self->left) {
			self->left -= size;
			return;
		}
		if (self->period == 0)
			return;
	}
	if (!self->busy && address) {
		self->busy = true;
		self->left = THREAD_NEVER;
		samples_take_now(self, address, size, caller);
		samples_draw(self);
		self->busy = false;
	}
	errno = saved;
}

bool samples_drop(void *address, struct allocation_slot *kept)
{
	struct thread *self = &thread_self;
	int saved = errno;
	bool dropped = false;

	if (self->busy || !own->begun) {
		samples_put_off(address);
		return false;
	}
	self->busy = true;
	if (samples_lock()) {
		dropped = samples_is_open() && samples_remove(address, kept);
		samples_unlock();
	} else {
		samples_put_off(address);
	}
	self->busy = false;
	errno = saved;
	return dropped;
}

void samples_restore(const struct allocation_slot *kept)
{
	struct thread *self = &thread_self;

	if (self->busy)
		return;
	self->busy = true;
	if (samples_lock()) {
		if (own->begun && !own->failed) {
			samples_put(kept);
			own->file.header->dropped--;
		}
		samples_unlock();
	}
	self->busy = false;
}

static bool samples_wipe(void *start, size_t bytes)
{
	return madvise(start, bytes, MADV_WIPEONFORK) == 0;
}

void samples_start(uint32_t flags)
{
	const char *folder = getenv(ALLOCATION_VARIABLE);
	const char *period = getenv(ALLOCATION_PERIOD_VARIABLE);
	uint64_t bytes = period ? digits_read(&period) : 0;

	samples_setup.started = true;
	if (!folder || folder[0] != '/' || strlen(folder) >= PATH_MAX - 32 ||
	    !samples_wipe(own, sizeof(*own)) ||
	    !samples_wipe(&samples_index, sizeof(samples_index)))
		return;
	own->pid = (uint32_t)getpid();
	strcpy(samples_setup.folder, folder);
	samples_setup.flags = flags;
	samples_setup.period =
	    bytes > 0 && bytes < UINT32_MAX ? bytes : ALLOCATION_PERIOD;
	thread_self.left = 0;
}

bool samples_are_wanted(void)
{
	return samples_setup.folder[0] != '\0';
}

void samples_add_flags(uint32_t flags)
{
	samples_setup.flags |= flags;
	if (own->begun && !own->failed)
		own->file.header->flags |= flags;
}

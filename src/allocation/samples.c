// SPDX-License-Identifier: MIT
#include "allocation/samples.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "allocation/gate.h"
#include "allocation/heaps.h"
#include "allocation/log.h"
#include "allocation/mappings.h"
#include "allocation/poisson.h"
#include "allocation/python_stack.h"
#include "allocation/slots.h"
#include "allocation/stack.h"
#include "base/digits.h"

#define LOCK_TRIES 2000           /* then the sample is lost */
#define PENDING 64                /* frees that wait for the lock */
#define RETRY (64 << 10)          /* bytes until the next try without a table */
#define PRIVATE_BYTES (256 << 10) /* a forked child that holds less, or */
#define PRIVATE_NS 10000000       /* lives for less, needs no file */
#define LOOKS 64 /* after a late start, samples between two checks */

/* Cleared by the kernel in a forked child, which has its own table. (A fork()
 * by the system call runs no handler.) Kept there where a signal handler forks
 * that interrupted a sample: the child goes on with that when it returns from
 * the handler. */
struct samples {
	uint32_t lock;
	struct gate gate; /* here, where a short child writes anyway */
	uint32_t lost;    /* samples and frees that couldn't be noted */
	bool begun, failed;
	bool is_abandoned; /* the parent's; cleared after this sample */
	struct slots slots;
	uint32_t pid;
	void *pending[PENDING];
	struct mappings mappings;
	struct log log;
	struct python_stack_lines lines;
	struct stack_cache stacks;
} __attribute__((aligned(ADDRESSES_PAGE)));

_Thread_local struct thread thread_self;

static struct samples samples_own;
static struct samples *const own = &samples_own;
struct addresses samples_addresses;

static struct {
	char directory[PATH_MAX]; /* "": not sampled */
	uint32_t flags;
	uint64_t period;
	bool is_fixed;  /* the period was given */
	bool is_native; /* C frames are taken below Python's own allocators */
	bool is_late;   /* the program ran before */
	bool started;
	bool is_aside; /* no system call may be made */
} samples_setup;

static bool samples_are_aside(void)
{
	return __atomic_load_n(&samples_setup.is_aside, __ATOMIC_RELAXED);
}

static uint64_t samples_clock(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t samples_now(void)
{
	return samples_clock(CLOCK_REALTIME);
}

static uint64_t samples_cpu_time(void)
{
	return samples_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static bool samples_lock(void)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (__atomic_exchange_n(&own->lock, 1, __ATOMIC_ACQUIRE) == 0) {
			thread_self.has_lock = true;
			return true;
		}
		if (i > LOCK_TRIES / 2 && !samples_are_aside())
			sched_yield();
	}
	return false;
}

/* Counts a sample or a free that can't be noted. This thread may not have the
 * lock; the next one that has it copies the number to the header. */
static void samples_lose(void)
{
	__atomic_add_fetch(&own->lost, 1, __ATOMIC_RELAXED);
}

/* Zeroes everything, including the lock. */
static void samples_clear(void)
{
	madvise(&samples_addresses, sizeof(samples_addresses), MADV_DONTNEED);
	madvise(own, sizeof(*own), MADV_DONTNEED);
}

static void samples_unlock(void)
{
	uint32_t lost =
	    __atomic_load_n(&own->lost, __ATOMIC_RELAXED) + own->slots.lost;

	thread_self.has_lock = false;
	if (own->is_abandoned) {
		file_close(&own->slots.file);
		samples_clear();
		return;
	}
	if (lost > 0 && own->slots.file.header)
		own->slots.file.header->lost = lost;
	__atomic_store_n(&own->lock, 0, __ATOMIC_RELEASE);
}

/* A forked child that ends soon, and holds little, creates no file: that would
 * take longer than the rest of its life. */
static int samples_create(bool is_forked)
{
	struct file *file = &own->slots.file;

	if (!samples_are_wanted())
		return -1;
	if (is_forked &&
	    file_create_private(file, own->pid, samples_setup.flags) == 0)
		return 0;
	return file_create(
	    file, samples_setup.directory, own->pid, samples_setup.flags);
}

/* Called for the first sample of this process: creates a table. */
static void samples_begin(void)
{
	bool is_forked = own->pid == 0;

	own->begun = true;
	/* A vforked child shares its parent's memory, and this variable. */
	if (is_forked)
		own->pid = (uint32_t)getpid();
	own->slots.seed = samples_now() ^ (uint64_t)own->pid << 40 ^ 1;
	rate_init(&own->slots.rate, samples_setup.period, samples_cpu_time());
	own->failed = samples_create(is_forked) != 0;
	if (!own->failed)
		own->slots.file.header->period = own->slots.rate.least;
}

/* Creates the table's file once the process holds more with this sample, or has
 * lived longer, than one that needs none. The sample gets the file's time: it
 * would be older otherwise, and count beside a program that had ended before
 * the file was created. False: there can be no file. */
static bool samples_publish(struct allocation_slot *slot)
{
	struct file *file = &own->slots.file;

	if (!file->is_private ||
	    (own->slots.held + slot->weight < PRIVATE_BYTES &&
		slot->time_ns < file->header->start_ns + PRIVATE_NS))
		return true;
	if (file_publish(file, samples_setup.directory) != 0) {
		file_close(file);
		own->failed = true;
		return false;
	}
	slot->time_ns = file->header->start_ns;
	return true;
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

/* Handles frees that were put off. */
static void samples_settle(void)
{
	struct allocation_slot kept;

	for (size_t i = 0; i < PENDING; i++) {
		void *address;

		if (!__atomic_load_n(&own->pending[i], __ATOMIC_RELAXED))
			continue;
		address = __atomic_exchange_n(
		    &own->pending[i], NULL, __ATOMIC_ACQUIRE);
		slots_remove(&own->slots, &samples_addresses, address, &kept);
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
	samples_lose();
}

/* A sample that is about to be added to the table. */
struct samples_new {
	struct allocation_slot slot; /* weight 0: by the period */
	struct samples_choice choice;
	struct stack_captured c;
	bool is_mapping;
};

/* The C frames, if there are any, with Python's appended. */
static uint32_t samples_stack(struct samples_new *sample)
{
	struct log_search to = {&own->log, &own->slots.file};
	uint64_t *frames = sample->c.frames;
	size_t count = sample->c.count;

	if (sample->choice.python) {
		count = python_stack_cut(&sample->c);
		count += python_stack_capture(&own->lines, &to,
		    sample->choice.python, frames + count,
		    ALLOCATION_DEPTH - count);
	}
	return log_stack(&to, frames, count);
}

static void samples_record(struct thread *self, struct samples_new *sample)
{
	struct allocation_slot *slot = &sample->slot;

	samples_settle();
	if (self->pid != own->pid)
		samples_thread_begin(self);
	if (slot->weight == 0)
		slot->weight =
		    poisson_weight(slot->size, sample->choice.period);
	slot->thread = self->tid;
	slot->stack = samples_stack(sample);
	own->slots.file.header->taken++;
	own->slots.file.header->failed += slot->stack == LOG_NONE;
	if (!samples_publish(slot))
		return;
	if (sample->is_mapping)
		mappings_put(
		    &own->mappings, &own->slots, &samples_addresses, slot);
	else
		slots_put(&own->slots, &samples_addresses, slot,
		    sample->choice.key
			? callers_add(&own->slots.callers, sample->choice.key)
			: CALLERS_NONE);
	if (!samples_setup.is_fixed &&
	    rate_spend(&own->slots.rate, samples_now() - slot->time_ns))
		rate_judge(&own->slots.rate, samples_cpu_time());
	own->slots.file.header->period = own->slots.rate.least;
}

static void samples_set_aside(bool is_aside)
{
	__atomic_store_n(&samples_setup.is_aside, is_aside, __ATOMIC_RELAXED);
	own->slots.file.is_frozen = is_aside;
}

static void samples_mark_aside(bool is_aside)
{
	if (!own->begun || own->failed)
		return;
	if (is_aside)
		own->slots.file.header->flags |= ALLOCATION_FILTERED;
	else
		own->slots.file.header->flags &= ~(uint32_t)ALLOCATION_FILTERED;
}

/* Whether the recorder says that no more may be sampled. */
static bool samples_leave(void)
{
	const struct allocation_header *header = own->slots.file.header;

	if (__atomic_load_n(&header->leave, __ATOMIC_RELAXED) == 0)
		return false;
	samples_set_aside(true);
	samples_mark_aside(true);
	return true;
}

/* Walking through generated code makes system calls, too. */
static bool samples_may_walk(void)
{
	bool may;

	if (!own->begun)
		return !samples_are_aside();
	if (!samples_lock()) {
		samples_lose();
		return false;
	}
	may = !samples_are_aside() && !own->failed && !samples_leave();
	samples_unlock();
	return may;
}

/* Takes the C frames, up to those of a Python function. False: no more may be
 * sampled. */
static bool samples_walk(struct samples_new *sample, const void *caller)
{
	if (!samples_may_walk())
		return false;
	sample->c.until = sample->choice.python
			      ? python_stack_until(sample->choice.python)
			      : 0;
	stack_capture(&own->stacks, &sample->c, caller);
	return true;
}

/* The slot has an address and a size. */
static void samples_take_now(
    struct thread *self, struct samples_new *sample, const void *caller)
{
	bool has_c_frames =
	    caller || !sample->choice.python || samples_setup.is_native;
	bool is_first;

	sample->slot.time_ns = samples_now();
	if (has_c_frames && !samples_walk(sample, caller))
		return;
	if (!samples_lock()) {
		samples_lose();
		return;
	}
	is_first = !own->begun;
	if (!samples_are_aside() && samples_is_open() && !samples_leave()) {
		/* A sample is not older than its table. */
		if (is_first)
			sample->slot.time_ns = own->slots.file.header->start_ns;
		samples_record(self, sample);
	}
	samples_unlock();
}

/* While a thread forks, samples are lost. */
static bool samples_enter(void)
{
	if (gate_enter(&own->gate))
		return true;
	samples_lose();
	return false;
}

/* Draws the bytes until this thread's next sample. */
static void samples_draw(struct thread *self)
{
	if (!samples_setup.started || samples_are_aside()) {
		self->left = RETRY;
		return;
	}
	if (!samples_are_wanted() || own->failed) {
		self->period = 0;
		self->left = samples_setup.is_late ? RETRY : THREAD_NEVER;
		return;
	}
	if (self->seed == 0)
		samples_thread_begin(self);
	self->period =
	    own->begun ? rate_shortest(&own->slots.rate) : samples_setup.period;
	self->left = poisson_next(&self->seed, self->period);
}

/* A thread's first allocation has no point yet. False: no point is in it. */
static bool samples_thread_is_due(struct thread *self, size_t size)
{
	if (self->period > 0 && !samples_are_aside())
		return true;
	samples_draw(self);
	if (size >= self->left)
		return self->period > 0 && !samples_are_aside();
	self->left -= size;
	return false;
}

/* The hash of the allocating place, not 0. The stack depth is the same in all
 * threads of one kind. */
static uint32_t samples_key(const struct samples_choice *choice, uint64_t size,
    const void *caller, const void *stack)
{
	uint64_t key;
	int bits;

	size += 4;
	bits = 61 - __builtin_clzll(size);
	key = (uint64_t)bits << 2 | (size >> bits & 3);
	if (caller)
		key ^= ((uintptr_t)caller << 8) +
		       ((uintptr_t)stack - (uintptr_t)&thread_self) *
			   0x9e3779b97f4a7c15u;
	if (choice->python)
		key += python_stack_key(choice->python);
	key *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(key >> 32) | 1;
}

static void samples_choice_init(struct samples_choice *choice,
    const struct thread *self, const void *caller)
{
	choice->python = python_stack_thread(!caller);
	choice->period = self->period;
	choice->key = 0;
}

/* Whether the sample is also one by the period of its place. */
static bool samples_choose(struct thread *self, struct samples_choice *choice,
    size_t size, const void *caller, const void *stack)
{
	uint64_t period;

	if (samples_setup.is_fixed || !own->begun)
		return true;
	choice->key = samples_key(choice, size, caller, stack);
	period =
	    callers_period(&own->slots.callers, choice->key, &own->slots.rate);
	if (period <= self->period)
		return true;
	choice->period = period;
	return poisson_thin(&self->seed, size, self->period, period);
}

static void samples_new_init(
    struct samples_new *sample, void *address, size_t size)
{
	sample->slot = (struct allocation_slot){
	    .address = (uintptr_t)address, .size = size};
	sample->c.count = sample->c.until = 0;
	sample->is_mapping = false;
}

/* Notes that a library maps memory for a heap of its own. It may be in no
 * sampled stack. */
static void samples_note_heap(void)
{
	if (own->begun && (samples_setup.flags & ALLOCATION_OWN_HEAP))
		return;
	samples_setup.flags |= ALLOCATION_OWN_HEAP;
	if (!samples_lock())
		return;
	if (!samples_are_aside() && samples_is_open())
		own->slots.file.header->flags |= ALLOCATION_OWN_HEAP;
	samples_unlock();
}

static void samples_take_due(struct thread *self, void *address, size_t size,
    void *caller, bool is_mapping)
{
	struct samples_new sample;

	samples_new_init(&sample, address, size);
	samples_choice_init(&sample.choice, self, caller);
	sample.c.stack = __builtin_frame_address(0);
	sample.is_mapping = is_mapping;
	if (is_mapping && heaps_have(caller))
		samples_note_heap();
	else if (is_mapping || samples_choose(self, &sample.choice, size,
				   caller, sample.c.stack))
		samples_take_now(self, &sample, caller);
}

static void samples_take_new(
    void *address, size_t size, void *caller, bool is_mapping)
{
	struct thread *self = &thread_self;
	int saved = errno;

	if (samples_thread_is_due(self, size) && !self->busy && address) {
		self->busy = true;
		self->left = THREAD_NEVER;
		if (samples_enter()) {
			samples_take_due(
			    self, address, size, caller, is_mapping);
			gate_leave(&own->gate);
		}
		samples_draw(self);
		self->busy = false;
	}
	errno = saved;
}

void samples_take(void *address, size_t size, void *caller)
{
	samples_take_new(address, size, caller, false);
}

bool samples_refuse(size_t size, struct samples_choice *choice)
{
	struct thread *self = &thread_self;
	int saved = errno;
	bool is_refused = true;

	if (samples_thread_is_due(self, size) && !self->busy) {
		samples_choice_init(choice, self, NULL);
		is_refused = !samples_choose(self, choice, size, NULL, NULL);
		if (is_refused)
			samples_draw(self);
	}
	errno = saved;
	return is_refused;
}

void samples_take_chosen(
    void *address, size_t size, const struct samples_choice *choice)
{
	struct thread *self = &thread_self;
	struct samples_new sample;
	int saved = errno;

	if (!address)
		return;
	samples_new_init(&sample, address, size);
	sample.choice = *choice;
	sample.c.stack = __builtin_frame_address(0);
	self->busy = true;
	self->left = THREAD_NEVER;
	if (samples_enter()) {
		samples_take_now(self, &sample, NULL);
		gate_leave(&own->gate);
	}
	samples_draw(self);
	self->busy = false;
	errno = saved;
}

void samples_map(void *address, size_t size, void *caller)
{
	if (!samples_pass(size))
		samples_take_new(address, size, caller, true);
}

bool samples_unmap(
    const void *address, size_t size, struct allocation_slot *first)
{
	struct thread *self = &thread_self;
	uintptr_t begin = (uintptr_t)address;
	bool is_first = false;

	/* An empty list, the usual case, is checked without the lock. */
	if (__atomic_load_n(&own->mappings.len, __ATOMIC_RELAXED) == 0 ||
	    self->busy || begin + size < begin)
		return false;
	self->busy = true;
	if (samples_lock()) {
		is_first = own->begun && !own->failed &&
			   mappings_cut(&own->mappings, &own->slots,
			       &samples_addresses, begin, begin + size, first);
		samples_unlock();
	} else {
		samples_lose();
	}
	self->busy = false;
	return is_first;
}

void samples_remap(const struct allocation_slot *first, void *address,
    size_t size, void *caller)
{
	struct thread *self = &thread_self;
	struct samples_new sample;
	int saved = errno;
	uint64_t left = self->left;

	if (self->busy || samples_are_aside())
		return;
	samples_new_init(&sample, address, size);
	samples_choice_init(&sample.choice, self, caller);
	sample.slot.weight = mappings_weight(first, size);
	sample.c.stack = __builtin_frame_address(0);
	sample.is_mapping = true;
	self->busy = true;
	self->left = THREAD_NEVER;
	if (samples_enter()) {
		samples_take_now(self, &sample, caller);
		gate_leave(&own->gate);
	}
	self->left = left;
	self->busy = false;
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
		dropped =
		    samples_is_open() && slots_remove(&own->slots,
					     &samples_addresses, address, kept);
		samples_unlock();
	} else {
		samples_put_off(address);
	}
	self->busy = false;
	errno = saved;
	return dropped;
}

void samples_forget(void *address)
{
	struct allocation_slot kept;

	samples_drop(address, &kept);
}

void samples_restore(const struct allocation_slot *kept)
{
	struct thread *self = &thread_self;

	if (self->busy)
		return;
	self->busy = true;
	if (samples_lock()) {
		if (own->begun && !own->failed) {
			slots_put(&own->slots, &samples_addresses, kept,
			    CALLERS_NONE);
			own->slots.file.header->dropped--;
		}
		samples_unlock();
	} else {
		samples_lose();
	}
	self->busy = false;
}

static bool samples_wipe(void *start, size_t bytes)
{
	return madvise(start, bytes, MADV_WIPEONFORK) == 0;
}

#ifdef __GLIBC__
/* pthread_atfork() as the library exports it; weak, as it is absent where musl
 * is loaded instead, whose fork() itself waits for the loader. */
int __register_atfork(void (*before)(void), void (*parent)(void),
    void (*child)(void), void *library) __attribute__((weak));

/* A signal handler that interrupts a sample may fork. */
static void samples_before_fork(void)
{
	if (thread_self.busy) {
		madvise(own, sizeof(*own), MADV_KEEPONFORK);
		madvise(&samples_addresses, sizeof(samples_addresses),
		    MADV_KEEPONFORK);
		file_inherit(&own->slots.file, true);
	}
	gate_close(&own->gate, thread_self.busy);
}

/* The addresses are never kept alone: a child of another thread would not know
 * it. */
static void samples_wipe_again(void)
{
	samples_wipe(&samples_addresses, sizeof(samples_addresses));
	samples_wipe(own, sizeof(*own));
}

static void samples_after_fork(void)
{
	if (thread_self.busy) {
		samples_wipe_again();
		file_inherit(&own->slots.file, false);
	}
	gate_open(&own->gate);
}

/* The fork of another thread at the same time may have kept it, too. A thread
 * that is not in the child may have had the lock, and left the table half
 * changed. */
static void samples_in_child(void)
{
	if (own->pid == 0)
		return;
	samples_wipe_again();
	if (!thread_self.busy) {
		samples_clear();
		return;
	}
	own->is_abandoned = true;
	own->gate = (struct gate){0};
	file_replace(&own->slots.file);
	if (!thread_self.has_lock) {
		own->lock = 0;
		own->failed = true;
	}
}

/* A forked child's gate is open: it is zeroed with the rest, at the latest
 * after an interrupted sample. */
static void samples_mind_forks(void)
{
	static bool done;

	if (!done && __register_atfork)
		__register_atfork(samples_before_fork, samples_after_fork,
		    samples_in_child, NULL);
	done = true;
}
#else
static void samples_mind_forks(void)
{
}
#endif

/* False: the directory doesn't exist, or a fork would share the table. */
static bool samples_set_up(const char *directory, uint32_t flags)
{
	const char *period = getenv(ALLOCATION_PERIOD_VARIABLE);
	const char *native = getenv(ALLOCATION_NATIVE_VARIABLE);
	uint64_t bytes = period ? digits_at(period) : 0;

	samples_setup.started = true;
	if (!directory || directory[0] != '/' ||
	    strlen(directory) >= PATH_MAX - 32 ||
	    !samples_wipe(own, sizeof(*own)) ||
	    !samples_wipe(&samples_addresses, sizeof(samples_addresses)))
		return false;
	samples_mind_forks();
	own->pid = (uint32_t)getpid();
	samples_setup.flags = flags;
	samples_setup.is_fixed = bytes > 0 && bytes >> 56 == 0;
	samples_setup.period =
	    samples_setup.is_fixed ? bytes : ALLOCATION_PERIOD;
	samples_setup.is_native = native && *native == '1';
	/* Its slash is set last: another thread samples as soon as that is
	 * there. */
	strcpy(samples_setup.directory + 1, directory + 1);
	__atomic_store_n(&samples_setup.directory[0], '/', __ATOMIC_RELEASE);
	thread_self.left = 0;
	return true;
}

void samples_start(uint32_t flags)
{
	/* Nothing will be sampled, and the recorder can say why. */
	if (!samples_set_up(getenv(ALLOCATION_VARIABLE), flags) ||
	    !(flags & ALLOCATION_OWN_MALLOC) || !samples_lock())
		return;
	samples_is_open();
	samples_unlock();
}

bool samples_start_late(const char *directory, uint32_t flags)
{
	samples_setup.is_late = true;
	if (!own->begun && samples_set_up(directory, flags) && samples_lock()) {
		samples_begin();
		samples_unlock();
	}
	if (own->begun && !own->failed)
		return true;
	samples_stop();
	return false;
}

void samples_stop(void)
{
	if (!samples_lock())
		return;
	samples_setup.directory[0] = '\0';
	file_close(&own->slots.file);
	samples_clear();
}

bool samples_are_late(const char *directory)
{
	return samples_setup.is_late && samples_are_wanted() &&
	       (!directory || strcmp(directory, samples_setup.directory) == 0);
}

/* A program without a free descriptor, or whose user may not look there, can't
 * find out. */
bool samples_are_unread(void)
{
	int saved = errno;
	int fd = file_descriptor_open(
	    samples_setup.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_unread =
	    fd < 0 ? errno == ENOENT : flock(fd, LOCK_SH | LOCK_NB) == 0;

	if (fd >= 0)
		file_descriptor_close(fd);
	errno = saved;
	return is_unread;
}

bool samples_check_unread(void)
{
	static uint32_t calls;

	return samples_are_late(NULL) && !samples_are_aside() &&
	       __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % LOOKS == 0 &&
	       samples_are_unread();
}

bool samples_are_wanted(void)
{
	return samples_setup.directory[0] != '\0';
}

void samples_add_flags(uint32_t flags)
{
	samples_setup.flags |= flags;
	if (own->begun && !own->failed)
		own->slots.file.header->flags |= flags;
}

/* Waits for a thread that is taking a sample, which may make system calls. The
 * interrupted code of this thread may be what is taking one. */
static bool samples_lock_patiently(void)
{
	for (int i = 0; i < 100; i++)
		if (samples_lock())
			return true;
	return false;
}

/* A table without samples tells the recorder why there are none. Nothing is
 * known of a forked child without samples: this may be its own vforked one. */
static void samples_show(void)
{
	struct file *file = &own->slots.file;

	if (!own->begun && samples_setup.started && own->pid != 0)
		samples_begin();
	if (own->begun && !own->failed && file->is_private &&
	    file_publish(file, samples_setup.directory) != 0) {
		file_close(file);
		own->failed = true;
	}
}

/* Samples that other threads are taking end first: they may be killed at a
 * system call afterwards. */
static void samples_wait(void)
{
	gate_close(&own->gate, thread_self.busy);
	gate_open(&own->gate);
}

static void samples_turn(bool is_aside)
{
	bool is_locked = samples_lock_patiently();

	if (is_locked && is_aside)
		samples_show();
	samples_set_aside(is_aside);
	if (!is_locked)
		return;
	samples_mark_aside(is_aside);
	samples_unlock();
}

bool samples_step_aside(void)
{
	/* A vforked child has its parent's memory. */
	if (samples_are_aside() ||
	    (own->pid != 0 && own->pid != (uint32_t)getpid()))
		return false;
	samples_turn(true);
	samples_wait();
	return true;
}

void samples_step_back(void)
{
	samples_turn(false);
}

void samples_before_locking(void)
{
	struct thread *self = &thread_self;
	int saved = errno;

	if (self->busy || !samples_are_wanted() || samples_are_aside())
		return;
	self->busy = true;
	if (samples_lock()) {
		if (samples_is_open())
			samples_show();
		samples_unlock();
	}
	self->busy = false;
	errno = saved;
}

bool samples_give_way(void)
{
	struct thread *self = &thread_self;
	struct file *file = &own->slots.file;
	bool was_open = false;

	if (self->busy || samples_are_aside())
		return false;
	self->busy = true;
	if (samples_lock_patiently()) {
		was_open = own->begun && !own->failed;
		if (was_open) {
			file->header->flags |= ALLOCATION_LOCKED;
			file_empty(file);
			file_close(file);
			own->failed = true;
		}
		samples_unlock();
	}
	self->busy = false;
	return was_open;
}

/* Returns pages that hold nothing but zeros; they are read as zeros again. */
static void samples_return_pages(void *start, void *end)
{
	static const char zeros[ADDRESSES_PAGE];
	uintptr_t mask = ADDRESSES_PAGE - 1;
	char *at = (char *)(((uintptr_t)start + mask) & ~mask);

	munlock(at, (size_t)((char *)end - at));
	for (; at + ADDRESSES_PAGE <= (char *)end; at += ADDRESSES_PAGE)
		if (memcmp(at, zeros, ADDRESSES_PAGE) == 0)
			madvise(at, ADDRESSES_PAGE, MADV_DONTNEED);
}

/* The stacks of the cache change without this lock, so their pages stay
 * resident. */
void samples_after_locking(void)
{
	struct thread *self = &thread_self;
	int saved = errno;

	if (self->busy || !samples_are_wanted() || samples_are_aside())
		return;
	self->busy = true;
	if (samples_lock_patiently()) {
		if (own->begun && !own->failed)
			file_unlock(&own->slots.file);
		samples_return_pages(
		    &samples_addresses, &samples_addresses + 1);
		samples_return_pages(&own->mappings, &own->stacks);
		samples_unlock();
	}
	self->busy = false;
	errno = saved;
}

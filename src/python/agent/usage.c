// SPDX-License-Identifier: MIT
#include "python/agent/usage.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "python/agent/reader.h"

/* Least time between two readings; between any two where the peak is wanted;
 * both where one reading takes long. */
#define UNIT_MIN_NS 100000
#define PEAK_STEP_NS 1000000
#define SLOW_STEP_NS 10000000
#define UNITS_MAX 1000 /* in an interval, unless a peak is wanted */
#define INTERVAL_MAX_S 1e6
#define STACK_BYTES 131072

struct usage {
	struct reader *reader;
	int64_t unit_ns, units; /* units: in an interval */
	int64_t step_ns;        /* longest step, where the peak is wanted */
	int64_t start_ns;
	int64_t slot; /* position of the next sample */
	bool peak_only;
	struct usage_sample *samples;
	size_t len, cap;
	struct usage *next;

	pthread_t thread;
	pid_t owner; /* process in which the thread runs; 0: none */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool ends;
};

/* Those that were started; changed under the GIL. */
static struct usage *usages;

static void usage_keep(struct usage *usage, struct usage_sample sample)
{
	size_t cap = usage->cap ? 2 * usage->cap : 64;
	struct usage_sample *samples;

	if (usage->peak_only && usage->len) {
		if (sample.bytes > usage->samples[0].bytes)
			usage->samples[0] = sample;
		return;
	}
	if (usage->len == usage->cap) {
		samples = realloc(usage->samples, cap * sizeof(*samples));
		if (!samples)
			return;
		usage->samples = samples;
		usage->cap = cap;
	}
	usage->samples[usage->len++] = sample;
}

/* High-water marks are read at the start and at the end, and those of children
 * at each sample, as children may be gone at the next one. */
static void usage_sample(struct usage *usage, int64_t slot)
{
	bool wants_marks =
	    usage->peak_only && (slot <= 0 || reader_is_slow(usage->reader));
	int64_t bytes = wants_marks ? reader_peak(usage->reader)
				    : reader_bytes(usage->reader);

	if (bytes >= 0)
		usage_keep(
		    usage, (struct usage_sample){bytes, clock_wall_ns(), slot});
}

/* Samples lie on grids of 1, 10, 100 units and so on up to the interval; after
 * ten samples on a grid the next coarser one is used. */
static int64_t usage_next_slot(const struct usage *usage, int64_t slot)
{
	int64_t step = 1, next;

	while (10 * step <= slot && 10 * step < usage->units)
		step *= 10;
	if (slot >= usage->units)
		step = usage->units;
	if (usage->peak_only && step * usage->unit_ns > usage->step_ns)
		step = usage->step_ns / usage->unit_ns;
	next = slot - slot % step + step;
	if (!usage->peak_only && slot < usage->units && next > usage->units)
		next = usage->units;
	return next;
}

static struct timespec usage_deadline(struct usage *usage)
{
	int64_t passed = (clock_mono_ns() - usage->start_ns) / usage->unit_ns;
	int64_t at;

	usage->slot = usage_next_slot(usage, usage->slot);
	if (usage->slot <= passed)
		usage->slot = usage_next_slot(usage, passed);
	at = usage->start_ns + usage->slot * usage->unit_ns;
	return (struct timespec){at / NS_PER_S, at % NS_PER_S};
}

static void *usage_run(void *context)
{
	struct usage *usage = context;
	struct timespec deadline = usage_deadline(usage);

	pthread_mutex_lock(&usage->lock);
	while (!usage->ends) {
		if (pthread_cond_timedwait(
			&usage->wake, &usage->lock, &deadline) == 0)
			continue;
		pthread_mutex_unlock(&usage->lock);
		usage_sample(usage, usage->slot);
		deadline = usage_deadline(usage);
		pthread_mutex_lock(&usage->lock);
	}
	pthread_mutex_unlock(&usage->lock);
	return NULL;
}

/* If the thread can't be started, there are only the first and the last
 * sample. */
static void usage_start_thread(struct usage *usage)
{
	pthread_attr_t attr;
	sigset_t all, before;

	usage->ends = false;
	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* A program with much thread-local memory needs the default stack
	 * size. */
	if (pthread_create(&usage->thread, &attr, usage_run, usage) == 0 ||
	    pthread_create(&usage->thread, NULL, usage_run, usage) == 0)
		usage->owner = getpid();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
}

/* In a child, after a fork that went unnoticed, there is no thread, and the
 * lock may stay locked. */
static void usage_stop_thread(struct usage *usage)
{
	if (usage->owner != getpid())
		return;
	pthread_mutex_lock(&usage->lock);
	usage->ends = true;
	pthread_cond_signal(&usage->wake);
	pthread_mutex_unlock(&usage->lock);
	pthread_join(usage->thread, NULL);
	usage->owner = 0;
}

static void usage_set_interval(struct usage *usage, double interval_s)
{
	bool slow = reader_is_slow(usage->reader);
	int64_t least_ns = slow ? SLOW_STEP_NS : UNIT_MIN_NS;
	double ns;

	if (!(interval_s > 0))
		interval_s = 0;
	if (interval_s > INTERVAL_MAX_S)
		interval_s = INTERVAL_MAX_S;
	ns = interval_s * NS_PER_S;
	usage->unit_ns = (int64_t)(ns / UNITS_MAX);
	usage->step_ns = slow ? SLOW_STEP_NS : PEAK_STEP_NS;
	if (usage->unit_ns < least_ns)
		usage->unit_ns = least_ns;
	if (usage->peak_only && usage->unit_ns > usage->step_ns)
		usage->unit_ns = usage->step_ns;
	usage->units = (int64_t)(ns / (double)usage->unit_ns + 0.5);
	if (usage->units < 1)
		usage->units = 1;
}

static void usage_init_locks(struct usage *usage)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&usage->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&usage->wake, &attr);
	pthread_condattr_destroy(&attr);
}

struct usage *usage_start(
    struct reader *reader, double interval_s, bool peak_only)
{
	struct usage *usage = calloc(1, sizeof(*usage));

	if (!usage) {
		reader_destroy(reader);
		return NULL;
	}
	usage->reader = reader;
	usage->peak_only = peak_only;
	usage_set_interval(usage, interval_s);
	usage_init_locks(usage);
	usage_sample(usage, 0);
	usage->start_ns = clock_mono_ns();
	usage->next = usages;
	usages = usage;
	usage_start_thread(usage);
	return usage;
}

static void usage_unlink(struct usage *usage)
{
	struct usage **at = &usages;

	while (*at && *at != usage)
		at = &(*at)->next;
	if (*at)
		*at = usage->next;
}

void usage_stop(struct usage *usage)
{
	usage_stop_thread(usage);
	usage_unlink(usage);
	usage_sample(usage, -1);
}

const struct usage_sample *usage_samples(const struct usage *usage, size_t *len)
{
	*len = usage->len;
	return usage->samples;
}

int64_t usage_slots(const struct usage *usage)
{
	return usage->units;
}

void usage_destroy(struct usage *usage)
{
	usage_stop_thread(usage);
	usage_unlink(usage);
	reader_destroy(usage->reader);
	free(usage->samples);
	free(usage);
}

void usages_hold(void)
{
	for (struct usage *at = usages; at; at = at->next)
		usage_stop_thread(at);
}

void usages_go_on(void)
{
	for (struct usage *at = usages; at; at = at->next) {
		if (!at->owner)
			usage_start_thread(at);
	}
}

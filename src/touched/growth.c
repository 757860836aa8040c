// SPDX-License-Identifier: MIT
#include "touched/growth.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/touched_feed.h"

enum {
	PERIOD_KIB = 256,
	PERIOD_MAX_KIB = 1 << 20,
	PROCESSES_MAX = 1024,
	UNWINDERS_MAX = 16,
	PAGES_EACH = 1 << 12, /* with this many pages the period doubles */
	PAGES_MAX = 1 << 16,
	PAGE_KIB = 4,       /* least memory that a fault brings */
	HUGE_KIB = 2 << 10, /* and the most */
	/* Factor by which a longer period outlasts its run of faults. */
	LAG = 2,
	/* Consecutive faults in small pages that are sampled singly; as many as
	 * may occur beside huge ones, if there were any. */
	EACH_MAX = 16,
	EACH_BESIDE = 600,
	LAST = 64, /* events to search for a thread's last one */
	SLACK_KIB = 128,
	UNSEEN_KIB = 1 << 10, /* growth without faults that is reported */
	UNSEEN_MAX_KIB = 32 << 10,
	/* Bytes of records allowed at once, and in each minute. */
	BUDGET = 512 << 10,
	RECORD = 200,
	LEFT_MAX = 4096,    /* ids in one message */
	QUEUE_MAX = 8 << 20 /* bytes of queued messages, then it waits */
};

/* Processor time for all this: a second, and later a share. */
static const double growth_cpu_s = 1, growth_cpu_share = 0.05;

#define SWEEP_NS (NS_PER_S / 10)
/* After a pause without faults, each fault is sampled. */
#define PAUSE_NS (NS_PER_S / 1000)
#define PAUSE_MAX_NS (128 * PAUSE_NS)
/* A page that is not there by then will not come, or is read from a disk. */
#define WAIT_NS (NS_PER_S / 5)
/* Growth that old without a fault has none. */
#define EXPLAINED_NS (NS_PER_S / 2)
/* The kernel notes an end up to that long before its memory can't be read. */
#define END_NS (NS_PER_S / 1000)
/* Factor by which a pause is longer than the check before it. */
#define SWEEP_SHARE 20

void growth_init(struct growth *growth, int feed)
{
	*growth = (struct growth){.feed = feed,
	    .period_kib = PERIOD_KIB,
	    .budget = BUDGET,
	    .begun_ns = clock_mono_ns(),
	    .random = (uint64_t)clock_mono_ns(),
	    .pause_ns = PAUSE_NS};
}

bool growth_flush(struct growth *growth, bool wait)
{
	struct strbuf *queue = &growth->queue;
	int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);

	while (growth->queue_at < queue->len) {
		size_t len;

		memcpy(&len, queue->text + growth->queue_at, sizeof(len));
		if (send(growth->feed,
			queue->text + growth->queue_at + sizeof(len), len,
			flags) < 0 &&
		    (errno == EAGAIN || errno == EINTR))
			return true;
		growth->queue_at += sizeof(len) + len;
	}
	strbuf_cut(queue, 0);
	growth->queue_at = 0;
	return false;
}

/* The recorder reads at its ticks, which may be far apart. Faults are handled
 * meanwhile, as their process may be gone later. */
static void growth_send(struct growth *growth)
{
	const struct strbuf *message = &growth->message;

	if (!growth_flush(growth, growth->queue.len > QUEUE_MAX) &&
	    (send(growth->feed, message->text, message->len,
		 MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ||
		errno != EAGAIN))
		return;
	strbuf_add_bytes(&growth->queue, &message->len, sizeof(message->len));
	strbuf_add_bytes(&growth->queue, message->text, message->len);
}

/* The CLOCK_REALTIME of a time by CLOCK_MONOTONIC. */
static int64_t growth_wall_ns(int64_t mono_ns)
{
	return clock_wall_ns() - clock_mono_ns() + mono_ns;
}

/* Reports samples whose pages are gone, in as many messages as needed. */
static void growth_send_left(struct growth *growth,
    const struct growth_process *process, bool ended, const uint32_t *ids,
    size_t count)
{
	struct touched_left left = {.pid = process->pid,
	    .ended = ended,
	    .found_ns = clock_wall_ns(),
	    .ended_ns =
		ended && process->end_ns ? growth_wall_ns(process->end_ns) : 0};

	for (size_t at = 0; at < count; at += left.head.count) {
		size_t len = count - at < LEFT_MAX ? count - at : LEFT_MAX;

		left.head = (struct touched_head){TOUCHED_LEFT, (uint32_t)len};
		strbuf_cut(&growth->message, 0);
		strbuf_add_bytes(&growth->message, &left, sizeof(left));
		strbuf_add_bytes(
		    &growth->message, ids + at, len * sizeof(*ids));
		growth_send(growth);
	}
}

static void growth_send_gone(struct growth *growth,
    const struct growth_process *process, bool ended, struct page_ids *gone)
{
	growth->pages -= gone->ids.len;
	growth_send_left(
	    growth, process, ended, gone->ids.items, gone->ids.len);
	array_free(&gone->ids);
}

/* Drops pages that are no longer resident; all of them if the process ended. */
static void growth_drop_pages(
    struct growth *growth, struct growth_process *process, bool ended)
{
	struct page_ids gone = {0};

	page_set_remove_absent(
	    &process->set, ended ? NULL : &process->resident, &gone);
	process->fell = false;
	growth_send_gone(growth, process, ended, &gone);
}

/* Samples can't stand for more than is resident. Where they do, memory was
 * given back: what was used again since would count twice. */
static void growth_settle(struct growth *growth, struct growth_process *process)
{
	int64_t excess_kib = process->set.kib - process->kib;
	int64_t period_kib = (int64_t)growth->period_kib;
	int64_t begun_ns = clock_mono_ns();
	struct page_ids gone = {0};

	if (excess_kib < process->spare_kib)
		process->spare_kib = excess_kib > 0 ? excess_kib : 0;
	if (excess_kib <= process->spare_kib + 2 * period_kib ||
	    begun_ns < process->settle_ns)
		return;
	growth_drop_pages(growth, process, false);
	/* Memory that is used in one go has a sample each period. */
	page_set_remove_reused(
	    &process->set, process->kib, period_kib / 2, &gone);
	growth_send_gone(growth, process, false, &gone);
	excess_kib = process->set.kib - process->kib;
	process->spare_kib = excess_kib > 0 ? excess_kib : 0;
	process->settle_ns =
	    begun_ns + (clock_mono_ns() - begun_ns) * SWEEP_SHARE;
}

static void growth_free_process(struct growth_process *process)
{
	resident_close(&process->resident);
	unwind_destroy(process->unwind);
	array_free(&process->set.pages);
	free(process);
}

static void growth_end_process(struct growth *growth, size_t at)
{
	struct growth_process *process = growth->processes.items[at];

	growth_drop_pages(growth, process, true);
	growth_free_process(process);
	growth->processes.items[at] =
	    growth->processes.items[--growth->processes.len];
}

void growth_finish(struct growth *growth)
{
	for (size_t i = 0; i < growth->processes.len; i++)
		growth_free_process(growth->processes.items[i]);
	array_free(&growth->processes);
	strbuf_finish(&growth->message);
	strbuf_finish(&growth->queue);
}

static size_t growth_place(const struct growth *growth, pid_t pid)
{
	size_t at = 0;

	while (at < growth->processes.len &&
	       growth->processes.items[at]->pid != pid)
		at++;
	return at;
}

static struct growth_process *growth_add_process(
    struct growth *growth, pid_t pid, int64_t exec_ns)
{
	struct growth_process *process;

	if (growth->processes.len == PROCESSES_MAX)
		return NULL;
	process = mem_zero(1, sizeof(*process));
	process->pid = pid;
	process->exec_ns = exec_ns;
	process->kib = exec_ns ? 0 : -1;
	process->rest_kib = random_unit(&growth->random) * growth->period_kib;
	resident_open(&process->resident, pid);
	*array_push(&growth->processes) = process;
	return process;
}

static struct growth_process *growth_process_of(
    struct growth *growth, const struct rings_event *event)
{
	size_t at = growth_place(growth, event->pid);
	struct growth_process *process;

	if (at == growth->processes.len)
		return growth_add_process(growth, event->pid, 0);
	process = growth->processes.items[at];
	return event->time_ns < process->exec_ns ? NULL : process;
}

/* The previous program is gone, with all of its memory. */
static void growth_exec(struct growth *growth, const struct rings_event *event)
{
	size_t at = growth_place(growth, event->pid);

	if (at < growth->processes.len) {
		growth->processes.items[at]->end_ns = event->time_ns;
		growth_end_process(growth, at);
	}
	growth_add_process(growth, event->pid, event->time_ns);
}

/* A thread has ended. The last one's end is the process's. */
static void growth_note_end(
    struct growth *growth, const struct rings_event *event)
{
	size_t at = growth_place(growth, event->pid);

	if (at < growth->processes.len)
		growth->processes.items[at]->end_ns = event->time_ns;
}

static void growth_note_map(
    struct growth *growth, const struct rings_event *event)
{
	size_t at = growth_place(growth, event->pid);

	if (at < growth->processes.len && growth->processes.items[at]->unwind)
		unwind_note_map(growth->processes.items[at]->unwind);
}

/* Reads the process's memory. False where it is gone. It lived when the reading
 * began, and may have ended since. */
static bool growth_read(struct growth_process *process)
{
	int64_t begun_ns = clock_mono_ns();
	int64_t kib = resident_kib(&process->resident);

	if (kib < 0)
		return false;
	if (process->kib < 0)
		process->kib =
		    kib > process->round_kib ? kib - process->round_kib : 0;
	if (kib > process->kib) {
		process->pool_kib += kib - process->kib;
		process->grown_ns = clock_mono_ns();
	}
	process->fell = process->fell || kib < process->kib;
	process->kib = kib;
	process->read_ns = begun_ns;
	return true;
}

/* Faults that may have occurred without a sample: as many as the last period
 * had, minus those sampled singly. */
static int64_t growth_unsampled(const struct growth_process *process)
{
	return process->period > process->since
		   ? (int64_t)(process->period - process->since)
		   : 0;
}

/* Among faults of which some were sampled singly, this one represents the
 * others. */
static void growth_count_fault(struct growth *growth,
    struct growth_process *process, struct rings_event *event)
{
	if (event->among == 0 && growth->rings.each && event->faults == 1) {
		process->since++;
	} else {
		if (event->among > process->since)
			event->faults = event->among - process->since;
		process->period = event->among ? event->among : event->faults;
		process->since = 0;
	}
	growth->lags = growth->lags || growth_unsampled(process) > LAG;
	process->round_kib += PAGE_KIB * (int64_t)event->faults;
	process->fault_ns = event->time_ns;
}

/* A fault is reported before its page is there, which takes as long as clearing
 * it. Its thread has no other fault meanwhile. */
static bool growth_waits(
    struct growth *growth, const struct rings_event *event, int64_t now_ns)
{
	const struct rings_event *end =
	    growth->rings.events.items + growth->rings.events.len;
	struct growth_process *process;

	if (event->what != RINGS_FAULT || end - event > LAST ||
	    growth->rings.crowded || now_ns - event->time_ns > WAIT_NS)
		return false;
	for (const struct rings_event *next = event + 1; next < end; next++)
		if (next->tid == event->tid)
			return false;
	process = growth_process_of(growth, event);
	return process && !resident_has(&process->resident, event->address);
}

/* Moves the events that wait for another round behind those that are ready. */
static void growth_sort(struct growth *growth)
{
	struct rings *rings = &growth->rings;
	int64_t now_ns = clock_mono_ns();
	struct rings_event waiting[LAST] = {0};
	size_t count = 0;

	growth->ready = 0;
	for (size_t i = 0; i < rings->events.len; i++) {
		struct rings_event event = rings->events.items[i];

		if (count < LAST &&
		    growth_waits(growth, &rings->events.items[i], now_ns))
			waiting[count++] = event;
		else
			rings->events.items[growth->ready++] = event;
	}
	if (count > 0)
		memcpy(rings->events.items + growth->ready, waiting,
		    count * sizeof(*waiting));
}

/* First pass: changes of processes, and how much memory their faults
 * explain. */
static void growth_count(struct growth *growth)
{
	struct rings *rings = &growth->rings;

	for (size_t i = 0; i < growth->processes.len; i++)
		growth->processes.items[i]->round_kib = 0;
	for (size_t i = 0; i < growth->ready; i++) {
		struct rings_event *event = &rings->events.items[i];
		struct growth_process *process;

		if (event->what == RINGS_EXEC)
			growth_exec(growth, event);
		else if (event->what == RINGS_MAP)
			growth_note_map(growth, event);
		else if (event->what == RINGS_END)
			growth_note_end(growth, event);
		else if ((process = growth_process_of(growth, event)))
			growth_count_fault(growth, process, event);
	}
}

/* Growth beyond what small pages explain: huge pages, or pages around a fault
 * that were in the page cache. A fault then weighs as much as is resident
 * around it. Returns the process's huge ones. */
static int64_t growth_weigh_blocks(
    struct growth *growth, struct growth_process *process)
{
	struct rings *rings = &growth->rings;
	int64_t kib = 0, huge = 0;

	for (size_t i = 0; i < growth->ready; i++) {
		struct rings_event *event = &rings->events.items[i];

		if (event->what != RINGS_FAULT || event->pid != process->pid ||
		    event->time_ns < process->exec_ns)
			continue;
		event->block_kib =
		    resident_block_kib(&process->resident, event->address);
		kib += event->block_kib * (int64_t)event->faults;
		huge += event->block_kib >= HUGE_KIB;
	}
	process->round_kib = kib;
	return huge;
}

/* Faults in huge pages before single sampling began belong to the run of those
 * after it: gives the growth of as many to these. */
static int64_t growth_weigh_unsampled(struct growth_process *process)
{
	int64_t rest_kib = process->pool_kib - process->round_kib;
	int64_t faults = (rest_kib + HUGE_KIB - 1) / HUGE_KIB;

	if (rest_kib <= 0)
		return 0;
	if (faults > growth_unsampled(process)) {
		faults = growth_unsampled(process);
		rest_kib = faults * HUGE_KIB;
	}
	process->since += (uint64_t)faults;
	return rest_kib;
}

/* The rest of the pool was brought by faults not sampled yet, or by a system
 * call, whose faults may not be visible. */
static void growth_weigh(struct growth *growth, struct growth_process *process)
{
	int64_t given, huge = 0;

	process->round_factor = 0;
	if (!growth_read(process))
		return;
	growth_settle(growth, process);
	if (process->pool_kib == 0)
		return;
	if (process->pool_kib > 2 * process->round_kib + SLACK_KIB)
		huge = growth_weigh_blocks(growth, process);
	given = process->pool_kib < process->round_kib ? process->pool_kib
						       : process->round_kib;
	if (huge > 0)
		given += growth_weigh_unsampled(process);
	process->round_factor = (double)given / (double)process->round_kib;
	process->pool_kib -= given;
}

/* If there are too many unwinders, which hold tables, another process's is
 * destroyed. */
static struct unwind *growth_unwinder(
    struct growth *growth, struct growth_process *process)
{
	struct growth_process *oldest = NULL;
	size_t count = 0;

	process->unwound_ns = clock_mono_ns();
	if (process->unwind)
		return process->unwind;
	for (size_t i = 0; i < growth->processes.len; i++) {
		struct growth_process *other = growth->processes.items[i];

		if (!other->unwind)
			continue;
		count++;
		if (!oldest || other->unwound_ns < oldest->unwound_ns)
			oldest = other;
	}
	if (oldest && count >= UNWINDERS_MAX) {
		unwind_destroy(oldest->unwind);
		oldest->unwind = NULL;
	}
	process->unwind = unwind_create(process->pid);
	return process->unwind;
}

/* Adds the texts of the fault's frames to the message. Returns their number. */
static size_t growth_add_stack(struct growth *growth,
    struct growth_process *process, const struct rings_event *event)
{
	struct rings_thread thread;
	struct unwind *unwind;
	size_t count = 0;

	if (event && rings_thread(&growth->rings, event, &thread)) {
		unwind = growth_unwinder(growth, process);
		if (unwind)
			count = unwind_stack(
			    unwind, &thread, event->tid, &growth->message);
	}
	growth->failed += count == 0;
	return count;
}

/* event: NULL where no fault was seen to bring the memory. */
static void growth_sample(struct growth *growth, struct growth_process *process,
    const struct rings_event *event, uint64_t bytes)
{
	struct touched_page page = {.head.kind = TOUCHED_PAGE,
	    .time_ns = event ? growth_wall_ns(event->time_ns) : clock_wall_ns(),
	    .bytes = bytes,
	    .id = growth->samples + 1,
	    .pid = process->pid};

	if (growth->samples == UINT32_MAX - 1 || growth->pages >= PAGES_MAX)
		return;
	strbuf_cut(&growth->message, 0);
	strbuf_add_bytes(&growth->message, &page, sizeof(page));
	page.head.count = (uint32_t)growth_add_stack(growth, process, event);
	memcpy(growth->message.text, &page, sizeof(page));
	if (growth->message.len > TOUCHED_MESSAGE)
		return;
	growth_send(growth);
	growth->samples++;
	growth->pages++;
	growth->budget -= RECORD;
	page_set_add(&process->set,
	    (struct page_sample){
		.address = event ? event->address : PAGE_SET_NOWHERE,
		.id = growth->samples,
		.kib = (uint32_t)(bytes >> 10)});
}

static bool growth_is_python(
    struct growth *growth, struct growth_process *process)
{
	const struct unwind *unwind;

	if (process->python)
		return true;
	unwind = growth_unwinder(growth, process);
	process->python = unwind && unwind_is_python(unwind);
	if (process->python) {
		unwind_destroy(process->unwind);
		process->unwind = NULL;
		growth_drop_pages(growth, process, true);
	}
	return process->python;
}

/* Second pass: each fault gets its part of the growth, and the one that
 * completes a period becomes a sample. */
static void growth_give(struct growth *growth, const struct rings_event *event)
{
	struct growth_process *process = growth_process_of(growth, event);
	double part;

	if (!process || process->round_factor <= 0)
		return;
	part = process->round_factor * (double)event->faults *
	       (double)(event->block_kib ? event->block_kib : PAGE_KIB);
	process->rest_kib += part;
	if (process->rest_kib >= growth->period_kib &&
	    !growth_is_python(growth, process)) {
		double kib = floor(process->rest_kib / growth->period_kib) *
			     growth->period_kib;

		process->rest_kib -= kib;
		growth_sample(growth, process, event, (uint64_t)kib << 10);
	}
}

static double growth_halvings(double left, double whole)
{
	double times = 1;

	for (double part = whole / 2; left < part && times < PERIOD_MAX_KIB;
	     part /= 2)
		times *= 2;
	return times;
}

/* Adapts the period to what samples cost in processor time, in the file and in
 * memory. */
static void growth_adapt(struct growth *growth)
{
	int64_t now_ns = clock_mono_ns();
	double elapsed_s = (double)(now_ns - growth->begun_ns) / NS_PER_S;
	double cpu_s = growth_cpu_s + growth_cpu_share * elapsed_s -
		       (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / NS_PER_S;
	double times;

	if (growth->budget_ns)
		growth->budget += (double)(now_ns - growth->budget_ns) /
				  (60 * NS_PER_S) * BUDGET;
	growth->budget = fmin(growth->budget, BUDGET);
	growth->budget_ns = now_ns;
	times = fmax(growth_halvings(growth->budget, BUDGET),
	    growth_halvings(cpu_s, growth_cpu_s));
	for (size_t pages = PAGES_EACH; growth->pages > pages;
	     pages += PAGES_EACH)
		times *= 2;
	growth->period_kib = fmin(PERIOD_KIB * times, PERIOD_MAX_KIB);
}

/* Restores a normal period after a run of faults in small pages. If single
 * sampling was of no use, the next one comes later. */
static void growth_judge_each(struct growth *growth)
{
	const struct rings *rings = &growth->rings;

	if (growth->ready > 0)
		growth->event_ns = clock_mono_ns();
	if (!rings->each)
		return;
	for (size_t i = 0; i < growth->ready; i++) {
		if (rings->events.items[i].what != RINGS_FAULT)
			continue;
		growth->small++;
		if (rings->events.items[i].block_kib < HUGE_KIB)
			continue;
		growth->small = 0;
		growth->huge = true;
	}
	if (growth->small <= (growth->huge ? EACH_BESIDE : EACH_MAX))
		return;
	growth->pause_ns = growth->huge ? PAUSE_NS : 2 * growth->pause_ns;
	if (growth->pause_ns > PAUSE_MAX_NS)
		growth->pause_ns = PAUSE_MAX_NS;
	rings_sample_each(&growth->rings, false);
}

bool growth_round(struct growth *growth)
{
	struct rings *rings = &growth->rings;
	bool any;

	rings_read(rings);
	growth_sort(growth);
	any = growth->ready > 0;
	if (any)
		growth_adapt(growth);
	growth_count(growth);
	for (size_t i = 0; i < growth->processes.len; i++)
		if (growth->processes.items[i]->round_kib > 0)
			growth_weigh(growth, growth->processes.items[i]);
	for (size_t i = 0; i < growth->ready; i++)
		if (rings->events.items[i].what == RINGS_FAULT)
			growth_give(growth, &rings->events.items[i]);
	growth_judge_each(growth);
	rings_release(rings, growth->ready);
	return any;
}

int growth_pace(struct growth *growth, int most)
{
	int64_t rest_ns = growth->event_ns + growth->pause_ns - clock_mono_ns();

	if (growth->rings.events.len > 0)
		return 1;
	if (!growth->lags || growth->rings.each)
		return most;
	if (rest_ns > 0)
		return (int)fmin((double)rest_ns / (NS_PER_S / 1000) + 1, most);
	growth->huge = false;
	growth->small = 0;
	rings_sample_each(&growth->rings, true);
	return most;
}

/* Reports memory without a visible fault, which the kernel brought for a system
 * call, as without a place. */
static void growth_report_unseen(
    struct growth *growth, struct growth_process *process, int64_t now_ns)
{
	int64_t kib = process->pool_kib;

	if (now_ns - process->grown_ns < EXPLAINED_NS)
		kib -= HUGE_KIB * growth_unsampled(process);
	if (process->python || kib < UNSEEN_KIB ||
	    (kib < UNSEEN_MAX_KIB && now_ns - process->fault_ns < SWEEP_NS))
		return;
	growth_sample(growth, process, NULL, (uint64_t)kib << 10);
	process->pool_kib -= kib;
}

static void growth_report_state(struct growth *growth)
{
	struct touched_state state = {.head.kind = TOUCHED_STATE,
	    .period = (uint64_t)growth->period_kib << 10,
	    .lost = growth->rings.lost,
	    .failed = growth->failed};

	if (growth->samples == 0 ||
	    (growth->reported_lost == state.lost &&
		growth->reported_failed == state.failed &&
		growth->reported_kib == growth->period_kib))
		return;
	growth->reported_lost = state.lost;
	growth->reported_failed = state.failed;
	growth->reported_kib = growth->period_kib;
	strbuf_cut(&growth->message, 0);
	strbuf_add_bytes(&growth->message, &state, sizeof(state));
	growth_send(growth);
}

/* Whether the end of a process that is gone is known. Its record may be in a
 * ring still; where it was lost, the second time is the end. */
static bool growth_is_over(struct growth_process *process)
{
	bool again = process->gone;

	process->gone = true;
	if (process->end_ns + END_NS >= process->read_ns &&
	    process->end_ns >= process->fault_ns)
		return true;
	process->end_ns = 0;
	return again;
}

void growth_sweep(struct growth *growth, bool end)
{
	int64_t now_ns = clock_mono_ns();

	if (!end && now_ns - growth->swept_ns < SWEEP_NS + growth->sweep_ns)
		return;
	growth->lags = false;
	for (size_t i = growth->processes.len; i-- > 0;) {
		struct growth_process *process = growth->processes.items[i];

		growth->lags = growth->lags || growth_unsampled(process) > LAG;
		process->round_kib = 0;
		if (!growth_read(process)) {
			if (growth_is_over(process) || end)
				growth_end_process(growth, i);
			continue;
		}
		growth_report_unseen(growth, process, now_ns);
		if (process->fell)
			growth_drop_pages(growth, process, false);
		growth_settle(growth, process);
	}
	growth_report_state(growth);
	growth->swept_ns = clock_mono_ns();
	growth->sweep_ns = (growth->swept_ns - now_ns) * SWEEP_SHARE;
}

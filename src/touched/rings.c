// SPDX-License-Identifier: MIT
#include "touched/rings.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "proc/procfs.h"

enum {
	FREQUENCY = 4000,    /* samples a second of each thread at most */
	STACK = 16 << 10,    /* stack bytes in a sample */
	RING_MAX = 4 << 20,  /* bytes of a ring's data */
	RING_MIN = 64 << 10, /* enough for a few samples */
	RECORD_MAX = 1 << 16,
	PROCESSES_MAX = 4096,
	SAME_NS = 50000, /* between two samples of one fault */
	EVENTS_BACK = 4  /* events of other threads in between */
};

#if defined(__x86_64__)
/* perf_event's register numbers, in DWARF's order. */
static const uint8_t rings_order[RINGS_REGISTERS] = {
    0, 3, 2, 1, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23, 8};
#else
/* Without registers in samples there are no stacks: sampling is refused. */
static const uint8_t rings_order[RINGS_REGISTERS];
#endif

static uint64_t rings_register_mask(void)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < RINGS_REGISTERS; i++)
		mask |= UINT64_C(1) << rings_order[i];
	return mask;
}

/* The number of the mask's registers that precede that one in a sample. */
static size_t rings_place(uint8_t number)
{
	uint64_t below = (UINT64_C(1) << number) - 1;

	return (size_t)__builtin_popcountll(rings_register_mask() & below);
}

static struct perf_event_attr rings_attributes(bool running, bool in_kernel)
{
	return (struct perf_event_attr){.type = PERF_TYPE_SOFTWARE,
	    .size = sizeof(struct perf_event_attr),
	    .config = PERF_COUNT_SW_PAGE_FAULTS,
	    .freq = 1,
	    .sample_freq = FREQUENCY,
	    .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
			   PERF_SAMPLE_ADDR | PERF_SAMPLE_PERIOD |
			   PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
	    .sample_regs_user = rings_register_mask(),
	    .sample_stack_user = STACK,
	    .inherit = 1,
	    .exclude_kernel = !in_kernel,
	    .exclude_hv = 1,
	    .exclude_callchain_kernel = 1,
	    .disabled = !running,
	    .enable_on_exec = !running,
	    .comm = 1,
	    .comm_exec = 1,
	    .mmap = 1,
	    .task = 1,
	    .sample_id_all = 1,
	    .use_clockid = 1,
	    .clockid = CLOCK_MONOTONIC,
	    .wakeup_events = 1};
}

/* This event reports no processes; its faults are also the other event's. */
static void rings_make_each(struct perf_event_attr *attributes)
{
	attributes->freq = 0;
	attributes->sample_period = 1;
	attributes->disabled = 1;
	attributes->enable_on_exec = 0;
	attributes->comm = 0;
	attributes->comm_exec = 0;
	attributes->mmap = 0;
	attributes->task = 0;
}

/* A machine may allow fewer samples a second. */
static int rings_open_event(
    struct perf_event_attr *attributes, pid_t tid, int processor)
{
	int fd;

	do {
		fd = (int)syscall(SYS_perf_event_open, attributes, tid,
		    processor, -1, PERF_FLAG_FD_CLOEXEC);
		if (fd >= 0 || errno != EINVAL)
			return fd;
		attributes->sample_freq /= 2;
	} while (attributes->sample_freq > 0);
	errno = EINVAL;
	return -1;
}

static int rings_map(struct rings *rings, int fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *map = mmap(NULL, page + rings->size, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -1;
	*array_push(&rings->all) =
	    (struct ring){.map = map, .size = rings->size};
	return 0;
}

struct rings_opening {
	struct rings *rings;
	struct perf_event_attr attributes, each;
	int processor;
	int ring; /* descriptor that owns this processor's ring; -1 */
	int error;
	bool is_each_refused;
};

static void rings_close_each(struct rings *rings)
{
	for (size_t i = 0; i < rings->each_fds.len; i++)
		close(rings->each_fds.items[i]);
	rings->each_fds.len = 0;
}

/* Closes the descriptors of the single-fault event, which is optional. */
static void rings_refuse_each(struct rings_opening *opening)
{
	rings_close_each(opening->rings);
	opening->is_each_refused = true;
}

static void rings_open_each(struct rings_opening *opening, pid_t tid)
{
	int fd;

	if (opening->is_each_refused)
		return;
	fd = rings_open_event(&opening->each, tid, opening->processor);
	if (fd >= 0)
		*array_push(&opening->rings->each_fds) = fd;
	else if (errno == ESRCH) /* the thread has just ended */
		return;
	if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, opening->ring) != 0)
		rings_refuse_each(opening);
}

/* Events of further threads are redirected to the first one's ring. */
static bool rings_open_thread(void *context, pid_t tid)
{
	struct rings_opening *opening = context;
	struct rings *rings = opening->rings;
	int fd =
	    rings_open_event(&opening->attributes, tid, opening->processor);

	if (fd < 0 && errno == EMFILE && rings->each_fds.len > 0) {
		rings_refuse_each(opening);
		fd = rings_open_event(
		    &opening->attributes, tid, opening->processor);
	}
	if (fd < 0) {
		/* Ignores threads that ended and processors that are
		 * offline. */
		if (errno != ESRCH && errno != ENODEV)
			opening->error = errno;
		return opening->error == 0;
	}
	*array_push(&rings->fds) = fd;
	if (opening->ring >= 0) {
		if (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, opening->ring) != 0)
			opening->error = errno;
	} else if (rings_map(rings, fd) == 0) {
		opening->ring = fd;
	} else {
		opening->error = errno;
	}
	if (!opening->error)
		rings_open_each(opening, tid);
	return opening->error == 0;
}

struct rings_search {
	ARRAY(pid_t) pids; /* the process and its descendants */
	ARRAY(struct proc_stat) all;
	const struct procfs *fs;
};

static bool rings_collect(void *context, pid_t pid)
{
	struct rings_search *search = context;
	struct proc_stat stat;

	if (procfs_stat(search->fs, pid, &stat))
		*array_push(&search->all) = stat;
	return true;
}

static bool rings_is_among(const struct rings_search *search, pid_t pid)
{
	for (size_t i = 0; i < search->pids.len; i++)
		if (search->pids.items[i] == pid)
			return true;
	return false;
}

/* Repeats until none is added, as a child may be listed before its parent. */
static void rings_find_descendants(struct rings_search *search)
{
	bool found = true;

	procfs_each(search->fs, NULL, rings_collect, search);
	while (found) {
		found = false;
		for (size_t i = 0; i < search->all.len; i++) {
			const struct proc_stat *stat = &search->all.items[i];

			if (search->pids.len == PROCESSES_MAX ||
			    rings_is_among(search, stat->pid) ||
			    !rings_is_among(search, stat->ppid))
				continue;
			*array_push(&search->pids) = stat->pid;
			found = true;
		}
	}
	array_free(&search->all);
}

static void rings_open_processor(
    struct rings_opening *opening, const struct rings_search *search)
{
	opening->ring = -1;
	for (size_t i = 0; i < search->pids.len && !opening->error; i++) {
		if (opening->attributes.enable_on_exec)
			rings_open_thread(opening, search->pids.items[i]);
		else
			procfs_each_thread(search->fs, search->pids.items[i],
			    rings_open_thread, opening);
	}
}

/* Returns 0 or an errno. */
static int rings_open_all(
    struct rings *rings, const struct rings_search *search, bool running)
{
	struct rings_opening opening = {.rings = rings,
	    .attributes = rings_attributes(running, rings->in_kernel)};
	int processors = (int)sysconf(_SC_NPROCESSORS_CONF);

	opening.each = opening.attributes;
	rings_make_each(&opening.each);
	for (int i = 0; i < processors && !opening.error; i++) {
		opening.processor = i;
		rings_open_processor(&opening, search);
	}
	if (!opening.error && rings->all.len == 0)
		return ESRCH;
	return opening.error;
}

static void rings_close(struct rings *rings)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < rings->all.len; i++)
		munmap(rings->all.items[i].map,
		    page + (size_t)rings->all.items[i].size);
	for (size_t i = 0; i < rings->fds.len; i++)
		close(rings->fds.items[i]);
	rings_close_each(rings);
	rings->all.len = rings->fds.len = 0;
}

/* The kernel limits the memory for all rings of a user: tries smaller rings
 * where it refuses. Returns 0 or an errno. */
static int rings_open_some(
    struct rings *rings, const struct rings_search *search, bool running)
{
	int error = EPERM;

	for (rings->size = RING_MAX;
	     rings->size >= RING_MIN && (error == EPERM || error == ENOMEM);
	     rings->size /= 2) {
		rings_close(rings);
		error = rings_open_all(rings, search, running);
	}
	return error;
}

int rings_open(struct rings *rings, pid_t pid, bool running)
{
	struct rings_search search = {0};
	struct procfs fs;
	struct err e;
	int error;

	*rings =
	    (struct rings){.in_kernel = true, .unwatched = running ? 0 : pid};
#if !defined(__x86_64__)
	errno = EOPNOTSUPP;
	return -1;
#endif
	if (procfs_init(&fs, "/proc", &e) != 0) {
		errno = ENOENT;
		return -1;
	}
	search.fs = &fs;
	*array_push(&search.pids) = pid;
	if (running)
		rings_find_descendants(&search);
	error = rings_open_some(rings, &search, running);
	if (error == EACCES || error == EPERM) {
		rings->in_kernel = false;
		error = rings_open_some(rings, &search, running);
	}
	array_free(&search.pids);
	procfs_finish(&fs);
	rings->copy = mem_zero(RECORD_MAX, 1);
	errno = error;
	return error ? -1 : 0;
}

void rings_finish(struct rings *rings)
{
	rings_close(rings);
	array_free(&rings->all);
	array_free(&rings->fds);
	array_free(&rings->each_fds);
	array_free(&rings->events);
	free(rings->copy);
}

/* Returns the record's bytes in one piece. */
static const uint8_t *rings_record(
    struct rings *rings, const struct ring *ring, uint64_t at, size_t len)
{
	const uint8_t *data =
	    (const uint8_t *)ring->map + sysconf(_SC_PAGESIZE);
	size_t place = (size_t)(at & (ring->size - 1));
	size_t before_end = (size_t)ring->size - place;

	if (len <= before_end)
		return data + place;
	memcpy(rings->copy, data + place, before_end);
	memcpy(rings->copy + before_end, data, len - before_end);
	return rings->copy;
}

/* The end of a record that is no sample. */
struct rings_trailer {
	uint32_t pid, tid;
	uint64_t time;
};

/* The beginning of a sample. */
struct rings_sample {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t time, address, period;
	uint64_t abi;
	uint64_t registers[RINGS_REGISTERS];
	uint64_t stack_size;
	uint8_t stack[];
};

static void rings_read_sample(
    struct rings *rings, const uint8_t *record, size_t ring, uint64_t at)
{
	struct rings_sample sample;

	memcpy(&sample, record, offsetof(struct rings_sample, registers));
	if ((pid_t)sample.pid == rings->unwatched)
		return;
	*array_push(&rings->events) = (struct rings_event){.what = RINGS_FAULT,
	    .pid = (pid_t)sample.pid,
	    .tid = (pid_t)sample.tid,
	    .time_ns = (int64_t)sample.time,
	    .address = sample.address,
	    .faults = sample.period,
	    .ring = ring,
	    .at = at};
}

static void rings_read_news(struct rings *rings, enum rings_what what,
    const uint8_t *record, size_t len)
{
	struct rings_trailer trailer;

	memcpy(&trailer, record + len - sizeof(trailer), sizeof(trailer));
	*array_push(&rings->events) = (struct rings_event){.what = what,
	    .pid = (pid_t)trailer.pid,
	    .tid = (pid_t)trailer.tid,
	    .time_ns = (int64_t)trailer.time};
}

static void rings_read_record(
    struct rings *rings, const uint8_t *record, size_t ring, uint64_t at)
{
	struct perf_event_header header;
	uint64_t lost;

	memcpy(&header, record, sizeof(header));
	switch (header.type) {
	case PERF_RECORD_SAMPLE:
		rings_read_sample(rings, record, ring, at);
		break;
	case PERF_RECORD_LOST:
		memcpy(&lost, record + sizeof(header) + sizeof(lost),
		    sizeof(lost));
		rings->lost += lost;
		break;
	case PERF_RECORD_MMAP:
		rings_read_news(rings, RINGS_MAP, record, header.size);
		break;
	case PERF_RECORD_EXIT:
		rings_read_news(rings, RINGS_END, record, header.size);
		break;
	case PERF_RECORD_COMM:
		if (header.misc & PERF_RECORD_MISC_COMM_EXEC)
			rings_read_news(rings, RINGS_EXEC, record, header.size);
		break;
	default:
		break;
	}
}

static int rings_compare(const void *x, const void *y)
{
	const struct rings_event *a = x, *b = y;

	return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

void rings_sample_each(struct rings *rings, bool each)
{
	unsigned long request =
	    each ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE;

	rings->each = each && rings->each_fds.len > 0;
	for (size_t i = 0; i < rings->each_fds.len; i++)
		(void)ioctl(rings->each_fds.items[i], request, 0);
}

static bool rings_is_same_fault(
    const struct rings_event *x, const struct rings_event *y)
{
	return x->what == RINGS_FAULT && y->what == RINGS_FAULT &&
	       x->tid == y->tid && x->address == y->address &&
	       y->time_ns - x->time_ns < SAME_NS;
}

/* One of the last few events that is of the same fault; NULL: none. */
static struct rings_event *rings_find_same(
    struct rings_event *events, size_t len, const struct rings_event *event)
{
	for (size_t back = 1; back <= EVENTS_BACK && back <= len; back++)
		if (rings_is_same_fault(&events[len - back], event))
			return &events[len - back];
	return NULL;
}

/* Drops one of two samples of the same fault, which both events took. */
static void rings_merge(struct rings *rings)
{
	struct rings_event *events = rings->events.items;
	size_t len = 0;

	for (size_t i = 0; i < rings->events.len; i++) {
		struct rings_event *same =
		    rings_find_same(events, len, &events[i]);

		if (same) {
			same->among = same->faults > events[i].faults
					  ? same->faults
					  : events[i].faults;
			same->faults = 1;
		} else {
			events[len++] = events[i];
		}
	}
	rings->events.len = len;
}

void rings_read(struct rings *rings)
{
	rings->crowded = false;
	for (size_t i = 0; i < rings->all.len; i++) {
		struct ring *ring = &rings->all.items[i];
		struct perf_event_mmap_page *page = ring->map;
		uint64_t head =
		    __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);

		if (head - page->data_tail > ring->size / 2)
			rings->crowded = true;
		while (ring->head < head) {
			struct perf_event_header header;

			memcpy(&header,
			    rings_record(
				rings, ring, ring->head, sizeof(header)),
			    sizeof(header));
			if (header.size < sizeof(header))
				break;
			rings_read_record(rings,
			    rings_record(rings, ring, ring->head, header.size),
			    i, ring->head);
			ring->head += header.size;
		}
	}
	if (rings->events.len > 0)
		qsort(rings->events.items, rings->events.len,
		    sizeof(rings->events.items[0]), rings_compare);
	if (rings->each_fds.len > 0)
		rings_merge(rings);
}

bool rings_thread(struct rings *rings, const struct rings_event *event,
    struct rings_thread *thread)
{
	const struct ring *ring = &rings->all.items[event->ring];
	struct perf_event_header header;
	const struct rings_sample *sample;
	uint64_t len;

	memcpy(&header, rings_record(rings, ring, event->at, sizeof(header)),
	    sizeof(header));
	/* Records begin at multiples of eight. */
	sample =
	    (const void *)rings_record(rings, ring, event->at, header.size);
	if (header.size < sizeof(*sample) ||
	    (sample->abi != PERF_SAMPLE_REGS_ABI_64 &&
		sample->abi != PERF_SAMPLE_REGS_ABI_32))
		return false;
	*thread = (struct rings_thread){.stack = sample->stack,
	    .is_narrow = sample->abi == PERF_SAMPLE_REGS_ABI_32};
	for (size_t i = 0; i < RINGS_REGISTERS; i++)
		thread->registers[i] =
		    sample->registers[rings_place(rings_order[i])];
	if (sample->stack_size + sizeof(*sample) + sizeof(len) > header.size)
		return sample->stack_size == 0;
	memcpy(&len, sample->stack + sample->stack_size, sizeof(len));
	thread->stack_len =
	    (size_t)(len < sample->stack_size ? len : sample->stack_size);
	return true;
}

/* The start of the part of a ring that is still needed. */
static uint64_t rings_tail(const struct rings *rings, size_t ring)
{
	uint64_t tail = rings->all.items[ring].head;

	for (size_t i = 0; i < rings->events.len; i++) {
		const struct rings_event *event = &rings->events.items[i];

		if (event->what == RINGS_FAULT && event->ring == ring &&
		    event->at < tail)
			tail = event->at;
	}
	return tail;
}

void rings_release(struct rings *rings, size_t count)
{
	rings->events.len -= count;
	if (rings->events.len > 0)
		memmove(rings->events.items, rings->events.items + count,
		    rings->events.len * sizeof(rings->events.items[0]));
	for (size_t i = 0; i < rings->all.len; i++) {
		struct perf_event_mmap_page *page = rings->all.items[i].map;

		__atomic_store_n(
		    &page->data_tail, rings_tail(rings, i), __ATOMIC_RELEASE);
	}
}

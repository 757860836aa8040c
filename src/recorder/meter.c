// SPDX-License-Identifier: MIT
#include "recorder/meter.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

/* KCMP_VM of kcmp(), Linux 3.5: musl may not have linux/kcmp.h. */
enum { COMPARE_MEMORY = 1 };

enum {
	CHAIN = 8,     /* longest chain of lenders that borrow themselves */
	SIBLINGS = 16, /* siblings that a new process is compared with */
	READS = 3      /* readings of figures that may change in between */
};

enum answer {
	ANSWER_OWN, /* and it stays so */
	ANSWER_BORROWED,
	ANSWER_OWN_SO_FAR,
	ANSWER_NONE /* the kernel can't say */
};

void borrow_init(struct borrow *borrow, const struct procfs *fs, bool asks)
{
	*borrow = (struct borrow){.fs = fs, .asks = asks};
}

static ssize_t borrow_read_statm(
    const struct borrow *borrow, pid_t pid, char text[static 128])
{
	return procfs_read(borrow->fs, pid, "statm", text, 128);
}

static bool borrow_is_waiting(const struct borrow *borrow, pid_t pid)
{
	struct proc_stat stat;

	return procfs_stat(borrow->fs, pid, &stat) && stat.state == 'D';
}

struct borrow_search {
	const struct borrow *borrow;
	bool found;
};

static bool borrow_find_waiting(void *context, pid_t thread)
{
	struct borrow_search *search = context;

	search->found = borrow_is_waiting(search->borrow, thread);
	return !search->found;
}

/* vfork() leaves its calling thread in uninterruptible sleep. */
static bool borrow_has_waiting_thread(const struct borrow *borrow, pid_t pid)
{
	struct borrow_search search = {borrow, borrow_is_waiting(borrow, pid)};

	if (!search.found)
		procfs_each_thread(
		    borrow->fs, pid, borrow_find_waiting, &search);
	return search.found;
}

/* A fork copies its parent's page table, except for most pages of files and
 * shared memory: these come by page faults of the child, at most FAULT_PAGES by
 * each (the kernel's fault_around_bytes). A process that has executed no
 * program since its clone, and has more such pages than its faults can have
 * brought, uses its lender's page table. */
enum { FAULT_PAGES = 16 };

static bool borrow_has_pages_without_faults(
    const struct borrow *borrow, const struct member *member, const char *statm)
{
	struct proc_stat stat;
	int64_t shared;

	if (sscanf(statm, "%*d %*d %" SCNd64, &shared) != 1)
		return false;
	return procfs_stat(borrow->fs, member->pid, &stat) && stat.is_forked &&
	       stat.faults < shared / FAULT_PAGES;
}

/* Compares the figures of statm where the kernel refuses kcmp() (a seccomp
 * filter in a container, a protected process). A borrower has the same figures
 * as its lender, and the lender waits in vfork(), or the borrower had too few
 * page faults to have got them by itself. A fork differs in resident size at
 * first. */
static enum answer borrow_compare_figures(const struct borrow *borrow,
    const struct member *member, const struct member *lender)
{
	char own[128], theirs[128];

	for (int i = 0; i < READS; i++) {
		if (borrow_read_statm(borrow, member->pid, own) <= 0 ||
		    borrow_read_statm(borrow, lender->pid, theirs) <= 0)
			return ANSWER_OWN_SO_FAR;
		if (strcmp(own, theirs) != 0)
			continue;
		return member->borrows ||
			       borrow_has_pages_without_faults(
				   borrow, member, own) ||
			       borrow_has_waiting_thread(borrow, lender->pid)
			   ? ANSWER_BORROWED
			   : ANSWER_OWN_SO_FAR;
	}
	return ANSWER_OWN;
}

/* Memory once found to differ stays different: only clone() makes it shared. */
static enum answer borrow_ask_kernel(const struct borrow *borrow,
    const struct member *member, const struct member *other)
{
	long order;

	if (!borrow->asks || member->task <= 0 || other->task <= 0)
		return ANSWER_NONE;
	order =
	    syscall(SYS_kcmp, member->task, other->task, COMPARE_MEMORY, 0, 0);
	if (order < 0)
		return errno == ESRCH ? ANSWER_OWN_SO_FAR : ANSWER_NONE;
	return order == 0 ? ANSWER_BORROWED : ANSWER_OWN;
}

/* Compares with the lender of the last tick or the parent, and then with its
 * lender in turn. */
static enum answer borrow_ask_lenders(const struct borrow *borrow,
    const struct members *members, const struct member *member, pid_t *lender)
{
	enum answer answer = ANSWER_OWN;

	*lender = member->lender ? member->lender : member->ppid;
	for (int i = 0; i < CHAIN; i++) {
		size_t at = members_find(members, *lender);
		const struct member *other;

		if (at == MEMBERS_NONE || &members->list.items[at] == member)
			return ANSWER_OWN;
		other = &members->list.items[at];
		answer = borrow_ask_kernel(borrow, member, other);
		if (answer == ANSWER_NONE)
			answer = borrow_compare_figures(borrow, member, other);
		if (answer != ANSWER_OWN || !other->lender)
			return answer;
		*lender = other->lender;
	}
	return answer;
}

/* Whether both may have got the same memory from a lender or a parent that has
 * ended, or by CLONE_PARENT. Equal figures of statm prove nothing here: the
 * workers of a server often have the same. */
static bool borrow_is_sibling(const struct members *members,
    const struct member *member, const struct member *other)
{
	if (other == member || other->gone || other->zombie || other->borrows)
		return false;
	if (member->lender)
		return other->lender == member->lender;
	return other->ppid == member->ppid ||
	       members_find(members, member->ppid) == MEMBERS_NONE;
}

static enum answer borrow_ask_siblings(const struct borrow *borrow,
    const struct members *members, const struct member *member, pid_t *lender)
{
	size_t asked = 0;

	for (size_t i = members->list.len; i-- > 0 && asked < SIBLINGS;) {
		const struct member *other = &members->list.items[i];

		if (!borrow_is_sibling(members, member, other))
			continue;
		asked++;
		if (borrow_ask_kernel(borrow, member, other) ==
		    ANSWER_BORROWED) {
			*lender = other->pid;
			return ANSWER_BORROWED;
		}
	}
	return ANSWER_OWN;
}

/* Whether this process has kept the memory, and not the lender. Checked once,
 * when the memory is found to be its own. */
static bool borrow_has_parted(const struct borrow *borrow,
    const struct member *member, const struct member *lender)
{
	struct proc_stat stat;

	if (procfs_stat(borrow->fs, member->pid, &stat) && !stat.is_forked)
		return false;
	if (lender->borrows)
		return false; /* the lender has no figure */
	return member->borrows ||
	       !procfs_stat(borrow->fs, lender->pid, &stat) || stat.is_ending;
}

bool borrow_check(
    struct borrow *borrow, struct members *members, size_t at, size_t *parted)
{
	struct member *member = &members->list.items[at];
	enum answer answer;
	size_t before;
	pid_t lender;

	if (member->owns)
		return false;
	answer = borrow_ask_lenders(borrow, members, member, &lender);
	before = members_find(members, lender);
	if (answer == ANSWER_OWN)
		answer = borrow_ask_siblings(borrow, members, member, &lender);
	if (answer != ANSWER_BORROWED && before != MEMBERS_NONE &&
	    borrow_has_parted(borrow, member, &members->list.items[before]))
		*parted = before;
	member->owns = answer == ANSWER_OWN;
	if (answer != ANSWER_BORROWED) {
		member->borrows = false;
		return false;
	}
	member->on_loan = member->borrows;
	member->borrows = true;
	member->lender = lender;
	member->kib = -1;
	return true;
}

/* Descriptors kept free for other uses. */
enum { SPARE = 24 };

/* Raises the soft limit of open files to the hard one. Returns how many may be
 * used. */
static int meter_raise_limit(void)
{
	struct rlimit limit, raised;
	rlim_t usable;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	raised = limit;
	raised.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
		limit = raised;
	usable = limit.rlim_cur > SPARE ? limit.rlim_cur - SPARE : 0;
	return usable < INT_MAX ? (int)usable : INT_MAX;
}

void meter_init(
    struct meter *meter, const struct procfs *fs, const struct metric *metric)
{
	if (metric->file == METRIC_CGROUP)
		metric = metric_find("rss");
	*meter = (struct meter){.fs = fs,
	    .metric = metric,
	    .file = metric_file_name(metric),
	    .keep_below = meter_raise_limit()};
}

static void meter_drop(struct member *member)
{
	if (member->fd >= 0)
		close(member->fd);
	member->fd = -1;
}

/* An open smaps_rollup belongs to the memory at its opening, and fails after an
 * exec: it is not kept open. */
static void meter_keep(struct meter *meter, struct member *member, pid_t pid)
{
	meter_drop(member);
	if (meter->metric->file == METRIC_ROLLUP)
		return;
	member->fd = procfs_open(meter->fs, pid, meter->file);
	if (member->fd >= meter->keep_below)
		meter_drop(member);
}

/* Opens the file by pid, which another process may have by now. */
static ssize_t meter_read_named(
    struct meter *meter, const struct member *member)
{
	struct proc_stat stat;
	ssize_t got = procfs_read(meter->fs, member->pid, meter->file,
	    meter->text, sizeof(meter->text));
	int cause = errno;

	if (procfs_stat(meter->fs, member->pid, &stat) &&
	    stat.started != member->started) {
		errno = ESRCH;
		return -1;
	}
	errno = cause;
	return got;
}

/* Returns the figure in the text; -1 for a process without memory: a zombie,
 * one about to end, or a kernel thread. */
static int64_t meter_read_kib(const struct meter *meter, ssize_t got)
{
	const char *text = meter->text;

	if (got <= 0 || (text[0] == '0' && text[1] == ' '))
		return -1;
	return meter->metric->read(text, meter->fs->page_kib);
}

struct meter_search {
	struct meter *meter;
	struct member *member;
};

static bool meter_try_thread(void *context, pid_t thread)
{
	struct meter_search *search = context;
	struct meter *meter = search->meter;
	ssize_t got = procfs_read(
	    meter->fs, thread, meter->file, meter->text, sizeof(meter->text));

	search->member->kib = meter_read_kib(meter, got);
	if (search->member->kib < 0)
		return true;
	meter_keep(meter, search->member, thread);
	search->member->task = procfs_namespace_pid(meter->fs, thread);
	return false;
}

/* Finds out why there is no memory. Where the main thread has exited, the other
 * threads still have it. */
static bool meter_examine(struct meter *meter, struct member *member)
{
	struct meter_search search = {meter, member};
	struct proc_stat stat;

	if (!procfs_stat_of(meter->fs, member->pid, member->started, &stat))
		return errno != ENOENT && errno != ESRCH;
	if (stat.state != 'Z' && stat.state != 'X')
		return true;
	if (stat.threads > 1) {
		member->by_thread = true;
		procfs_each_thread(
		    meter->fs, member->pid, meter_try_thread, &search);
	} else {
		member->zombie = true;
	}
	return true;
}

/* The rest of the text. Another program shows that the process has executed
 * one. */
static void meter_note_rest(const struct meter *meter, struct member *member)
{
	const struct metric *metric = meter->metric;
	int64_t page_kib = meter->fs->page_kib, kib = -1, program = 0;

	if (metric->read_shared)
		kib = metric->read_shared(meter->text, page_kib);
	member->shared_kib = kib < 0 ? 0 : kib;
	if (metric->read_program)
		program = metric->read_program(meter->text, page_kib);
	if (program <= 0)
		return;
	member->executed |= member->program > 0 && member->program != program;
	member->program = program;
}

bool meter_measure(struct meter *meter, struct member *member)
{
	ssize_t got;

	if (member->fd < 0)
		meter_keep(meter, member, member->pid);
	got = member->fd < 0
		  ? meter_read_named(meter, member)
		  : procfs_pread(member->fd, meter->text, sizeof(meter->text));
	if (got < 0 && (errno == EACCES || errno == EPERM)) {
		meter->denied++;
		member->denied = true;
		member->kib = -1;
		return true;
	}
	if (got < 0 && (errno == ESRCH || errno == ENOENT) &&
	    !member->by_thread && meter->metric->file != METRIC_ROLLUP)
		return false;
	member->kib = meter_read_kib(meter, got);
	if (member->kib >= 0) {
		meter_note_rest(meter, member);
		if (member->kib > member->peak_kib)
			member->peak_kib = member->kib;
		return true;
	}
	return member->zombie && got > 0 ? true : meter_examine(meter, member);
}

/* Measures a member, and counts borrowed memory once; false where the process
 * is gone. The lender's reading may be of memory that this process has now. */
static bool meter_measure_own(
    struct meter *meter, struct members *members, size_t at)
{
	size_t parted = MEMBERS_NONE;

	if (borrow_check(&meter->borrow, members, at, &parted))
		return true;
	if (parted != MEMBERS_NONE &&
	    !meter_measure(meter, &members->list.items[parted]))
		members->list.items[parted].kib = -1;
	return meter_measure(meter, &members->list.items[at]);
}

void meter_read(struct meter *meter, struct members *members, size_t first)
{
	for (size_t i = first; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];
		struct proc_stat stat;

		member->hidden = false;
		if (member->gone || meter_measure_own(meter, members, i))
			continue;
		if (!member->is_root || !meter->keeps_root) {
			members_lose(members, i);
			continue;
		}
		/* Until wait() reports its end it lives, or is hidden because
		 * it executed a setuid program. */
		member->kib = -1;
		member->hidden = !procfs_stat(meter->fs, member->pid, &stat);
	}
}

/* A process that is gone stays a member until the tick that finds out how it
 * ended. */
void meter_read_again(struct meter *meter, struct members *members)
{
	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];
		bool on_loan = member->on_loan;

		if (!member->gone && !meter_measure_own(meter, members, i))
			member->kib = -1;
		member->on_loan = on_loan;
	}
}

/* Peaks between samples are reported at most this often. */
#define REPORT_NS NS_PER_S

/* Time between two readings of the control group's high-water mark; processes'
 * marks are read in turn. */
#define GROUP_NS NS_PER_S

void highest_restart(struct highest *highest, int64_t kib, int64_t now_ns)
{
	*highest = (struct highest){kib, now_ns, now_ns};
}

void highest_add(struct highest *highest, int64_t kib, int64_t now_ns)
{
	if (kib <= highest->kib)
		return;
	highest->kib = kib;
	highest->time_ns = now_ns;
}

void high_water_init(struct high_water *high_water, const struct meter *meter,
    const struct metric *metric)
{
	*high_water = (struct high_water){.fs = meter->fs,
	    .key = metric->mark,
	    .keep_below = meter->keep_below};
}

/* Reads a file, which is kept open while descriptors last. The text is empty
 * where it can't be read. */
static void high_water_read_kept(const struct high_water *high_water, pid_t pid,
    const char *name, int *fd, char *text, size_t size)
{
	if (*fd < 0)
		*fd = procfs_open(high_water->fs, pid, name);
	if (*fd < high_water->keep_below) {
		procfs_pread(*fd, text, size);
		return;
	}
	close(*fd);
	*fd = -1;
	procfs_read(high_water->fs, pid, name, text, size);
}

/* A process that has not run can't have grown: reading schedstat costs a tenth
 * of reading status. It covers the main thread alone, and is missing where the
 * kernel keeps no account. Opening it each time would save no time. */
static bool high_water_has_run(
    const struct high_water *high_water, struct member *member)
{
	uint64_t before = member->ran;
	char text[64];

	if (!member->single || member->status_fd < 0)
		return true;
	high_water_read_kept(high_water, member->pid, "schedstat",
	    &member->schedstat_fd, text, sizeof(text));
	if (sscanf(text, "%" SCNu64, &member->ran) != 1)
		member->ran = 0;
	return member->ran == 0 || member->ran != before;
}

static int64_t high_water_read_mark(
    struct high_water *high_water, struct member *member)
{
	char text[4096];
	int64_t kib;

	if (member->zombie || member->gone || !member->owns ||
	    !high_water_has_run(high_water, member))
		return -1;
	high_water_read_kept(high_water, member->pid, "status",
	    &member->status_fd, text, sizeof(text));
	member->single = strstr(text, "\nThreads:\t1\n") != NULL;
	kib = procfs_kib(text, high_water->key);
	if (member->started < high_water->began && member->base_kib < 0)
		member->base_kib = kib;
	if (kib <= member->base_kib)
		return -1;
	if (kib > member->peak_kib)
		member->peak_kib = kib;
	return kib;
}

static void high_water_read_one(struct high_water *high_water,
    struct member *member, const struct high_water_moment *moment,
    struct high_water_mark *highest)
{
	int64_t kib = high_water_read_mark(high_water, member);

	if (kib > highest->kib && (!high_water->alone || member->is_root))
		*highest = (struct high_water_mark){kib, member->high};
	highest_restart(
	    &member->high, moment->sampled ? member->kib : -1, moment->now_ns);
}

struct high_water_mark high_water_step(struct high_water *high_water,
    struct members *members, int64_t elapsed_ns,
    const struct high_water_moment *moment)
{
	size_t count = members->list.len;
	const int64_t most = (int64_t)count * NS_PER_S;
	struct high_water_mark highest = {.kib = -1};

	if (!high_water->key || count == 0)
		return highest;
	high_water->credit += (int64_t)count * elapsed_ns;
	if (high_water->credit > most)
		high_water->credit = most;
	for (; high_water->credit >= NS_PER_S; high_water->credit -= NS_PER_S) {
		if (high_water->next >= count)
			high_water->next = 0;
		high_water_read_one(high_water,
		    &members->list.items[high_water->next++], moment, &highest);
	}
	return highest;
}

struct high_water_mark high_water_all(struct high_water *high_water,
    struct members *members, const struct high_water_moment *moment)
{
	return high_water_step(high_water, members, NS_PER_S, moment);
}

void peak_tracker_init(struct peak_tracker *peaks, const struct cgroup *cgroup,
    int64_t start_ns, bool attached)
{
	*peaks = (struct peak_tracker){.marks = peaks->marks,
	    .cgroup = cgroup,
	    .attached = attached,
	    .ticked_ns = start_ns,
	    .read_ns = start_ns,
	    .reported_ns = start_ns,
	    .peak = {.kib = -1}};
	highest_restart(&peaks->group, -1, start_ns);
	peaks->cgroup_kib = cgroup ? cgroup_peak_kib(cgroup) : -1;
}

/* A process that is new was not there at the tick before. */
void peak_tracker_add_members(
    struct peak_tracker *peaks, struct members *members, int64_t time_ns)
{
	for (size_t i = 0; i < members->list.len; i++) {
		struct member *member = &members->list.items[i];

		if (member->gone)
			continue;
		if (member->high.since_ns == 0)
			highest_restart(&member->high, -1, peaks->ticked_ns);
		highest_add(&member->high, member->kib, time_ns);
	}
}

static void peak_tracker_raise(
    struct peak_tracker *peaks, int64_t kib, int64_t time_ns, bool unreported)
{
	if (kib <= peaks->peak.kib)
		return;
	peaks->peak = (struct sink_peak){
	    .kib = kib, .time_ns = time_ns, .since_ns = peaks->read_ns};
	peaks->unreported = unreported;
}

void peak_tracker_add_sum(
    struct peak_tracker *peaks, int64_t kib, int64_t time_ns)
{
	peaks->sums++;
	peaks->ticked_ns = time_ns;
	highest_add(&peaks->group, kib, time_ns);
	peak_tracker_raise(peaks, kib, time_ns, false);
}

void peak_tracker_add_unsampled(
    struct peak_tracker *peaks, int64_t kib, int64_t time_ns)
{
	peak_tracker_raise(peaks, kib, time_ns, true);
}

/* A mark that is hardly higher, while all samples since the last mark were far
 * lower, belongs to the known peak. Linux 6.2 and later count a process's pages
 * per processor and add them up in batches, so VmHWM, wait4() and a sample of
 * one moment differ: slack is that margin. */
static bool peak_tracker_only_confirms(
    const struct peak_tracker *peaks, const struct high_water_mark *mark)
{
	int64_t kib = peaks->peak.kib, slack = 2048 + kib / 128;

	return mark->kib - kib <= slack && mark->high.kib < kib - slack;
}

void peak_tracker_add_mark(
    struct peak_tracker *peaks, const struct high_water_mark *mark)
{
	if (mark->kib <= peaks->peak.kib)
		return;
	if (!peak_tracker_only_confirms(peaks, mark)) {
		peaks->peak.time_ns = mark->high.time_ns;
		peaks->peak.since_ns = mark->high.since_ns;
	}
	peaks->peak.kib = mark->kib;
	peaks->unreported = true;
}

/* A high-water mark that is as high as before the recording belongs to an
 * earlier time. kib is a sample of this moment; -1: none was taken. */
static void peak_tracker_read_group(
    struct peak_tracker *peaks, int64_t kib, int64_t now_ns)
{
	struct high_water_mark mark = {
	    cgroup_peak_kib(peaks->cgroup), peaks->group};

	if (mark.kib > peaks->cgroup_kib)
		peak_tracker_add_mark(peaks, &mark);
	if (mark.kib >= 0)
		peaks->read_ns = now_ns;
	highest_restart(&peaks->group, kib, now_ns);
}

bool peak_tracker_read(struct peak_tracker *peaks, struct members *members,
    int64_t elapsed_ns, const struct sink_tick *tick)
{
	const struct high_water_moment moment = {tick->time_ns, true};
	bool all = peaks->attached && peaks->sums <= 1;
	struct high_water_mark mark =
	    all ? high_water_all(&peaks->marks, members, &moment)
		: high_water_step(&peaks->marks, members, elapsed_ns, &moment);

	if (mark.kib >= 0)
		peaks->read_ns = tick->time_ns;
	peak_tracker_add_mark(peaks, &mark);
	if (peaks->cgroup && tick->time_ns - peaks->group.since_ns >= GROUP_NS)
		peak_tracker_read_group(peaks, tick->total_kib, tick->time_ns);
	if (!peaks->unreported ||
	    tick->time_ns - peaks->reported_ns < REPORT_NS)
		return false;
	peaks->reported_ns = tick->time_ns;
	return true;
}

void peak_tracker_read_all(
    struct peak_tracker *peaks, struct members *members, int64_t now_ns)
{
	const struct high_water_moment moment = {now_ns, false};
	struct high_water_mark mark;

	for (size_t i = 0; i < members->list.len; i++)
		if (members->list.items[i].high.since_ns == 0)
			highest_restart(
			    &members->list.items[i].high, -1, peaks->ticked_ns);
	mark = high_water_all(&peaks->marks, members, &moment);

	peak_tracker_add_mark(peaks, &mark);
	if (peaks->cgroup)
		peak_tracker_read_group(peaks, -1, now_ns);
	peaks->read_ns = peaks->ticked_ns = now_ns;
}

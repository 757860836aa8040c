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

static bool is_waiting(const struct borrow *borrow, pid_t pid)
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

	search->found = is_waiting(search->borrow, thread);
	return !search->found;
}

/* vfork() leaves its calling thread in uninterruptible sleep. */
static bool has_waiting_thread(const struct borrow *borrow, pid_t pid)
{
	struct borrow_search search = {borrow, is_waiting(borrow, pid)};

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

static bool has_pages_without_faults(
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
static enum answer compare_figures(const struct borrow *borrow,
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
			       has_pages_without_faults(borrow, member, own) ||
			       has_waiting_thread(borrow, lender->pid)
			   ? ANSWER_BORROWED
			   : ANSWER_OWN_SO_FAR;
	}
	return ANSWER_OWN;
}

/* Memory once found to differ stays different: only clone() makes it shared. */
static enum answer ask_kernel(const struct borrow *borrow,
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
static enum answer ask_lenders(const struct borrow *borrow,
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
		answer = ask_kernel(borrow, member, other);
		if (answer == ANSWER_NONE)
			answer = compare_figures(borrow, member, other);
		if (answer != ANSWER_OWN || !other->lender)
			return answer;
		*lender = other->lender;
	}
	return answer;
}

/* Whether both may have got the same memory from a lender or a parent that has
 * ended, or by CLONE_PARENT. Equal figures of statm prove nothing here: the
 * workers of a server often have the same. */
static bool is_sibling(const struct members *members,
    const struct member *member, const struct member *other)
{
	if (other == member || other->gone || other->zombie || other->borrows)
		return false;
	if (member->lender)
		return other->lender == member->lender;
	return other->ppid == member->ppid ||
	       members_find(members, member->ppid) == MEMBERS_NONE;
}

static enum answer ask_siblings(const struct borrow *borrow,
    const struct members *members, const struct member *member, pid_t *lender)
{
	size_t asked = 0;

	for (size_t i = members->list.len; i-- > 0 && asked < SIBLINGS;) {
		const struct member *other = &members->list.items[i];

		if (!is_sibling(members, member, other))
			continue;
		asked++;
		if (ask_kernel(borrow, member, other) == ANSWER_BORROWED) {
			*lender = other->pid;
			return ANSWER_BORROWED;
		}
	}
	return ANSWER_OWN;
}

/* Whether this process has kept the memory, and not the lender. Checked once,
 * when the memory is found to be its own. */
static bool has_parted(const struct borrow *borrow, const struct member *member,
    const struct member *lender)
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
	answer = ask_lenders(borrow, members, member, &lender);
	before = members_find(members, lender);
	if (answer == ANSWER_OWN)
		answer = ask_siblings(borrow, members, member, &lender);
	if (answer != ANSWER_BORROWED && before != MEMBERS_NONE &&
	    has_parted(borrow, member, &members->list.items[before]))
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
static int raise_limit(void)
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
	    .keep_below = raise_limit()};
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
static ssize_t read_named(struct meter *meter, const struct member *member)
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

static ssize_t meter_read_text(struct meter *meter, struct member *member)
{
	if (member->fd < 0)
		meter_keep(meter, member, member->pid);
	if (member->fd < 0)
		return read_named(meter, member);
	return procfs_pread(member->fd, meter->text, sizeof(meter->text));
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

static bool try_thread(void *context, pid_t thread)
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

	member->kib = -1;
	if (!procfs_stat_of(meter->fs, member->pid, member->started, &stat))
		return errno != ENOENT && errno != ESRCH;
	if (stat.state != 'Z' && stat.state != 'X')
		return true;
	if (stat.threads > 1) {
		member->by_thread = true;
		procfs_each_thread(meter->fs, member->pid, try_thread, &search);
	} else {
		member->zombie = true;
	}
	return true;
}

static void note_shared(const struct meter *meter, struct member *member)
{
	int64_t kib = -1;

	if (meter->metric->read_shared)
		kib = meter->metric->read_shared(
		    meter->text, meter->fs->page_kib);
	member->shared_kib = kib < 0 ? 0 : kib;
}

/* Another program shows that the process has executed one. */
static void meter_note_program(const struct meter *meter, struct member *member)
{
	int64_t program = 0;

	if (meter->metric->read_program)
		program = meter->metric->read_program(
		    meter->text, meter->fs->page_kib);
	if (program <= 0)
		return;
	member->executed |= member->program > 0 && member->program != program;
	member->program = program;
}

bool meter_measure(struct meter *meter, struct member *member)
{
	ssize_t got = meter_read_text(meter, member);

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
		note_shared(meter, member);
		meter_note_program(meter, member);
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

// SPDX-License-Identifier: MIT
#include "recorder/borrow.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* kcmp() of Linux 3.5; a musl's headers don't have linux/kcmp.h. */
enum { COMPARE_MEMORY = 1 };

enum {
	CHAIN = 8,     /* a lender that borrows itself, and so on */
	SIBLINGS = 16, /* with whom a new process is compared at most */
	READS = 3      /* of figures that may change between two reads */
};

enum answer {
	ANSWER_OWN, /* for good */
	ANSWER_BORROWED,
	ANSWER_OWN_SO_FAR,
	ANSWER_NONE /* the kernel does not tell */
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

static bool look_at_thread(void *context, pid_t thread)
{
	struct borrow_search *search = context;

	search->found = is_waiting(search->borrow, thread);
	return !search->found;
}

/* vfork() leaves the thread that called it uninterruptible. */
static bool has_waiting_thread(const struct borrow *borrow, pid_t pid)
{
	struct borrow_search search = {borrow, is_waiting(borrow, pid)};

	if (!search.found)
		procfs_each_thread(borrow->fs, pid, look_at_thread, &search);
	return search.found;
}

/* Compares statm where the kernel refuses kcmp() (a filter of system calls in a
 * container, a protected process): a borrower has all of the lender's figures,
 * and the lender waits as in vfork(). A fork's resident size differs. */
static enum answer compare_figures(const struct borrow *borrow,
    const struct member *member, const struct member *lender)
{
	char own[128], theirs[128];

	for (int i = 0; i < READS; i++) {
		if (borrow_read_statm(borrow, member->pid, own) <= 0 ||
		    borrow_read_statm(borrow, lender->pid, theirs) <= 0)
			return ANSWER_OWN_SO_FAR;
		if (strcmp(own, theirs) == 0)
			return has_waiting_thread(borrow, lender->pid)
				   ? ANSWER_BORROWED
				   : ANSWER_OWN_SO_FAR;
	}
	return ANSWER_OWN;
}

/* Memory that differs stays different: only a clone begins with another's. */
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

static enum answer borrow_compare(const struct borrow *borrow,
    const struct member *member, const struct member *lender)
{
	enum answer answer = ask_kernel(borrow, member, lender);

	return answer == ANSWER_NONE ? compare_figures(borrow, member, lender)
				     : answer;
}

/* Asks the lender before, or the parent, and then whoever lent to them. */
static enum answer ask_lenders(const struct borrow *borrow,
    const struct members *members, const struct member *member, pid_t *lender)
{
	enum answer answer = ANSWER_OWN;

	*lender = member->lender ? member->lender : member->ppid;
	for (int i = 0; i < CHAIN; i++) {
		size_t at = members_find(members, *lender);

		if (at == MEMBERS_NONE || &members->list.items[at] == member)
			return ANSWER_OWN;
		answer =
		    borrow_compare(borrow, member, &members->list.items[at]);
		if (answer != ANSWER_OWN || !members->list.items[at].lender)
			return answer;
		*lender = members->list.items[at].lender;
	}
	return answer;
}

/* Whether other may have got the same memory: from a lender or a parent that
 * has ended, or by CLONE_PARENT. The figures of statm don't tell: the workers
 * of a server often have the same. */
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

/* Whether the lender has left its memory to this process, and not the other
 * way round: asked once, when the memory is found to be its own. */
static bool has_parted(const struct borrow *borrow, const struct member *member,
    const struct member *lender)
{
	struct proc_stat stat;

	if (procfs_stat(borrow->fs, member->pid, &stat) && !stat.is_forked)
		return false;
	if (lender->borrows)
		return false; /* it has no figure */
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

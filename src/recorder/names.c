// SPDX-License-Identifier: MIT
#include "recorder/names.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/index.h"

/* A process that was forked, and has executed no program yet, may be about to:
 * until then it has its parent's command line. */
#define EXECUTES_NS (NS_PER_S / 50)

/* Pauses before the next reading, by what was read or by when the process was
 * found, and the number of readings a second for all processes. */
static const int64_t pauses_ns[] = {
    NS_PER_S / 10, NS_PER_S, 3 * NS_PER_S, 10 * NS_PER_S};
enum { PAUSES = sizeof(pauses_ns) / sizeof(pauses_ns[0]), READS_PER_S = 20 };

/* A process that grew by a fifth and a MiB may have a new command line. */
enum { GREW_PART = 5, GREW_KIB = 1024 };

void names_init(struct names *names, const struct procfs *fs, int64_t now_ns,
    int64_t patience_ns)
{
	*names = (struct names){
	    .fs = fs, .stepped_ns = now_ns, .patience_ns = patience_ns};
}

void names_finish(struct names *names)
{
	argv_reader_destroy(names->argv);
}

/* A first reading can't wait: nothing is known of what the process executes. */
static bool names_is_new(const struct member *member, int64_t now_ns)
{
	if (member->reads == 0)
		return !member->forked || member->executed ||
		       now_ns - member->seen_ns >= EXECUTES_NS;
	return member->executed && now_ns - member->named_ns >= EXECUTES_NS;
}

static bool names_is_due(const struct member *member, int64_t now_ns)
{
	int64_t age_ns = now_ns - member->named_ns;
	int64_t grew_kib = member->kib - member->named_kib;

	if (member->reads == 0)
		return false;
	return age_ns >= pauses_ns[member->reads - 1] ||
	       (age_ns >= pauses_ns[0] && grew_kib > GREW_KIB &&
		   grew_kib > member->named_kib / GREW_PART);
}

enum names_found { NAMES_READ, NAMES_NONE, NAMES_LATER };

/* During an exec the new name is there a moment before the command line, and a
 * process that has ended has none any more. A command line that can't be read
 * yet is asked for again in the next step. */
static enum names_found names_read_argv(
    struct names *names, const struct member *member, struct proc_stat *stat)
{
	ssize_t len;

	names->command[0] = 0;
	if (!procfs_stat_of(names->fs, member->pid, member->started, stat) ||
	    stat->is_ending)
		return NAMES_NONE;
	/* The mappings of a process that sleeps, has one thread and its own
	 * memory don't change: its command line can be read at once. */
	if (member->owns && stat->threads == 1 && stat->state == 'S') {
		len = procfs_read(names->fs, member->pid, "cmdline",
		    names->command, sizeof(names->command));
		return argv_join(names->command, len) ? NAMES_READ : NAMES_NONE;
	}
	if (!names->argv)
		names->argv =
		    argv_reader_create(names->fs, sizeof(names->command));
	len = argv_read(names->argv, member->pid, member->started,
	    names->late ? 0 : names->patience_ns, names->command);
	if (len < 0 && errno == EAGAIN) {
		names->late = true;
		return NAMES_LATER;
	}
	return argv_join(names->command, len) ? NAMES_READ : NAMES_NONE;
}

/* Whether name or command line are new. A process that never has a command line
 * is reported by its name alone. */
static bool names_read(
    struct names *names, struct member *member, int64_t now_ns)
{
	struct proc_stat stat;
	enum names_found found = names_read_argv(names, member, &stat);
	bool late = now_ns - member->seen_ns >=
		    (found == NAMES_LATER ? NS_PER_S : EXECUTES_NS);
	uint32_t hash;

	member->tried_ns = now_ns;
	if (found == NAMES_LATER && (!late || member->introduced))
		return false;
	member->named_ns = now_ns;
	if (found != NAMES_READ) {
		member->reads += late && member->reads == 0;
		return late && !member->introduced;
	}
	member->named_kib = member->kib;
	member->executed = false;
	member->reads += member->reads < PAUSES;
	memcpy(member->name, stat.name, sizeof(member->name));
	hash = index_hash(stat.name, strlen(stat.name)) * 31 +
	       index_hash(names->command, strlen(names->command));
	if (member->introduced && hash == member->argv_hash)
		return false;
	member->argv_hash = hash;
	return true;
}

/* Readers of recordings take the first named process for the program. */
static size_t names_steppable(const struct members *members)
{
	size_t count = members->list.len;

	if (count > 0 && members->list.items[0].is_root &&
	    !members->list.items[0].introduced &&
	    !members->list.items[0].zombie)
		return 1;
	return count;
}

struct member *names_step(
    struct names *names, struct members *members, int64_t now_ns, bool *news)
{
	size_t count = names_steppable(members);
	bool was_late;

	/* Command lines that were asked for in the last step are there now. */
	if (names->late && now_ns != names->stepped_ns)
		names->next = names->first_late;
	names->late = names->late && now_ns == names->stepped_ns;
	names->credit_ns += now_ns - names->stepped_ns;
	names->stepped_ns = now_ns;
	if (names->credit_ns > NS_PER_S)
		names->credit_ns = NS_PER_S;
	for (size_t i = 0; i < count; i++) {
		struct member *member;

		if (names->next >= count)
			names->next = 0;
		member = &members->list.items[names->next++];
		if (member->gone || member->zombie ||
		    member->tried_ns == now_ns)
			continue;
		if (!names_is_new(member, now_ns)) {
			if (!names_is_due(member, now_ns) ||
			    names->credit_ns < NS_PER_S / READS_PER_S)
				continue;
			names->credit_ns -= NS_PER_S / READS_PER_S;
		}
		was_late = names->late;
		*news = names_read(names, member, now_ns);
		if (names->late && !was_late)
			names->first_late = names->next - 1;
		return member;
	}
	return NULL;
}

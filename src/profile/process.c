// SPDX-License-Identifier: MIT
#include "profile/process.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Ticks without a pid after which it is taken for another process's when it
 * returns, where no record tells. */
enum { MISSED = 3 };

struct key {
	const char *text;
	size_t len;
	int pid;
};

/* A pid's digits as a number; -1 for all other keys, and for a number in
 * another notation: one pid has one key. */
static int process_key_pid(const char *text, size_t len)
{
	int pid = 0;

	if (len == 0 || (text[0] == '0' && len > 1))
		return -1;
	for (size_t i = 0; i < len; i++) {
		int digit = text[i] - '0';

		if (digit < 0 || digit > 9 ||
		    __builtin_mul_overflow(pid, 10, &pid) ||
		    __builtin_add_overflow(pid, digit, &pid))
			return -1;
	}
	return pid;
}

/* Whether the process has that key, and no later one has it now. */
static bool process_is(const void *processes, size_t at, const void *sought)
{
	const struct process *process = (const struct process *)processes + at;
	const struct key *key = sought;

	if (process->pid != key->pid || process->followed)
		return false;
	return key->pid >= 0 ||
	       (strlen(process->key) == key->len &&
		   memcmp(process->key, key->text, key->len) == 0);
}

static struct process *process_add(struct run *run, const struct key *key)
{
	struct process *process = array_push(&run->processes);

	*process = (struct process){
	    .key = mem_copy_n(key->text, key->len), .pid = key->pid};
	index_add(&run->state.index, index_hash(key->text, key->len),
	    run->processes.len - 1);
	run->state.next = run->processes.len;
	return process;
}

/* Finds a process. Records come in the same order in each tick, so the next
 * process is tried first, and the index otherwise. NULL where none has the
 * key. */
static struct process *process_find(struct run *run, const struct key *key)
{
	struct run_processes *state = &run->state;
	size_t at = state->next;

	if (at >= run->processes.len)
		at = 0;
	if (at == run->processes.len ||
	    !process_is(run->processes.items, at, key))
		at = index_find(&state->index, index_hash(key->text, key->len),
		    process_is, run->processes.items, key);
	if (at == INDEX_NONE)
		return NULL;
	state->next = at + 1;
	return &run->processes.items[at];
}

/* Adds a process that uses the pid of one that ended. */
static struct process *process_follow(
    struct run *run, struct process *before, const struct key *key)
{
	struct process *process;

	before->followed = true;
	process = process_add(run, key);
	process->again = true;
	return process;
}

/* Whether the process's end is recorded; in a run without PROC records, whether
 * it was missing in several complete ticks. */
static bool process_has_ended(
    const struct run *run, const struct process *process)
{
	if (process->exit.recorded)
		return true;
	return !run->state.introduces && process->memory.len > 0 &&
	       run->state.whole > process->whole + MISSED;
}

struct process *run_process(struct run *run, const char *text, size_t len)
{
	const struct key key = {text, len, process_key_pid(text, len)};
	struct process *process = process_find(run, &key);

	if (!process)
		return process_add(run, &key);
	if (process_has_ended(run, process))
		return process_follow(run, process, &key);
	return process;
}

/* A second PROC without a start: another process has the pid. Samples after the
 * last tick without the pid belong to the new process. */
static struct process *process_split(
    struct run *run, struct process *before, const struct key *key)
{
	size_t count = before->stretches.len;
	struct stretch last = {0};
	bool moves = false;
	struct process *process;
	size_t nth = (size_t)(before - run->processes.items);

	if (count > 1) {
		last = before->stretches.items[count - 1];
		moves = last.sample >= before->unnamed;
	}
	process = process_follow(run, before, key);
	before = &run->processes.items[nth];
	if (!moves)
		return process;
	for (size_t i = last.sample; i < before->memory.len; i++)
		series_add(&process->memory, before->memory.items[i].time_s,
		    before->memory.items[i].mib);
	*array_push(&process->stretches) = (struct stretch){0, last.tick};
	before->memory.len = last.sample;
	before->stretches.len--;
	return process;
}

/* Whether the process has a sample in the last tick. */
static bool process_has_tick(const struct process *process, size_t ticks)
{
	size_t count = process->stretches.len;
	const struct stretch *last;

	if (count == 0)
		return false;
	last = &process->stretches.items[count - 1];
	return last->tick + process->memory.len - last->sample == ticks;
}

/* The process gets another name. The present name is kept as its best if it
 * held more memory under it than under earlier ones, or as much in more
 * samples: a title is found some samples after it was set. */
static void process_keep_name(struct process *process, size_t until)
{
	size_t samples =
	    until > process->unnamed ? until - process->unnamed : 0;
	double high = -1;

	for (size_t i = process->unnamed; i < until; i++)
		high = fmax(high, process->memory.items[i].mib);
	if (high < process->high_mib || high <= 0 ||
	    (high == process->high_mib && samples <= process->high_samples))
		return;
	process->high_mib = high;
	process->high_samples = samples;
	free(process->high_name);
	free(process->high_command);
	process->high_name = process->name ? mem_copy(process->name) : NULL;
	process->high_command =
	    process->command ? mem_copy(process->command) : NULL;
}

/* Chooses the name under which it held most, once the run was read. */
static void process_choose_name(struct process *process)
{
	if (process->high_mib <= 0)
		return;
	process_keep_name(process, process->memory.len);
	free(process->name);
	free(process->command);
	process->name = process->high_name;
	process->command = process->high_command;
	process->high_name = process->high_command = NULL;
}

bool process_is_another(
    bool introduced, uint64_t known_ticks, uint64_t start_ticks)
{
	if (known_ticks && start_ticks)
		return known_ticks != start_ticks;
	return introduced;
}

struct process *run_introduce(
    struct run *run, const char *text, size_t len, uint64_t start_ticks)
{
	const struct key key = {text, len, process_key_pid(text, len)};
	struct process *process = process_find(run, &key);
	size_t before;

	run->state.introduces = true;
	if (!process)
		process = process_add(run, &key);
	else if (process->exit.recorded)
		process = process_follow(run, process, &key);
	else if (process_is_another(
		     process->introduced, process->start_ticks, start_ticks))
		process = process->start_ticks && start_ticks
			      ? process_follow(run, process, &key)
			      : process_split(run, process, &key);
	before =
	    process->memory.len - process_has_tick(process, run->total.len);
	if (process->introduced)
		process_keep_name(process, before);
	process->introduced = true;
	process->unnamed = before;
	process->start_ticks = start_ticks;
	return process;
}

struct process *run_process_of(
    struct run *run, const char *text, size_t len, uint64_t start_ticks)
{
	struct process *process = run_process(run, text, len);

	if (start_ticks == 0 || process->start_ticks == start_ticks)
		return process;
	return run_introduce(run, text, len, start_ticks);
}

void run_add_totals(struct run *run, const struct sample *samples, size_t count)
{
	struct run_processes *state = &run->state;
	size_t ticks = run->total.len, added;

	series_add_all(&run->total, samples, count);
	added = run->total.len - ticks;
	if (added == 0)
		return;
	state->whole += added - 1 + (ticks > 0 && !state->lost);
	state->lost = false;
}

void run_add_total(struct run *run, double time_s, double mib)
{
	run_add_totals(run, &(struct sample){time_s, mib}, 1);
}

void run_note_loss(struct run *run)
{
	run->state.lost = true;
}

/* Records that the last sample belongs to that tick. */
static void process_place(struct process *process, size_t tick)
{
	size_t sample = process->memory.len - 1;
	size_t count = process->stretches.len;

	if (count > 0) {
		const struct stretch *last =
		    &process->stretches.items[count - 1];

		if (last->tick + (sample - last->sample) == tick)
			return;
	}
	*array_push(&process->stretches) = (struct stretch){sample, tick};
}

void run_add_memory(
    const struct run *run, struct process *process, double time_s, double mib)
{
	size_t len = process->memory.len;

	series_add(&process->memory, time_s, mib);
	if (process->memory.len == len || run->total.len == 0)
		return;
	process->whole = run->state.whole;
	process_place(process, run->total.len - 1);
}

/* The last tick at or before a time; of several at one time, the next one
 * without a sample of this process. */
static size_t process_tick_of(
    const struct series *total, size_t tick, size_t taken, double time_s)
{
	const struct sample *at = total->items;

	while (tick + 1 < total->len &&
	       (at[tick + 1].time_s < time_s ||
		   (at[tick + 1].time_s == time_s &&
		       (at[tick].time_s < time_s || taken == tick + 1))))
		tick++;
	return tick;
}

/* Finds the ticks of sorted samples anew, by time. */
static void process_place_by_time(
    struct process *process, const struct series *total)
{
	size_t len = process->memory.len, tick = 0, taken = 0;

	process->stretches.len = 0;
	for (size_t i = 0; i < len && total->len > 0; i++) {
		double time_s = process->memory.items[i].time_s;

		tick = process_tick_of(total, tick, taken, time_s);
		process->memory.len = i + 1;
		if (total->items[tick].time_s > time_s)
			continue;
		process_place(process, tick);
		taken = tick + 1;
	}
	process->memory.len = len;
}

static int process_compare_sinces(const void *a, const void *b)
{
	const struct peak_since *x = a, *y = b;

	return (x->peak.time_s > y->peak.time_s) -
	       (x->peak.time_s < y->peak.time_s);
}

static void run_order(struct run *run, void (*order)(struct series *series))
{
	bool moved = run->total.unsorted;

	order(&run->total);
	series_sort(&run->peaks);
	if (run->peak_sinces.len > 0)
		qsort(run->peak_sinces.items, run->peak_sinces.len,
		    sizeof(run->peak_sinces.items[0]), process_compare_sinces);
	if (run->usage)
		usage_sort(run->usage);
	for (size_t i = 0; i < run->processes.len; i++) {
		struct process *process = &run->processes.items[i];
		bool anew = moved || process->memory.unsorted;

		if (process->usage)
			usage_sort(process->usage);
		order(&process->memory);
		if (anew)
			process_place_by_time(process, &run->total);
	}
}

void run_sort(struct run *run)
{
	run_order(run, series_sort);
}

void run_settle(struct run *run)
{
	for (size_t i = 0; i < run->processes.len; i++)
		process_choose_name(&run->processes.items[i]);
	run_order(run, series_settle);
}

/* The time during which a process has its pid. */
struct process_life {
	int pid;
	double until_s;
	size_t index;
};

struct process_lives {
	struct process_life *items;
	size_t len;
};

static int process_compare_lives(const void *a, const void *b)
{
	const struct process_life *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The lives of each pid in turn: a life ends at its recorded end, else just
 * before the next one's first sample. */
static struct process_lives process_lives_of(const struct run *run)
{
	struct process_lives lives = {
	    mem_zero(run->processes.len + 1, sizeof(*lives.items)), 0};

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];

		if (process->pid > 0)
			lives.items[lives.len++] =
			    (struct process_life){process->pid,
				process->exit.recorded ? process->exit.time_s
						       : INFINITY,
				i};
	}
	qsort(lives.items, lives.len, sizeof(*lives.items),
	    process_compare_lives);
	for (size_t i = 0; i + 1 < lives.len; i++) {
		struct process_life *life = &lives.items[i];
		const struct series *next =
		    &run->processes.items[life[1].index].memory;

		if (life[1].pid == life->pid && isinf(life->until_s) &&
		    next->len > 0)
			life->until_s = nextafter(next->items[0].time_s, 0);
	}
	return lives;
}

static size_t process_lives_find(
    const struct process_lives *lives, int pid, double time_s)
{
	size_t at = array_lower_bound(lives, pid, pid);

	if (at == lives->len || lives->items[at].pid != pid)
		return 0;
	while (lives->items[at].until_s < time_s && at + 1 < lives->len &&
	       lives->items[at + 1].pid == pid)
		at++;
	return lives->items[at].index + 1;
}

static void process_assign_allocations(
    struct allocation_list *list, const struct process_lives *lives)
{
	for (size_t i = 0; i < list->len; i++)
		list->items[i].process = process_lives_find(
		    lives, list->items[i].pid, list->items[i].time_s);
}

void run_assign(struct run *run)
{
	struct process_lives lives;

	if (run->calls.len == 0 && run->stack_samples.len == 0 &&
	    run->allocations.len == 0 && run->touches.len == 0 &&
	    run->snapshots.len == 0)
		return;
	lives = process_lives_of(run);
	for (size_t i = 0; i < run->calls.len; i++) {
		struct call *call = &run->calls.items[i];

		call->process =
		    process_lives_find(&lives, call->pid, call->leave_s);
	}
	for (size_t i = 0; i < run->stack_samples.len; i++) {
		struct stack_sample *sample = &run->stack_samples.items[i];

		sample->process =
		    process_lives_find(&lives, sample->pid, sample->time_s);
	}
	process_assign_allocations(&run->allocations, &lives);
	process_assign_allocations(&run->touches, &lives);
	for (size_t i = 0; i < run->snapshots.len; i++) {
		struct heap_snapshot *snapshot = &run->snapshots.items[i];

		snapshot->process =
		    process_lives_find(&lives, (int)snapshot->heap.pid,
			(double)snapshot->heap.wall_ns / 1e9);
	}
	free(lives.items);
}

int call_compare_threads(const struct call *a, const struct call *b)
{
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return (a->tid > b->tid) - (a->tid < b->tid);
}

void run_place_by_time(struct run *run)
{
	for (size_t i = 0; i < run->processes.len; i++)
		process_place_by_time(&run->processes.items[i], &run->total);
}

bool process_at_tick(const struct process *process, struct tick_cursor *cursor,
    size_t tick, double *mib)
{
	size_t count = process->stretches.len, sample;
	const struct stretch *at = process->stretches.items + cursor->stretch;

	if (cursor->stretch >= count || tick < at->tick)
		return false;
	while (cursor->stretch + 1 < count && at[1].tick <= tick) {
		cursor->stretch++;
		at++;
	}
	sample = at->sample + (tick - at->tick);
	if (sample >= process->memory.len ||
	    (cursor->stretch + 1 < count && sample >= at[1].sample))
		return false;
	*mib = process->memory.items[sample].mib;
	return true;
}

struct run run_part(const struct run *run, double from_s, double to_s)
{
	size_t len = run->processes.len;
	struct run part = *run;

	part.total = series_part(&run->total, from_s, to_s);
	part.processes.items =
	    mem_zero(len + 1, sizeof(part.processes.items[0]));
	for (size_t i = 0; i < len; i++) {
		const struct process *whole = &run->processes.items[i];
		struct process *process = &part.processes.items[i];

		*process = *whole;
		process->memory = series_part(&whole->memory, from_s, to_s);
		process->exit.recorded =
		    whole->exit.recorded && whole->exit.time_s <= to_s;
	}
	part.exit.recorded = run->exit.recorded &&
			     fmax(run->exit.time_s, run->exit.until_s) <= to_s;
	return part;
}

/* SUM_TICKS: ticks that are examined in a long run where each process was
 * introduced. FEWEST_STEPS: steps that are evidence where none was. */
enum { SUM_TICKS = 2000, FEWEST_STEPS = 8 };

/* A turn is a tick at which the first descendants came, or the last ones went:
 * a change of at least TURN_MIB. MEM may differ by less than two pages. */
#define TURN_MIB 1.0
#define TURN_PRECISION_MIB 0.006

void process_add_at(const struct process *process, const size_t *ticks,
    size_t count, double *sums)
{
	struct tick_cursor cursor = {0};
	double mib;

	for (size_t i = 0; i < count; i++) {
		if (process_at_tick(
			process, &cursor, ticks ? ticks[i] : i, &mib))
			sums[i] += mib;
	}
}

void run_sum_at(
    const struct run *run, const size_t *ticks, size_t count, double *sums)
{
	for (size_t i = 0; i < run->processes.len; i++)
		process_add_at(&run->processes.items[i], ticks, count, sums);
}

void run_program_at(
    const struct run *run, const size_t *ticks, size_t count, double *own)
{
	if (count > 0 && run_total_of(run) == RUN_TOTAL_ALL)
		run_sum_at(run, ticks, count, own);
	for (size_t i = 0; i < count; i++)
		own[i] = run->total.items[ticks ? ticks[i] : i].mib - own[i];
}

/* Comparison of the changes of MEM and of the descendants' memory. */
struct evidence {
	size_t present; /* ticks with descendants */
	size_t above; /* of these, ticks where descendants have more than MEM */
	size_t steps; /* ticks at which descendants' memory changed */
	double slope; /* slope of MEM's steps over theirs, by least squares */
	size_t with;  /* turns at which MEM changed by as much */
	size_t without; /* turns at which MEM did not change */
};

/* Takes the descendants' sums at a tick and the one before, and MEM at these
 * and the next tick: memory_profiler reads it first, so that of a process that
 * ends before its CHLD is read MEM falls a tick later. */
static void process_add_turn(
    struct evidence *evidence, double was, double is, const double mib[3])
{
	if ((was > 0 && is > 0) || fabs(is - was) < TURN_MIB)
		return;
	evidence->with +=
	    fabs(mib[1] - mib[0] - (is - was)) < TURN_PRECISION_MIB;
	evidence->without += fabs(mib[1] - mib[0]) < TURN_PRECISION_MIB &&
			     fabs(mib[2] - mib[0]) < TURN_PRECISION_MIB;
}

static void process_add_evidence(struct evidence *evidence,
    const struct run *run, const size_t *ticks, const double *sums,
    size_t count)
{
	const struct sample *total = run->total.items;
	double together = 0, own = 0;

	for (size_t i = 0; i < count; i++) {
		double mib = total[ticks[i]].mib, step, whole;

		evidence->present += sums[i] > 0;
		evidence->above += sums[i] > 1.001 * mib;
		if (i == 0)
			continue;
		step = sums[i] - sums[i - 1];
		whole = mib - total[ticks[i - 1]].mib;
		evidence->steps += step != 0;
		process_add_turn(evidence, sums[i - 1], sums[i],
		    (const double[]){total[ticks[i - 1]].mib, mib,
			i + 1 < count ? total[ticks[i + 1]].mib : NAN});
		own += step * step;
		together += step * whole;
	}
	evidence->slope = own > 0 ? together / own : 0;
}

static struct evidence process_evidence(const struct run *run, size_t most)
{
	size_t len = run->total.len, count = len > most ? most : len;
	size_t *ticks = mem_zero(count + 1, sizeof(ticks[0]));
	double *sums = mem_zero(count + 1, sizeof(sums[0]));
	struct evidence evidence = {0};

	for (size_t i = 0; i < count; i++)
		ticks[i] = i * len / count;
	run_sum_at(run, ticks, count, sums);
	process_add_evidence(&evidence, run, ticks, sums, count);
	free(ticks);
	free(sums);
	return evidence;
}

/* Judges by the turns alone: the program itself changes by exactly what its
 * descendants had only by chance. */
static enum run_total process_total_by_turns(const struct evidence *evidence)
{
	if (evidence->with > 0 && evidence->without == 0)
		return RUN_TOTAL_ALL;
	if (evidence->without > 0 && evidence->with == 0)
		return RUN_TOTAL_PROGRAM;
	return RUN_TOTAL_UNKNOWN;
}

/* A descendant may grow at the same tick as the program: only several agreeing
 * steps are evidence, or that all of its memory comes or goes at once. */
enum run_total run_total_of(const struct run *run)
{
	struct evidence evidence;

	if (run->info.alone)
		return RUN_TOTAL_PROGRAM;
	if (run->info.sum)
		return RUN_TOTAL_ALL;
	if (run->processes.len == 0)
		return run->state.introduces ? RUN_TOTAL_ALL
					     : RUN_TOTAL_UNKNOWN;
	evidence = process_evidence(
	    run, run->state.introduces ? SUM_TICKS : run->total.len);
	if (2 * evidence.above > evidence.present)
		return RUN_TOTAL_PROGRAM;
	if (run->state.introduces)
		return RUN_TOTAL_ALL;
	if (evidence.steps >= FEWEST_STEPS && evidence.slope > 0.75)
		return RUN_TOTAL_ALL;
	if (evidence.steps >= FEWEST_STEPS && evidence.slope < 0.25)
		return RUN_TOTAL_PROGRAM;
	return process_total_by_turns(&evidence);
}

bool run_total_is_unclear(const struct run *run)
{
	bool several = false;

	for (size_t i = 0; i < run->processes.len && !several; i++)
		several = run->processes.items[i].memory.len > 0;
	return several && run_total_of(run) == RUN_TOTAL_UNKNOWN;
}

const struct process *run_launched(const struct run *run)
{
	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *one = &run->processes.items[i];

		if (one->memory.len == 0 && one->introduced)
			return one;
	}
	return NULL;
}

const char *run_program_name(const struct run *run)
{
	return run_total_is_unclear(run) ? "the program, or all processes"
					 : "the program itself";
}

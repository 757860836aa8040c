// SPDX-License-Identifier: MIT
#include "recorder/dat_sink.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "dat/name.h"
#include "profile/resource.h"

/* Longest time for which an unchanged sample is held back; it is lost if this
 * process is killed meanwhile. */
#define HOLD_NS (600 * NS_PER_S)

static void dat_sink_write_memory(struct dat_sink *recording, int64_t time_ns)
{
	struct dat_writer *writer = &recording->writer;

	dat_write_memory(writer, recording->written_kib, time_ns);
	for (size_t i = 0; i < recording->written.len; i++)
		dat_write_child(writer, recording->written.items[i].pid,
		    recording->written.items[i].kib, time_ns);
	recording->written_ns = time_ns;
	recording->held_ns = 0;
}

static void dat_sink_write_held(struct dat_sink *recording)
{
	if (recording->held_ns)
		dat_sink_write_memory(recording, recording->held_ns);
}

static void dat_sink_write_ranks(struct dat_writer *writer)
{
	struct launcher launcher;

	launcher_read(&launcher);
	if (launcher.rank)
		dat_write_text(writer, "rank", launcher.rank);
	if (launcher.ranks)
		dat_write_text(writer, "ranks", launcher.ranks);
	if (launcher.job)
		dat_write_text(writer, "job", launcher.job);
}

/* Writes INFO, the first record of a run: how it is recorded. Its memory and
 * time are those of the record that follows. */
static void dat_sink_write_info(
    struct dat_sink *recording, int64_t kib, int64_t time_ns)
{
	struct dat_writer *writer = &recording->writer;
	time_t start = (time_t)(time_ns / NS_PER_S);
	char host[256] = "", when[64], interval[32];
	struct tm local;

	if (recording->informed)
		return;
	recording->informed = true;
	gethostname(host, sizeof(host) - 1);
	localtime_r(&start, &local);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S%z", &local);
	snprintf(interval, sizeof(interval), "%.9g",
	    (double)recording->interval_ns / NS_PER_S);
	dat_write_begin(writer, "INFO");
	dat_write_text(writer, "backend", recording->backend);
	dat_write_text(writer, "interval", interval);
	dat_write_text(writer, "host", host);
	dat_write_text(writer, "version", MPROF_VERSION);
	dat_write_text(writer, "start", when);
	if (recording->alone)
		dat_write_whole(writer, "alone", 1);
	if (recording->launched)
		dat_sink_write_ranks(writer);
	dat_write_end(writer, kib, time_ns);
}

/* Begins a record that is no sample, and writes INFO and the held sample before
 * it. */
static struct dat_writer *dat_sink_begin_record(struct dat_sink *recording,
    const char *keyword, int64_t kib, int64_t time_ns)
{
	dat_sink_write_info(recording, kib, time_ns);
	dat_sink_write_held(recording);
	dat_write_begin(&recording->writer, keyword);
	return &recording->writer;
}

static bool dat_sink_is_child(const struct sink_process *process)
{
	return !process->is_root && process->kib >= 0;
}

static bool dat_sink_is_changed(
    const struct dat_sink *recording, const struct sink_tick *tick)
{
	size_t at = 0;

	if (recording->written_kib != tick->total_kib)
		return true;
	for (size_t i = 0; recording->each && i < tick->count; i++) {
		const struct sink_process *process = &tick->processes[i];

		if (!dat_sink_is_child(process))
			continue;
		if (at == recording->written.len ||
		    recording->written.items[at].pid != process->pid ||
		    recording->written.items[at].kib != process->kib)
			return true;
		at++;
	}
	return at != recording->written.len;
}

static void dat_sink_remember(
    struct dat_sink *recording, const struct sink_tick *tick)
{
	recording->written_kib = tick->total_kib;
	recording->written.len = 0;
	for (size_t i = 0; recording->each && i < tick->count; i++) {
		const struct sink_process *process = &tick->processes[i];

		if (dat_sink_is_child(process))
			*array_push(&recording->written) =
			    (struct dat_sink_child){process->pid, process->kib};
	}
}

static void dat_sink_write_proc(struct dat_sink *recording,
    const struct dat_sink_proc *proc, int64_t time_ns)
{
	struct dat_writer *writer =
	    dat_sink_begin_record(recording, "PROC", proc->kib, time_ns);

	dat_write_whole(writer, "pid", proc->pid);
	if (proc->start_ticks)
		dat_write_whole(writer, "start", (int64_t)proc->start_ticks);
	dat_write_whole(writer, "ppid", proc->ppid);
	dat_write_text(writer, "name", proc->name);
	if (proc->command[0])
		dat_write_text(writer, "cmd", proc->command);
	dat_write_end(writer, proc->kib, time_ns);
}

static void dat_sink_proc_finish(struct dat_sink_proc *proc)
{
	free(proc->name);
	free(proc->command);
}

/* Keeps a process's latest name and command line for the next file. */
static void dat_sink_keep_proc(
    struct dat_sink *recording, const struct dat_sink_proc *proc)
{
	struct dat_sink_proc *kept = NULL;

	for (size_t i = 0; i < recording->procs.len && !kept; i++) {
		if (recording->procs.items[i].pid == proc->pid)
			kept = &recording->procs.items[i];
	}
	if (kept)
		dat_sink_proc_finish(kept);
	else
		kept = array_push(&recording->procs);
	*kept = *proc;
	kept->name = mem_copy(proc->name);
	kept->command = mem_copy(proc->command);
}

static void dat_sink_on_introduce(
    void *context, const struct sink_introduction *report)
{
	const struct sink_process *process = report->process;
	struct dat_sink *recording = context;
	const struct dat_sink_proc proc = {.pid = process->pid,
	    .ppid = process->ppid,
	    .start_ticks = process->start_ticks,
	    .kib = process->kib,
	    .name = (char *)process->name,
	    .command = (char *)report->command};

	dat_sink_write_proc(recording, &proc, report->time_ns);
	if (recording->writer.keeps > 0)
		dat_sink_keep_proc(recording, &proc);
}

/* Without -M only the program's own EXIT is written. Each run has one: a run
 * without it was cut off. */
static void dat_sink_on_end(void *context, const struct sink_exit *end)
{
	struct dat_sink *recording = context;
	struct dat_writer *writer;

	if (!end->is_root && (!end->has_status || !recording->each))
		return;
	writer =
	    dat_sink_begin_record(context, "EXIT", end->peak_kib, end->time_ns);
	dat_write_whole(writer, "pid", end->pid);
	if (!end->has_status)
		;
	else if (WIFSIGNALED(end->status))
		dat_write_whole(writer, "signal", WTERMSIG(end->status));
	else
		dat_write_whole(writer, "status", WEXITSTATUS(end->status));
	if (end->oom)
		dat_write_whole(writer, "oom", 1);
	if (end->limit_kib > 0)
		dat_write_mib(writer, "limit", end->limit_kib);
	if (end->limit_of)
		dat_write_text(writer, "of", end->limit_of);
	if (end->until_ns > end->time_ns)
		dat_write_time(writer, "until", end->until_ns);
	dat_write_end(writer, end->peak_kib, end->time_ns);
}

/* Drops processes that have ended, and updates what each of the others
 * holds. */
static void dat_sink_update_procs(
    struct dat_sink *recording, const struct sink_tick *tick)
{
	size_t len = 0;

	for (size_t i = 0; i < recording->procs.len; i++) {
		struct dat_sink_proc proc = recording->procs.items[i];
		const struct sink_process *process = NULL;

		for (size_t j = 0; j < tick->count && !process; j++) {
			if (tick->processes[j].pid == proc.pid &&
			    tick->processes[j].start_ticks == proc.start_ticks)
				process = &tick->processes[j];
		}
		if (process) {
			proc.kib = process->kib;
			recording->procs.items[len++] = proc;
		} else {
			dat_sink_proc_finish(&proc);
		}
	}
	recording->procs.len = len;
}

/* The next file begins as the first one did, but for the time. */
static void dat_sink_begin_file(struct dat_sink *recording)
{
	int64_t time_ns = recording->left.time_ns;

	recording->file_ns = time_ns;
	recording->informed = recording->begun = false;
	dat_write_command(&recording->writer, recording->command);
	dat_sink_write_info(recording, recording->written_kib, time_ns);
	for (size_t i = 0; i < recording->procs.len; i++)
		dat_sink_write_proc(
		    recording, &recording->procs.items[i], time_ns);
}

/* Ends the old file like a recording whose program lives on. */
static void dat_sink_rotate(
    struct dat_sink *recording, const struct sink_tick *tick)
{
	for (size_t i = 0; i < tick->count; i++) {
		if (tick->processes[i].is_root)
			recording->left =
			    (struct sink_exit){.pid = tick->processes[i].pid,
				.is_root = true,
				.peak_kib = tick->processes[i].peak_kib};
	}
	recording->left.time_ns = tick->time_ns;
	if (recording->procs.len > 2 * tick->count + 64)
		dat_sink_update_procs(recording, tick);
	if (!dat_writer_is_full(&recording->writer))
		return;
	dat_sink_update_procs(recording, tick);
	if (recording->left.pid)
		dat_sink_on_end(recording, &recording->left);
	dat_writer_flush(&recording->writer);
	if (dat_writer_rotate(&recording->writer))
		dat_sink_begin_file(recording);
}

/* Tells the writer who lives: they are not left out where it thins. */
static void dat_sink_note_living(
    struct dat_sink *recording, const struct sink_tick *tick)
{
	recording->living.len = 0;
	for (size_t i = 0; i < tick->count; i++)
		*array_push(&recording->living) =
		    (uint32_t)tick->processes[i].pid;
	recording->writer.living = recording->living.items;
	recording->writer.living_count = recording->living.len;
}

/* Records that the file is larger than it should be, and why. */
static void dat_sink_write_trouble(
    struct dat_sink *recording, const struct sink_tick *tick)
{
	struct dat_writer *writer = &recording->writer;

	if (recording->troubles == writer->troubles)
		return;
	recording->troubles = writer->troubles;
	dat_sink_begin_record(
	    recording, "SIZE", tick->total_kib, tick->time_ns);
	dat_write_whole(writer, "most", (int64_t)writer->most);
	dat_write_text(writer, "why", writer->trouble.text);
	dat_write_end(writer, tick->total_kib, tick->time_ns);
}

static void dat_sink_on_tick(void *context, const struct sink_tick *tick)
{
	struct dat_sink *recording = context;

	if (recording->writer.most > 0) {
		dat_sink_note_living(recording, tick);
		dat_sink_write_trouble(recording, tick);
	}
	if (recording->writer.keeps > 0 && recording->begun)
		dat_sink_rotate(recording, tick);

	if (recording->skip_unchanged && recording->begun &&
	    !dat_sink_is_changed(recording, tick)) {
		recording->held_ns = tick->time_ns;
		if (tick->time_ns - recording->written_ns >= HOLD_NS)
			dat_sink_write_held(recording);
		return;
	}
	dat_sink_write_info(recording, tick->total_kib, tick->time_ns);
	dat_sink_write_held(recording);
	dat_sink_remember(recording, tick);
	dat_sink_write_memory(recording, tick->time_ns);
	recording->begun = true;
}

static void dat_sink_on_peak(void *context, const struct sink_peak *peak)
{
	const struct dat_sink *recording = context;
	struct dat_writer *writer;

	/* The peak stands in an older file. */
	if (recording->file_ns > peak->time_ns)
		return;
	writer =
	    dat_sink_begin_record(context, "PEAK", peak->kib, peak->time_ns);
	if (peak->since_ns)
		dat_write_time(writer, "since", peak->since_ns);
	dat_write_end(writer, peak->kib, peak->time_ns);
}

static void dat_sink_keep_share(
    struct dat_sink *recording, const struct sink_share *reading)
{
	struct share share = {
	    .time_s = (double)reading->time_ns / NS_PER_S,
	    .mib = (double)reading->kib / 1024,
	    .pss_mib = (double)reading->pss_kib / 1024,
	    .processes = (int)reading->processes,
	};

	array_push(&recording->shares);
	recording->shares.len = share_keep(
	    recording->shares.items, recording->shares.len - 1, share);
}

static void dat_sink_on_share(void *context, const struct sink_share *share)
{
	struct dat_writer *writer =
	    dat_sink_begin_record(context, "SHARE", share->kib, share->time_ns);

	dat_sink_keep_share(context, share);
	dat_write_mib(writer, "pss", share->pss_kib);
	if (share->processes)
		dat_write_whole(writer, "processes", (int64_t)share->processes);
	dat_write_end(writer, share->kib, share->time_ns);
}

static void dat_sink_begin_usage(
    struct dat_sink *recording, const struct sink_usage *usage)
{
	dat_sink_write_info(recording, usage->kib, usage->time_ns);
	dat_write_begin(&recording->writer, "USAGE");
	if (usage->pid)
		dat_write_whole(&recording->writer, "pid", usage->pid);
}

/* Writes no record where no figure is known. A sample that is held back stays
 * held: usage is no sample. */
static void dat_sink_on_usage(void *context, const struct sink_usage *usage)
{
	struct dat_sink *recording = context;
	struct dat_writer *writer = &recording->writer;
	char text[32];
	bool begun = false;

	for (size_t i = 0; i < FIGURES; i++) {
		const struct resource_figure *figure = &resource_figures[i];

		if (isnan(usage->figures[i]))
			continue;
		if (!begun)
			dat_sink_begin_usage(recording, usage);
		begun = true;
		snprintf(text, sizeof(text), "%.*f", figure->decimals,
		    usage->figures[i]);
		dat_write_text(writer, figure->key, text);
	}
	if (begun)
		dat_write_end(writer, usage->kib, usage->time_ns);
}

static void dat_sink_on_mark(
    void *context, int64_t time_ns, int64_t kib, const char *label)
{
	struct dat_writer *writer =
	    dat_sink_begin_record(context, "MARK", kib, time_ns);

	dat_write_text(writer, "label", label);
	dat_write_end(writer, kib, time_ns);
}

static void dat_sink_write_frame(
    struct dat_writer *writer, const struct sink_frame *frame)
{
	char line[32];

	snprintf(line, sizeof(line), ":%d:", frame->line);
	dat_write_part(writer, frame->file);
	dat_write_raw(writer, line);
	dat_write_part(writer, frame->function);
}

static void dat_sink_on_stack(void *context, const struct sink_stack *stack)
{
	struct dat_writer *writer =
	    dat_sink_begin_record(context, "STACK", stack->kib, stack->time_ns);

	dat_write_whole(writer, "id", stack->id);
	if (stack->pid)
		dat_write_whole(writer, "pid", stack->pid);
	if (stack->thread)
		dat_write_whole(writer, "thread", stack->thread);
	if (stack->frames)
		dat_write_text(writer, "frames", "");
	for (size_t i = 0; stack->frames && i < stack->count; i++) {
		if (i > 0)
			dat_write_raw(writer, ",");
		dat_sink_write_frame(writer, &stack->frames[i]);
	}
	dat_write_end(writer, stack->kib, stack->time_ns);
}

/* A frame's text is written once; later records refer to it by its number. */
static void dat_sink_write_numbered_frames(
    struct dat_sink *recording, const struct sink_allocation *taken)
{
	struct dat_writer *writer = &recording->writer;
	char number[32];

	dat_write_text(writer, "frames", "");
	for (size_t i = 0; i < taken->count; i++) {
		snprintf(number, sizeof(number), "%s#%u", i > 0 ? "," : "",
		    (unsigned)taken->numbers[i]);
		dat_write_raw(writer, number);
		if (taken->numbers[i] <= recording->frames)
			continue;
		recording->frames = taken->numbers[i];
		dat_write_raw(writer, ":");
		dat_sink_write_frame(writer, &taken->frames[i]);
	}
}

static void dat_sink_write_sample(struct dat_sink *recording,
    const char *keyword, const struct sink_allocation *taken)
{
	struct dat_writer *writer = dat_sink_begin_record(
	    recording, keyword, taken->kib, taken->time_ns);

	dat_write_whole(writer, "id", taken->id);
	dat_write_whole(writer, "site", taken->site);
	dat_write_whole(writer, "size", (int64_t)taken->size);
	if (taken->pid)
		dat_write_whole(writer, "pid", taken->pid);
	if (taken->frames)
		dat_sink_write_numbered_frames(recording, taken);
	dat_write_end(writer, taken->kib, taken->time_ns);
}

static void dat_sink_on_allocation(
    void *context, const struct sink_allocation *taken)
{
	dat_sink_write_sample(context, "ALLOC", taken);
}

static void dat_sink_on_touched(
    void *context, const struct sink_allocation *touched)
{
	dat_sink_write_sample(context, "TOUCH", touched);
}

/* Consecutive sample ids are written as first-last. */
static void dat_sink_write_gone(struct dat_sink *recording, const char *keyword,
    const struct sink_freed *freed)
{
	struct dat_writer *writer = dat_sink_begin_record(
	    recording, keyword, freed->kib, freed->time_ns);
	char text[32];

	dat_write_text(writer, "id", "");
	for (size_t i = 0, next; i < freed->count; i = next) {
		for (next = i + 1; next < freed->count &&
				   freed->ids[next] == freed->ids[next - 1] + 1;
		     next++)
			;
		snprintf(text, sizeof(text), "%s%u", i > 0 ? "," : "",
		    (unsigned)freed->ids[i]);
		dat_write_raw(writer, text);
		if (next == i + 1)
			continue;
		snprintf(
		    text, sizeof(text), "-%u", (unsigned)freed->ids[next - 1]);
		dat_write_raw(writer, text);
	}
	if (freed->pid)
		dat_write_whole(writer, "pid", freed->pid);
	if (freed->ended)
		dat_write_whole(writer, "ended", 1);
	if (freed->read_ns)
		dat_write_time(writer, "read", freed->read_ns);
	dat_write_end(writer, freed->kib, freed->time_ns);
}

static void dat_sink_on_freed(void *context, const struct sink_freed *freed)
{
	dat_sink_write_gone(context, "FREE", freed);
}

static void dat_sink_on_left(void *context, const struct sink_freed *left)
{
	dat_sink_write_gone(context, "LEFT", left);
}

static void dat_sink_on_faults(void *context, const struct sink_faults *faults)
{
	struct dat_writer *writer = dat_sink_begin_record(
	    context, "FAULTS", faults->kib, faults->time_ns);

	dat_write_whole(writer, "period", (int64_t)faults->period);
	if (faults->lost)
		dat_write_whole(writer, "lost", (int64_t)faults->lost);
	if (faults->failed)
		dat_write_whole(writer, "failed", (int64_t)faults->failed);
	dat_write_end(writer, faults->kib, faults->time_ns);
}

static void dat_sink_on_held(void *context, const struct sink_held *held)
{
	struct dat_writer *writer =
	    dat_sink_begin_record(context, "HELD", held->kib, held->time_ns);

	if (held->pid)
		dat_write_whole(writer, "pid", held->pid);
	if (held->name)
		dat_write_text(writer, "name", held->name);
	dat_write_text(writer, "by", held->by);
	dat_write_whole(writer, "period", (int64_t)held->period);
	if (held->every > 1)
		dat_write_whole(writer, "every", (int64_t)held->every);
	if (held->failed)
		dat_write_whole(writer, "failed", (int64_t)held->failed);
	if (held->lost)
		dat_write_whole(writer, "lost", (int64_t)held->lost);
	dat_write_end(writer, held->kib, held->time_ns);
}

static void dat_sink_on_records(void *context, const char *text, size_t len)
{
	struct dat_sink *recording = context;

	dat_sink_write_held(recording);
	strbuf_add_bytes(&recording->writer.buffer, text, len);
}

static void dat_sink_on_flush(void *context)
{
	struct dat_sink *recording = context;

	dat_writer_flush(&recording->writer);
}

void dat_sink_init(struct dat_sink *recording)
{
	*recording = (struct dat_sink){
	    .sink = {.context = recording,
		.tick = dat_sink_on_tick,
		.introduce = dat_sink_on_introduce,
		.exit = dat_sink_on_end,
		.peak = dat_sink_on_peak,
		.share = dat_sink_on_share,
		.usage = dat_sink_on_usage,
		.mark = dat_sink_on_mark,
		.stack = dat_sink_on_stack,
		.allocation = dat_sink_on_allocation,
		.freed = dat_sink_on_freed,
		.held = dat_sink_on_held,
		.records = dat_sink_on_records,
		.touched = dat_sink_on_touched,
		.left = dat_sink_on_left,
		.faults = dat_sink_on_faults,
		.flush = dat_sink_on_flush},
	    .writer = {.fd = -1},
	};
}

int dat_sink_finish(struct dat_sink *recording, struct err *e)
{
	int result;

	dat_sink_write_held(recording);
	array_free(&recording->written);
	array_free(&recording->shares);
	for (size_t i = 0; i < recording->procs.len; i++)
		dat_sink_proc_finish(&recording->procs.items[i]);
	array_free(&recording->procs);
	/* The last flush may begin to thin, which reads who lives. */
	result = dat_writer_close(&recording->writer, e);
	array_free(&recording->living);
	return result;
}

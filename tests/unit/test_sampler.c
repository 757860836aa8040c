// SPDX-License-Identifier: MIT
//
// The sampler over a directory that stands for /proc: a hook changes what
// stands there between two ticks. Time passes while the sampler waits, and
// hardly otherwise, as slow as the machine may be.
#undef _FORTIFY_SOURCE /* it would put a function of its own before our ppoll \
			*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "fake_proc.h"
#include "proc/connector.h"
#include "profile/resource.h"
#include "recorder/gpu.h"
#include "recorder/sampler.h"

/* When the clocks began. */
enum { WALL_S = 1700000000, BOOT_S = 90000, MONO_S = 80000 };

static _Atomic int64_t passed_ns; /* a thread looks at the clock, too */
/* Time of a processor that each look at it takes; 0: the clock is real. */
static int64_t cpu_step_ns, cpu_ns;

/* Stands in for libc's, in all of this program: each look takes a microsecond.
 */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int64_t at_ns;

	if (cpu_step_ns > 0 && clock == CLOCK_THREAD_CPUTIME_ID) {
		cpu_ns += cpu_step_ns;
		*now = (struct timespec){cpu_ns / NS_PER_S, cpu_ns % NS_PER_S};
		return 0;
	}
	if (clock == CLOCK_PROCESS_CPUTIME_ID ||
	    clock == CLOCK_THREAD_CPUTIME_ID)
		return (int)syscall(SYS_clock_gettime, clock, now);
	at_ns = atomic_fetch_add(&passed_ns, 1000) + 1000;
	now->tv_sec = at_ns / NS_PER_S;
	now->tv_sec += clock == CLOCK_REALTIME   ? WALL_S
		       : clock == CLOCK_BOOTTIME ? BOOT_S
						 : MONO_S;
	now->tv_nsec = at_ns % NS_PER_S;
	return 0;
}

static const char *denied; /* the end of a path that may not be read */
static int64_t open_ns;    /* time that opening a file takes */

/* In place of libc's. */
int openat(int folder, const char *path, int flags, ...)
{
	size_t len = strlen(path), end = denied ? strlen(denied) : 0;

	if (open_ns > 0)
		passed_ns += open_ns;
	if (denied && len >= end && strcmp(path + len - end, denied) == 0) {
		errno = EACCES;
		return -1;
	}
	return (int)syscall(SYS_openat, folder, path, flags, 0);
}

enum { WAKE = 999 };

static struct launch launch;
static size_t news; /* that WAKE has */
static void (*on_wait)(void), (*first_on_wait)(void);
static bool wakes_early; /* without a reason, as the kernel may */

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
    const sigset_t *mask)
{
	int64_t wait_ns;

	(void)mask;
	assert_non_null(timeout);
	if (on_wait)
		on_wait();
	if (news > 0 && count == 3 && fds[2].fd == WAKE) {
		news--;
		fds[2].revents = POLLIN;
		return 1;
	}
	wait_ns = timeout->tv_sec * NS_PER_S + timeout->tv_nsec;
	if (wakes_early && wait_ns > NS_PER_S / 1000)
		wait_ns /= 2;
	passed_ns += wait_ns;
	return 0;
}

/* A process that lives, though it is not in /proc. */
enum { HIDDEN = 999999998 };

/* In place of libc's: no pid of the trees that the tests make. */
pid_t getpid(void)
{
	return 54321;
}

int kill(pid_t pid, int signal)
{
	if (signal != 0)
		return (int)syscall(SYS_kill, pid, signal);
	errno = ESRCH;
	return pid == HIDDEN ? 0 : -1;
}

/* Children that wait4() will report. */
static struct ended {
	pid_t pid;
	int status;
	long maxrss_kib, faults;
} ended[4];
static size_t ended_len;

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	(void)pid;
	(void)options;
	if (ended_len == 0)
		return 0;
	ended_len--;
	*usage = (struct rusage){.ru_maxrss = ended[ended_len].maxrss_kib,
	    .ru_minflt = ended[ended_len].faults};
	*status = ended[ended_len].status;
	return ended[ended_len].pid;
}

/* Until the next tick. */
static void reap(pid_t pid, int status, long maxrss_kib)
{
	ended[ended_len++] = (struct ended){pid, status, maxrss_kib, 0};
	launch.reap = true;
}

/* In place of proc/connector.c: what the kernel sends at the next reading. */
static struct {
	bool works;
	size_t inits, len;
	struct connector_event sent[4];
} kernel;

void connector_init(struct connector *connector, bool exits)
{
	kernel.inits++;
	*connector = (struct connector){
	    .fd = kernel.works ? 0 : -1, .exits = kernel.works && exits};
}

void connector_finish(struct connector *connector)
{
	array_free(&connector->forks);
	array_free(&connector->ends);
}

void connector_read(struct connector *connector)
{
	for (size_t i = 0; i < kernel.len; i++) {
		if (!kernel.sent[i].is_exit)
			*array_push(&connector->forks) = kernel.sent[i];
		else if (connector->exits)
			*array_push(&connector->ends) = kernel.sent[i];
	}
	kernel.len = 0;
}

bool connector_pop_end(struct connector *connector, pid_t pid, int *status)
{
	for (size_t i = 0; i < connector->ends.len; i++) {
		if (connector->ends.items[i].pid != pid)
			continue;
		*status = connector->ends.items[i].status;
		connector->ends.items[i].pid = 0;
		return true;
	}
	return false;
}

static void send(struct connector_event event)
{
	kernel.sent[kernel.len++] = event;
}

/* In place of recorder/gpu.c: the machine has a GPU, and its driver answers at
 * the next tick. */
static struct {
	bool has_one, answers, asked;
	size_t asks, destroyed;
} driver;

struct gpu *gpu_create(const struct procfs *fs, struct err *e)
{
	(void)fs;
	driver.asked = false;
	driver.asks = driver.destroyed = 0;
	if (driver.has_one)
		return (struct gpu *)&driver;
	err_set(e, "no GPU here");
	return NULL;
}

void gpu_destroy(struct gpu *gpu)
{
	driver.destroyed += gpu != NULL;
}

bool gpu_ask(struct gpu *gpu, const struct members *members, bool alone)
{
	(void)gpu;
	(void)members;
	(void)alone;
	if (driver.asked)
		return false;
	driver.asks++;
	return driver.asked = true;
}

bool gpu_collect(struct gpu *gpu)
{
	(void)gpu;
	if (!driver.asked || !driver.answers)
		return false;
	driver.asked = false;
	return true;
}

int64_t gpu_boot_ns(const struct gpu *gpu)
{
	(void)gpu;
	return 7 * NS_PER_S;
}

void gpu_figures(const struct gpu *gpu, pid_t pid, double *figures)
{
	(void)gpu;
	for (size_t i = FIGURE_GPU; i < FIGURES; i++)
		figures[i] = NAN;
	if (pid == 0 || pid == 101)
		figures[FIGURE_GPU] = pid == 0 ? 300 : 200;
	figures[FIGURES - 1] = 50;
}

const char *gpu_problem(const struct gpu *gpu)
{
	(void)gpu;
	return driver.asked ? "it is silent" : NULL;
}

enum { TICKS = 16, ROWS = 8 };

/* Reports to the sink: figures by tick, and counts of other reports. */
static struct told {
	size_t ticks;
	int64_t total[TICKS], time_ns[TICKS];
	size_t count[TICKS];
	int64_t kib[TICKS][ROWS];
	pid_t pid[TICKS][ROWS];
	size_t exits, ooms, ends, marks, peaks, flushes;
	size_t peaks_at_mark; /* of peaks, those reported before the mark */
	size_t exits_at_mark; /* likewise */
	size_t flushes_at_tick, flushes_at_mark;
	size_t shares;
	struct sink_share share;
	int64_t mark_ns;
	int64_t mark_kib;
	struct sink_peak peak;
	struct sink_exit exit, end; /* the latest, of the others */
	char label[128];
	char names[256];
	size_t hooks_ended[SAMPLER_HOOKS], heard;
	/* Readings of the whole, of process 101 and of process 100. */
	size_t usages, usages_of_one, usages_of_program, usages_seen;
	double threads, threads_of_one;
	int64_t usage_ns;
	double faults, anon; /* of the whole */
	int64_t gpu_ns;
	size_t gpus, gpus_of_one; /* readings of GPUs, likewise */
	bool has_usage;           /* the latest tick */
} told;

static void on_tick(void *context, const struct sink_tick *tick)
{
	(void)context;
	if (told.ticks == TICKS)
		return;
	told.total[told.ticks] = tick->total_kib;
	told.time_ns[told.ticks] = tick->time_ns;
	told.has_usage = tick->usage != NULL;
	told.flushes_at_tick = told.flushes;
	told.count[told.ticks] = tick->count;
	for (size_t i = 0; i < tick->count && i < ROWS; i++) {
		told.kib[told.ticks][i] = tick->processes[i].kib;
		told.pid[told.ticks][i] = tick->processes[i].pid;
	}
	told.ticks++;
}

static void on_end(void *context, const struct sink_exit *end)
{
	(void)context;
	told.exits += !end->is_root;
	told.ooms += !end->is_root && end->oom;
	told.ends += end->is_root;
	if (end->is_root)
		told.end = *end;
	else
		told.exit = *end;
}

static void on_peak(void *context, const struct sink_peak *peak)
{
	(void)context;
	told.peaks++;
	told.peak = *peak;
}

static void on_mark(
    void *context, int64_t time_ns, int64_t kib, const char *label)
{
	(void)context;
	told.mark_kib = kib;
	told.marks++;
	told.mark_ns = time_ns;
	told.peaks_at_mark = told.peaks;
	told.exits_at_mark = told.exits;
	told.flushes_at_mark = told.flushes;
	snprintf(told.label, sizeof(told.label), "%s", label);
}

static void on_share(void *context, const struct sink_share *share)
{
	(void)context;
	told.shares++;
	told.share = *share;
}

static void on_flush(void *context)
{
	(void)context;
	told.flushes++;
}

static void on_introduction(
    void *context, const struct sink_introduction *introduction)
{
	size_t used = strlen(told.names);

	(void)context;
	snprintf(told.names + used, sizeof(told.names) - used, "%d %s (%s) ",
	    (int)introduction->process->pid, introduction->process->name,
	    introduction->command);
}

static void on_usage(void *context, const struct sink_usage *usage)
{
	(void)context;
	/* Not before its name, and not after its end. */
	if (usage->pid == 101) {
		assert_non_null(strstr(told.names, "101 program"));
		assert_int_equal(told.exits, 0);
	}
	if (!isnan(usage->figures[FIGURE_GPU])) {
		assert_true(usage->figures[FIGURE_GPU] ==
			    (usage->pid == 0 ? 300 : 200));
		for (size_t i = 0; i < FIGURE_GPU; i++)
			assert_true(isnan(usage->figures[i]));
		/* 7 s after the machine's start. */
		assert_in_range(usage->time_ns - 7 * NS_PER_S,
		    (WALL_S - BOOT_S) * NS_PER_S - NS_PER_S / 1000,
		    (WALL_S - BOOT_S) * NS_PER_S + NS_PER_S / 1000);
		told.gpu_ns = usage->time_ns;
		told.gpus += usage->pid == 0;
		told.gpus_of_one += usage->pid == 101;
	} else if (usage->pid == 0) {
		told.usages++;
		told.threads = usage->figures[FIGURE_THREADS];
		told.faults = usage->figures[FIGURE_MINOR_FAULTS];
		told.anon = usage->figures[FIGURE_GROUP_ANON];
		assert_true(usage->time_ns >= told.usage_ns);
		told.usage_ns = usage->time_ns;
		assert_true(isnan(usage->figures[FIGURE_GPU]));
	} else if (usage->pid == 100) {
		told.usages_of_program++;
	} else if (usage->pid == 101) {
		told.usages_of_one++;
		told.threads_of_one = usage->figures[FIGURE_THREADS];
		assert_int_equal(usage->time_ns, told.usage_ns);
		assert_int_equal(usage->kib, 200);
	}
}

static const struct sink sink = {.tick = on_tick,
    .usage = on_usage,
    .introduce = on_introduction,
    .exit = on_end,
    .peak = on_peak,
    .share = on_share,
    .mark = on_mark,
    .flush = on_flush};

static void put(int pid, int ppid, int64_t kib)
{
	fake_process((struct fake_process){.pid = pid,
	    .ppid = ppid,
	    .started = pid,
	    .pages = (int)(kib / (sysconf(_SC_PAGESIZE) / 1024))});
}

/* A file that is still open reads empty then, as a real one fails. */
static void die(int pid)
{
	char path[32];

	snprintf(path, sizeof(path), "%d/statm", pid);
	fake_write(path, "");
	fake_gone(pid);
}

static int64_t kib_of(size_t tick, pid_t pid)
{
	for (size_t i = 0; i < told.count[tick] && i < ROWS; i++) {
		if (told.pid[tick][i] == pid)
			return told.kib[tick][i];
	}
	return -2;
}

static void set_mark(int pid, int kib)
{
	char path[32], text[128];

	snprintf(path, sizeof(path), "%d/status", pid);
	snprintf(text, sizeof(text),
	    "Name:\tprogram\nVmHWM:\t%8d kB\nThreads:\t2\nend:\t0\n", kib);
	fake_write(path, text);
}

/* One tick after the third, a phase is said to begin. */
static bool begins_phase(void *context, const struct sink_tick *tick)
{
	(void)context;
	(void)tick;
	return told.ticks == 4;
}

static const struct sink *told_to = &sink;
static pid_t program = 100;
static bool unmeasured; /* no process has a figure */
static uint64_t missed; /* ticks that run() expects to be missed */
static bool missed_any; /* it expects nothing */

static void run(
    void (*between)(void *, const struct sink_tick *, const struct sink *),
    struct sampler_plan plan, struct sampler_result *result)
{
	int first = open("/", O_RDONLY | O_CLOEXEC);
	struct sampler *sampler;
	struct err e;

	close(first);
	launch = (struct launch){.pid = program,
	    .watching = !plan.launched,
	    .signals = -1,
	    .pidfd = -1,
	    .floor_kib = 4000};
	ended_len = 0;
	on_wait = first_on_wait;
	first_on_wait = NULL;
	told = (struct told){0};
	kernel.inits = 0;
	plan.proc = fake_root;
	plan.metric = plan.metric ? plan.metric : metric_find("rss");
	plan.interval_ns = NS_PER_S / 20;
	if (plan.timeout_ns <= 0) /* -1: none */
		plan.timeout_ns =
		    plan.timeout_ns < 0 ? 0 : NS_PER_S * 725 / 1000;
	plan.hooks[0].tick = between;
	sampler = sampler_create(&plan, told_to, &e);
	if (!sampler)
		fail_msg("%s", e.text);
	assert_null(sampler_missing_gpu(sampler));
	memset(result, 0, sizeof(*result));
	sampler_run(sampler, &launch, result);
	sampler_destroy(sampler);
	/* What it opened is closed, and nothing else. */
	assert_int_equal(open("/", O_RDONLY | O_CLOEXEC), first);
	close(first);
	for (int pid = 100; pid < 110; pid++)
		fake_gone(pid);
	assert_int_equal(told.ticks > 0,
	    !unmeasured && (!plan.launched || result->most > 0));
	assert_int_equal(told.ends, 1);
	assert_int_equal(
	    told.end.until_ns ? told.end.until_ns : told.end.time_ns,
	    result->end_ns);
	if (plan.max_overhead <= 0)
		assert_int_equal(result->interval_ns, plan.interval_ns);
	if (!missed_any)
		assert_int_equal(result->missed, missed);
	assert_true(result->start_ns >= WALL_S * NS_PER_S);
	assert_true(result->start_ns <= WALL_S * NS_PER_S + passed_ns);
	assert_int_equal(
	    kernel.inits, !plan.no_descendants && !plan.group ? 1 : 0);
	assert_int_equal(
	    result->last_kib, told.ticks > 0 ? told.total[told.ticks - 1] : 0);
	assert_true(told.flushes > told.ticks - (told.ticks == 1));
	for (size_t i = 1; i < told.ticks; i++)
		assert_true(told.time_ns[i] > told.time_ns[i - 1]);
}

static void remove_fake(const char *path)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "%s/%s", fake_root, path);
	remove(whole);
}

static void three_processes(void)
{
	put(100, 1, 1000);
	put(101, 100, 200);
	put(102, 100, 40);
	put(103, 1, 999);
	fake_newest(103, 50);
}

static void the_total_is_the_sum_of_all_that_belong(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(NULL, (struct sampler_plan){0}, &result);
	for (size_t i = 0; i < told.ticks; i++) {
		assert_int_equal(told.total[i], 1240);
		assert_int_equal(told.count[i], 3);
		assert_int_equal(told.pid[i][0], 100);
		assert_int_equal(kib_of(i, 101), 200);
		assert_int_equal(kib_of(i, 102), 40);
	}
	assert_int_equal(result.end, SAMPLER_TIMEOUT);
	assert_int_equal(result.peak_kib, 1240);
	assert_int_equal(result.samples, told.ticks);
	assert_int_equal(told.ticks, 15); /* at 0, 50, ... 700 ms of 725 */
	assert_int_equal(result.most, 3);
	assert_int_equal(told.end.peak_kib, 1000);
	assert_int_equal(told.end.pid, 100);
	assert_false(told.end.has_status);
	assert_true(told.time_ns[0] < result.start_ns + NS_PER_S / 1000);
	assert_int_equal(result.alive, 0); /* they go on with the program */
	assert_int_equal(told.peaks, 1);
}

static void alone_the_program_counts(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(NULL, (struct sampler_plan){.alone = true}, &result);
	assert_int_equal(told.total[0], 1000);
	assert_int_equal(told.count[0], 3);
	three_processes();
	run(NULL, (struct sampler_plan){.alone = true, .no_descendants = true},
	    &result);
	assert_int_equal(told.total[0], 1000);
	assert_int_equal(told.count[0], 1);
}

static void lose_one(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 1)
		die(101);
}

static void one_that_vanished_takes_nothing_with_it(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(lose_one, (struct sampler_plan){0}, &result);
	assert_int_equal(told.total[0], 1240);
	assert_int_equal(told.total[1], 1040);
	assert_int_equal(told.count[1], 2);
	assert_int_equal(kib_of(1, 102), 40);
	assert_int_equal(told.exits, 1);
	assert_int_equal(result.peak_kib, 1240);
}

static void make_zombie(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 2)
		die(100);
	if (told.ticks == 1)
		fake_process((struct fake_process){
		    .pid = 101, .ppid = 100, .started = 101, .state = 'Z'});
}

static void a_zombie_is_no_measurement(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(make_zombie, (struct sampler_plan){0}, &result);
	assert_int_equal(told.total[1], 1040);
	assert_int_equal(kib_of(1, 101), -1);
	assert_int_equal(result.alive, 1);
}

static void end_root(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 2)
		die(100);
}

static void it_ends_with_the_program_or_with_the_last(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(end_root, (struct sampler_plan){0}, &result);
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_int_equal(result.alive, 2);
	three_processes();
	assert_true(told.end.time_ns >= told.time_ns[1]);
	assert_int_equal(told.end.until_ns, 0);
	three_processes();
	run(end_root, (struct sampler_plan){.wait_all = true}, &result);
	assert_int_equal(result.end, SAMPLER_TIMEOUT);
	assert_int_equal(told.total[told.ticks - 1], 240);
	assert_true(told.ticks > 4);
	assert_true(told.end.time_ns >= told.time_ns[1]);
	assert_true(told.end.time_ns < told.time_ns[3]);
	assert_true(told.end.until_ns >= told.time_ns[told.ticks - 1]);
}

/* The directory of a control group and one below it. */
static void list_pids(const char *own, const char *below)
{
	char path[256];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", fake_root,
		    i == 0 ? "job" : "job/below");
		mkdir(path, 0700);
	}
	fake_write("job/cgroup.procs", own);
	fake_write("job/below/cgroup.procs", below);
}

static void drop_lists(void)
{
	static const char *const names[] = {
	    "job/below/cgroup.procs", "job/below", "job/cgroup.procs", "job"};
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", fake_root, names[i]);
		remove(path);
	}
}

/* One of the two goes elsewhere, a new one comes, and at last none is left. */
static void move_members(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 2)
		list_pids("", "102\n");
	if (told.ticks == 4)
		list_pids("103\n0\n", "102\n");
	if (told.ticks == 6)
		drop_lists();
}

static void a_groups_processes_are_those_it_lists(void **state)
{
	struct sampler_result result;
	char directory[256];

	(void)state;
	three_processes();
	list_pids("101\n", "102\n");
	snprintf(directory, sizeof(directory), "%s/job", fake_root);
	run(move_members,
	    (struct sampler_plan){.group = directory, .group_path = "/job"},
	    &result);
	assert_int_equal(told.ticks, 6);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(told.total[i], 240);
	for (size_t i = 2; i < 4; i++)
		assert_int_equal(told.total[i], 40);
	for (size_t i = 4; i < 6; i++)
		assert_int_equal(told.total[i], 1036);
	assert_int_equal(kib_of(1, 100), -2);
	assert_int_equal(kib_of(5, 103), 996);
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_int_equal(result.hidden, 0);
	assert_false(result.has_status);
	assert_int_equal(told.end.pid, 0);
}

static void what_proc_does_not_show_is_counted(void **state)
{
	struct sampler_result result;
	char directory[256];

	(void)state;
	three_processes();
	list_pids("101\n999999998\n999999997\n", "102\n");
	snprintf(directory, sizeof(directory), "%s/job", fake_root);
	run(NULL,
	    (struct sampler_plan){.group = directory, .group_path = "/job"},
	    &result);
	assert_int_equal(told.total[0], 240);
	assert_int_equal(result.hidden, 1);
	drop_lists();
}

static void grow(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	put(102, 100, 40 + 100 * (int64_t)told.ticks);
}

/* A spike between the second and the third tick, which no sample shows: when
 * the phase is said to end, the mark is read, and reported before it. */
static void spike(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 2)
		set_mark(100, 9000);
}

static void tell_phase(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	to->mark(NULL, tick->time_ns, 0, "next");
}

static void a_mark_is_read_before_a_phase_begins(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	set_mark(100, 1000);
	fake_newest(100, 50);
	run(spike,
	    (struct sampler_plan){
		.hooks[1] = {.tick = tell_phase, .is_due = begins_phase}},
	    &result);
	assert_int_equal(told.marks, 1);
	assert_true(told.peaks_at_mark >= 1);
	assert_int_equal(told.peak.kib, 9000);
	/* The samples are alike: the first of them is the highest. */
	assert_true(told.peak.since_ns <= told.peak.time_ns);
	assert_true(told.peak.time_ns < told.mark_ns);
	assert_int_equal(result.peak_kib, 9000);
	/* what is reported at the end is the same */
	assert_true(told.peaks >= 2);
}

static void a_limit_is_marked_once(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(grow,
	    (struct sampler_plan){.limit_kib = 1300, .on_limit = LIMIT_MARK},
	    &result);
	assert_true(result.limit.reached);
	assert_int_equal(result.limit.total_kib, 1340);
	assert_int_equal(told.marks, 1);
	assert_non_null(strstr(told.label, "mark"));
	three_processes();
	run(NULL,
	    (struct sampler_plan){.limit_kib = 1024, .on_limit = LIMIT_MARK},
	    &result);
	assert_string_equal(told.label, "limit of 1 MiB reached: mark");
	three_processes();
	run(NULL,
	    (struct sampler_plan){.limit_kib = 1240, .on_limit = LIMIT_MARK},
	    &result);
	assert_false(result.limit.reached);
	assert_int_equal(told.marks, 0);
}

static void exit_main_thread(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	char path[256];

	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks != 1)
		return;
	fake_write("101/stat",
	    "101 (program) Z 100 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 101 0 0 "
	    "0 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
	fake_write("101/statm", "0 0 0 0 0 0 0\n");
	put(105, 100, 200);
	snprintf(path, sizeof(path), "%s/101/task", fake_root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/101/task/105", fake_root);
	mkdir(path, 0700);
}

static void threads_outlive_the_main_one(void **state)
{
	struct sampler_result result;
	char path[256];

	(void)state;
	three_processes();
	run(exit_main_thread, (struct sampler_plan){0}, &result);
	assert_int_equal(told.total[1], 1240);
	assert_int_equal(kib_of(told.ticks - 1, 101), 200);
	snprintf(path, sizeof(path), "%s/101/task/105", fake_root);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/101/task", fake_root);
	rmdir(path);
	fake_gone(101);
}

static void fail_at_third(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 2)
		put(100, 1, 900);
	if (told.ticks != 3)
		return;
	die(100);
	reap(100, 3 << 8, 4129);
}

static void waiting_tells_the_programs_end_and_its_mark(void **state)
{
	struct sampler_result result;
	const struct sampler_plan plan = {.launched = true};
	struct sampler_plan other = plan;

	(void)state;
	put(100, 1, 1000);
	fake_newest(100, 50);
	run(fail_at_third, plan, &result);
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_true(result.has_status);
	assert_int_equal(result.status, 3 << 8);
	assert_true(told.end.has_status);
	assert_int_equal(told.end.status, 3 << 8);
	assert_int_equal(told.ticks, 3);
	assert_int_equal(result.peak_kib, 4129);
	assert_int_equal(told.peak.kib, 4129);
	assert_int_equal(told.end.peak_kib, 4129); /* it was alone */
	/* It held most, as far as is known, as it began. */
	assert_true(told.peak.time_ns <= told.time_ns[0]);
	/* Right after its exec it holds next to nothing. */
	assert_true(told.time_ns[0] >= result.start_ns + NS_PER_S / 1000);
	put(100, 1, 1000);
	other.alone = true;
	run(fail_at_third, other, &result);
	assert_int_equal(result.peak_kib, 1000);
	put(100, 1, 1000);
	other = plan;
	other.metric = metric_find("vms"); /* its mark is another one */
	run(fail_at_third, other, &result);
	assert_true(result.peak_kib != 4129);
	three_processes();
	run(fail_at_third, plan, &result);
	assert_int_equal(result.peak_kib, 4129);
	assert_int_equal(told.end.peak_kib, 1000); /* one of them had it */
	assert_int_equal(told.peak.since_ns, result.start_ns);
}

static size_t waits;

static void fall_ill(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 2)
		fake_process((struct fake_process){
		    .pid = 100, .ppid = 1, .started = 100, .state = 'Z'});
	if (told.ticks == 5)
		reap(100, 7 << 8, 0);
}

/* A zombie of ours is still to be waited for. */
static void a_launched_program_ends_when_waiting_says_so(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(fall_ill, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(told.ticks, 5);
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_int_equal(result.status, 7 << 8);
	three_processes();
	run(fall_ill, (struct sampler_plan){0}, &result);
	assert_int_equal(told.ticks, 3); /* it is another one's child */
}

static int64_t unsampled_kib;

static void fall_ill_alone(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	fall_ill(context, tick, to);
	if (!tick->sampled)
		unsampled_kib = tick->total_kib;
}

/* A tick at which none has a figure is no sample, and its sum is nothing. */
static void without_figures_there_is_no_sample(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	fake_newest(100, 50);
	unsampled_kib = -1;
	run(fall_ill_alone, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(unsampled_kib, 0);
	assert_int_equal(told.ticks, 2);
	assert_int_equal(result.samples, 2);
	assert_int_equal(result.last_kib, 1000);
	assert_int_equal(result.end, SAMPLER_TIMEOUT);
}

static void end_at_once(void)
{
	if (told.ticks > 0 || waits++ > 0)
		return;
	die(100);
	reap(100, 0, 0);
}

/* The sample of its start is all that there is. */
static void a_short_program_has_a_sample(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	fake_newest(100, 50);
	first_on_wait = end_at_once;
	waits = 0;
	run(NULL, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(told.ticks, 1);
	assert_int_equal(told.total[0], 1000);
	assert_true(told.time_ns[0] > result.start_ns);
	assert_int_equal(result.samples, 1);
	assert_int_equal(result.peak_kib, 1000);
	assert_int_equal(result.end, SAMPLER_ENDED);
}

static void end_unseen(void)
{
	if (waits++ == 0)
		reap(100, 3 << 8, 5000);
}

/* Its end is reported all the same. */
static void a_program_may_end_before_it_is_seen(void **state)
{
	struct sampler_result result;

	(void)state;
	fake_newest(100, 50);
	first_on_wait = end_unseen;
	waits = 0;
	run(NULL, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_true(result.has_status);
	assert_int_equal(result.status, 3 << 8);
	assert_int_equal(told.end.pid, 100);
	assert_int_equal(told.end.status, 3 << 8);
	assert_int_equal(result.most, 0);
	assert_int_equal(result.peak_kib, 5000);
}

static void end_with_little(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks != 3)
		return;
	die(100);
	reap(100, 0, 4128);
}

/* Memory from before the exec is this program's, not the recorded one's. */
static void a_mark_of_before_the_exec_is_none(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	fake_newest(100, 50);
	run(end_with_little, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(result.peak_kib, 1000);
	assert_int_equal(result.status, 0);
	assert_true(result.has_status);
}

static void kill_one(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks != 3)
		return;
	die(101);
	reap(101, SIGKILL, 9000);
}

static void waiting_tells_a_descendants_end(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(kill_one, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(told.exits, 1);
	assert_int_equal(told.exit.pid, 101);
	assert_true(told.exit.has_status);
	assert_int_equal(told.exit.status, SIGKILL);
	assert_int_equal(told.exit.peak_kib, 200);
	assert_false(told.exit.oom);
	assert_int_equal(result.end, SAMPLER_TIMEOUT);
	assert_int_equal(result.peak_kib, 9000);
	assert_false(result.has_status);
	assert_int_equal(told.count[2], 3);
	assert_int_equal(told.count[3], 2);
}

static struct aside worker;

static void end_worker(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 3)
		reap(102, 5 << 8, 9000);
}

static void a_process_aside_is_not_the_programs(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	worker = (struct aside){.pid = 102};
	run(end_worker,
	    (struct sampler_plan){.launched = true, .aside = &worker}, &result);
	assert_int_equal(told.total[0], 1200);
	assert_int_equal(told.count[0], 2);
	assert_true(worker.ended);
	assert_int_equal(worker.status, 5 << 8);
	assert_int_equal(told.exits, 0);
	assert_int_equal(result.peak_kib, 1200);
}

static bool quit;

static void quit_at_fourth(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks != 4)
		return;
	die(101);
	quit = true;
}

static void end_hook(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	size_t *count = context;

	(void)to;
	*count += tick->total_kib == told.total[told.ticks - 1];
}

/* The end finds what ended since the last tick. */
static void a_hook_may_end_it(void **state)
{
	struct sampler_result result;
	struct sampler_plan plan = {.quit = &quit, .timeout_ns = -1};

	(void)state;
	three_processes();
	quit = false;
	for (size_t i = 0; i < SAMPLER_HOOKS; i++) {
		plan.hooks[i].context = &told.hooks_ended[i];
		plan.hooks[i].tick = spike;
		plan.hooks[i].end = end_hook;
	}
	run(quit_at_fourth, plan, &result);
	assert_int_equal(result.end, SAMPLER_QUIT);
	assert_int_equal(told.ticks, 4);
	assert_int_equal(told.exits, 1);
	for (size_t i = 0; i < SAMPLER_HOOKS; i++)
		assert_int_equal(told.hooks_ended[i], 1);
}

static void grow_at_fourth(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 4)
		put(100, 1, 7000);
}

static void shrink_at_fourth(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks == 4)
		put(100, 1, 1000);
}

static void tell_total(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	to->mark(NULL, tick->time_ns, tick->total_kib, "now");
}

/* A mark has the memory of its own moment. */
static void at_a_mark_the_sum_is_measured(void **state)
{
	struct sampler_result result;
	struct sampler_plan plan = {
	    .hooks[1] = {.tick = tell_total, .is_due = begins_phase},
	    .hooks[2] = {.tick = shrink_at_fourth}};

	(void)state;
	three_processes();
	put(100, 1, 1000);
	run(grow_at_fourth, plan, &result);
	assert_int_equal(told.marks, 1);
	assert_int_equal(told.total[3], 1240);
	assert_int_equal(told.mark_kib, 7240);
	assert_true(told.mark_ns > told.time_ns[3]);
	assert_true(told.mark_ns < told.time_ns[4]);
	assert_int_equal(told.total[4], 1240);
	assert_int_equal(told.peak.kib, 7240); /* no sample shows it */
	assert_int_equal(result.peak_kib, 7240);
}

static void hear(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	told.heard++;
}

static bool is_heard(void *context, const struct sink_tick *tick)
{
	(void)context;
	(void)tick;
	return true;
}

static void give_news(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 3)
		news = 1;
}

/* The hook hears of its news at once; no tick is lost by that. */
static void news_are_heard_between_ticks(void **state)
{
	struct sampler_result result;
	struct sampler_plan plan = {
	    .hooks[1] = {.tick = hear, .is_due = is_heard, .wake = WAKE}};

	size_t flushes;

	(void)state;
	three_processes();
	run(NULL, plan, &result);
	flushes = told.flushes;
	three_processes();
	run(give_news, plan, &result);
	assert_int_equal(news, 0);
	assert_int_equal(told.ticks, 15);
	assert_int_equal(told.heard, 16);
	assert_int_equal(told.flushes, flushes + 1); /* and written */
	three_processes();
	news = 1;
	run(NULL, plan, &result);
	assert_int_equal(news, 0);
	assert_int_equal(launch.wake, 0);
}

/* With news without end, ticks come nevertheless. */
static void news_leave_time_for_ticks(void **state)
{
	struct sampler_result result;
	struct sampler_plan plan = {
	    .hooks[1] = {.tick = hear, .is_due = is_heard, .wake = WAKE}};

	(void)state;
	three_processes();
	news = 1000000;
	run(NULL, plan, &result);
	assert_int_equal(told.heard, 1000000 - news + 15);
	assert_true(told.heard > 20);
	assert_int_equal(told.ticks, 15);
	news = 0;
}

/* It ends before the first tick: its sample is that of the start. */
static void before_the_first_tick_the_start_is_the_sample(void **state)
{
	struct sampler_result result;
	const struct sampler_plan plan = {.launched = true,
	    .hooks[1] = {.tick = hear, .is_due = is_heard, .wake = WAKE}};

	(void)state;
	put(100, 1, 1000);
	fake_newest(100, 50);
	first_on_wait = end_at_once;
	waits = 0;
	news = 1;
	run(NULL, plan, &result);
	assert_int_equal(news, 0);
	assert_int_equal(told.ticks, 1);
	assert_int_equal(told.total[0], 1000);
	assert_true(told.time_ns[0] > result.start_ns);
	assert_true(told.time_ns[0] < result.start_ns + NS_PER_S / 2000);
	assert_int_equal(result.samples, 1);
	assert_int_equal(result.end, SAMPLER_ENDED);
}

/* While the recorder waits for those that may be about to end. */
static void end_the_rest(void)
{
	if (told.ticks == 4 && waits++ == 0)
		die(101);
}

static void end_root_at_third(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 3)
		die(100);
	on_wait = end_the_rest;
}

/* They get some time to end after the program, while they run. */
static void what_ends_after_the_program_is_waited_for(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	waits = 0;
	run(end_root_at_third, (struct sampler_plan){0}, &result);
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_int_equal(result.alive, 1);
	assert_int_equal(result.living[0].pid, 102);
	assert_int_equal(told.exits, 1);
	assert_int_equal(told.exit.pid, 101);
}

static void look_at_usage(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)to;
	assert_non_null(tick->usage);
	assert_true(tick->usage[FIGURE_THREADS] == 3);
	assert_true(isnan(tick->usage[FIGURE_GPU]));
	assert_int_equal(tick->usage_ns, told.usage_ns);
	/* In the middle of the time that the reading took. */
	if (told.usages > told.usages_seen)
		assert_in_range(WALL_S * NS_PER_S + passed_ns - tick->usage_ns,
		    NS_PER_S / 10000, NS_PER_S / 4000);
	told.usages_seen = told.usages;
	assert_true(told.usage_ns >= told.time_ns[told.ticks - 1] ||
		    told.usages < told.ticks);
}

static void what_else_they_use_is_reported(void **state)
{
	struct sampler_result result;
	const struct sampler_plan plan = {
	    .with = 1U << RESOURCE_THREADS, .exits = true};

	(void)state;
	three_processes();
	run(NULL, (struct sampler_plan){0}, &result);
	assert_int_equal(told.usages, 0);
	assert_false(told.has_usage);
	three_processes();
	open_ns = NS_PER_S / 10000; /* for each of three files */
	run(look_at_usage, plan, &result);
	open_ns = 0;
	assert_true(told.usages > 1);
	assert_true(told.threads == 3);
	/* Each from its name on. */
	assert_in_range(told.usages_of_one, told.usages - 2, told.usages);
	assert_in_range(told.usages_of_program, told.usages - 2, told.usages);
	assert_true(told.threads_of_one == 1);
	assert_true(told.has_usage);
	assert_int_equal(told.usage_ns, result.end_ns); /* the last holds */
}

static void see_gpus(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)to;
	if (told.ticks > 2)
		assert_int_equal(
		    isnan(tick->usage[FIGURE_GPU]) != 0, !driver.answers);
	if (told.ticks > 1) {
		assert_non_null(tick->usage);
		assert_int_equal(isnan(tick->usage[FIGURES - 1]) != 0,
		    isnan(tick->usage[FIGURE_GPU]) != 0);
	}
	assert_int_equal(tick->gpu_ns, told.gpu_ns);
}

static void fall_silent(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)to;
	driver.answers = told.ticks < 5;
	if (told.ticks == 4)
		assert_true(tick->usage[FIGURE_GPU] == 300);
	if (told.ticks > 10) {
		assert_true(isnan(tick->usage[FIGURE_GPU]));
		assert_true(isnan(tick->usage[FIGURES - 1]));
	}
}

static void quit_while_asked(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	quit = told.ticks > 2 && driver.asked;
}

/* A reading that was asked for is reported where it is there by the end, too.
 */
static void gpus_are_reported_as_they_answer(void **state)
{
	struct sampler_plan plan = {.with = 1U << RESOURCE_GPU, .exits = true};
	struct sampler_result result;

	(void)state;
	driver.has_one = driver.answers = true;
	three_processes();
	run(see_gpus, plan, &result);
	assert_int_equal(driver.destroyed, 1);
	assert_true(told.gpus > 1);
	assert_int_equal(told.gpus, driver.asks);
	assert_in_range(told.gpus_of_one, told.gpus - 2, told.gpus);
	assert_string_equal(result.gpu.text, "");
	quit = false;
	plan.quit = &quit;
	three_processes();
	run(quit_while_asked, plan, &result);
	assert_int_equal(result.end, SAMPLER_QUIT);
	assert_int_equal(told.gpus, driver.asks);
	plan.quit = NULL;
	/* A reading that is due, and not there, is unknown. */
	three_processes();
	run(fall_silent, plan, &result);
	assert_in_range(told.gpus, 1, 5);
	driver.answers = false;
	three_processes();
	run(see_gpus, plan, &result);
	assert_int_equal(told.gpus, 0);
	assert_int_equal(driver.asks, 1);
	assert_string_equal(result.gpu.text, "it is silent");
	driver.has_one = false;
}

static void a_machine_without_gpus_is_reported(void **state)
{
	struct sampler_plan plan = {.proc = fake_root,
	    .metric = metric_find("rss"),
	    .interval_ns = NS_PER_S,
	    .with = 1U << RESOURCE_GPU};
	struct sampler *sampler;
	struct err e;

	(void)state;
	sampler = sampler_create(&plan, &sink, &e);
	assert_non_null(sampler);
	assert_string_equal(sampler_missing_gpu(sampler), "no GPU here");
	sampler_destroy(sampler);
}

static void set_words(int pid, const char *text, size_t len)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%d/cmdline", fake_root, pid);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
}

static void each_process_has_a_name(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	set_words(100, "job\0-x", 7);
	set_words(101, "part", 5);
	set_words(102, "", 0);
	run(NULL, (struct sampler_plan){0}, &result);
	assert_non_null(strstr(told.names, "100 program (job -x) "));
	assert_non_null(strstr(told.names, "101 program (part) "));
	assert_non_null(strstr(told.names, "102 program () "));
	assert_null(strstr(told.names, "103 "));
	/* Of a program that was started, found by ascending pids: each once. */
	three_processes();
	set_words(100, "job\0-x", 7);
	set_words(101, "part", 5);
	set_words(102, "", 0);
	run(NULL, (struct sampler_plan){.launched = true}, &result);
	assert_string_equal(told.names, "100 program (job -x) "
					"101 program (part) 102 program () ");
}

/* The control group of this process and of the program. */
static void make_group(const char *current)
{
	const int pids[] = {(int)getpid(), program};
	char path[256], text[512];

	snprintf(path, sizeof(path), "%s/%d", fake_root, (int)getpid());
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/groups", fake_root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/groups/job", fake_root);
	mkdir(path, 0700);
	snprintf(text, sizeof(text),
	    "30 1 0:26 / %s/groups rw - cgroup2 cgroup2 rw\n", fake_root);
	snprintf(path, sizeof(path), "%d/mountinfo", (int)getpid());
	fake_write(path, text);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%d/cgroup", pids[i]);
		fake_write(path, "0::/job\n");
	}
	fake_write("groups/job/memory.events", "oom_kill 0\n");
	fake_write("groups/job/memory.max", "max\n");
	if (current)
		fake_write("groups/job/memory.current", current);
}

static void drop_group(void)
{
	static const char *const names[] = {"groups/job/memory.events",
	    "groups/job/memory.current", "groups/job/memory.max", "groups/job",
	    "groups"};
	static const char *const own[] = {"/cgroup", "/mountinfo", ""};
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", fake_root, names[i]);
		remove(path);
	}
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%d%s", fake_root,
		    (int)getpid(), own[i]);
		remove(path);
	}
	snprintf(path, sizeof(path), "%s/%d/cgroup", fake_root, program);
	remove(path);
	fake_gone(program);
}

static void drop_file(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	char path[256];

	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks < 14)
		return;
	snprintf(path, sizeof(path), "%s/100/cgroup", fake_root);
	remove(path);
}

static void a_groups_figure_is_the_kernels(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	make_group("8388608\n");
	run(drop_file, (struct sampler_plan){.metric = metric_find("cgroup")},
	    &result);
	for (size_t i = 0; i < told.ticks; i++)
		assert_int_equal(told.total[i], 8192);
	assert_int_equal(told.count[0], 3);
	assert_int_equal(kib_of(0, 101), 200);
	assert_int_equal(result.peak_kib, 8192);
	drop_group();
}

static void a_group_without_a_figure_is_refused(void **state)
{
	struct sampler_plan plan = {.proc = fake_root,
	    .metric = metric_find("cgroup"),
	    .interval_ns = NS_PER_S};
	struct sampler *sampler;
	struct err e;

	(void)state;
	three_processes();
	make_group(NULL);
	assert_null(sampler_create(&plan, &sink, &e));
	assert_string_equal(e.text, "control groups: the one of this process "
				    "reports no memory");
	plan.group_path = "/job";
	assert_null(sampler_create(&plan, &sink, &e));
	assert_string_equal(e.text, "control groups: /job reports no memory");
	make_group("0\n");
	sampler = sampler_create(&plan, &sink, &e);
	assert_non_null(sampler);
	sampler_destroy(sampler);
	plan.group_path = "/none";
	assert_null(sampler_create(&plan, &sink, &e));
	drop_group();
	for (int pid = 100; pid < 104; pid++)
		fake_gone(pid);
}

/* A tick that costs a millisecond may take a hundredth of the time. */
static void costly_ticks_are_fewer(void **state)
{
	struct sampler_result result;

	(void)state;
	cpu_step_ns = NS_PER_S / 1000;
	cpu_ns = 9 * NS_PER_S; /* used before, for other things */
	three_processes();
	run(NULL, (struct sampler_plan){.max_overhead = 0.01}, &result);
	cpu_step_ns = 0;
	assert_int_equal(result.interval_ns, NS_PER_S / 10);
	assert_int_equal(told.ticks, 8); /* at 0, 50, 150, ... 650 ms */
}

static void a_short_timeout_is_one(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(NULL, (struct sampler_plan){.timeout_ns = 1}, &result);
	assert_int_equal(result.end, SAMPLER_TIMEOUT);
	assert_int_equal(told.ticks, 1);
	assert_int_equal(told.total[0], 1000); /* of its start */
}

static void empty_the_group(void)
{
	if (told.ticks > 0 || waits++ > 0)
		return;
	list_pids("", "");
	die(101);
	die(102);
}

/* Those that were there at the start are its first sample. */
static void a_group_may_end_at_once(void **state)
{
	struct sampler_result result;
	char folder[256];

	(void)state;
	three_processes();
	list_pids("101\n", "102\n");
	snprintf(folder, sizeof(folder), "%s/job", fake_root);
	first_on_wait = empty_the_group;
	waits = 0;
	run(NULL, (struct sampler_plan){.group = folder, .group_path = "/job"},
	    &result);
	assert_int_equal(told.ticks, 1);
	assert_int_equal(told.total[0], 240);
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_int_equal(result.unseen, 0);
	drop_lists();
}

static void lower_the_mark(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	set_mark(100, 1000);
}

/* Marks are read in turn: none in the first millisecond. */
static void at_the_first_tick_no_mark_is_due(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	set_mark(100, 9000);
	fake_newest(100, 50);
	run(lower_the_mark, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(result.peak_kib, 1000);
}

static void raise_the_mark(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 3)
		set_mark(100, 5000);
}

/* A program that lives on has its mark, too. */
static void at_the_end_the_programs_mark_is_read(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	set_mark(100, 1000);
	fake_newest(100, 50);
	run(raise_the_mark, (struct sampler_plan){0}, &result);
	assert_int_equal(result.end, SAMPLER_TIMEOUT);
	assert_int_equal(told.end.peak_kib, 5000);
	assert_int_equal(result.peak_kib, 5000);
	assert_int_equal(told.peak.kib, 5000);
}

/* It is no process any more, though others are waited for. */
static void after_its_end_the_program_is_not_listed(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(fail_at_third,
	    (struct sampler_plan){.launched = true, .wait_all = true}, &result);
	assert_int_equal(told.ticks, 15);
	assert_int_equal(told.count[2], 3);
	for (size_t i = 3; i < 15; i++) {
		assert_int_equal(told.count[i], 2);
		assert_int_equal(told.total[i], 240);
	}
	assert_int_equal(result.alive, 2);
	assert_int_equal(result.living[0].pid, 101);
	assert_int_equal(result.living[1].pid, 102);
	assert_int_equal(result.status, 3 << 8);
	assert_int_equal(told.exits, 0);
}

static void deny(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks != 10)
		return;
	denied = NULL;
	die(102);
}

/* A process that may not be measured is there, has no figure, and is not one
 * that nobody has seen. */
static void what_may_not_be_measured_is_counted(void **state)
{
	struct sampler_result result;
	char folder[256];

	(void)state;
	three_processes();
	list_pids("101\n", "102\n");
	snprintf(folder, sizeof(folder), "%s/job", fake_root);
	denied = "102/statm";
	run(deny, (struct sampler_plan){.group = folder, .group_path = "/job"},
	    &result);
	drop_lists();
	assert_int_equal(told.total[0], 200);
	assert_int_equal(kib_of(0, 102), -1);
	assert_in_range(result.denied, 10, 20);
	assert_int_equal(result.unseen, 0);
	assert_int_equal(told.exits, 1);
}

/* One without memory is about to end: nobody has seen what it held. */
static void one_without_any_figure_is_unseen(void **state)
{
	struct sampler_result result;
	char folder[256];

	(void)state;
	three_processes();
	put(102, 100, 0);
	list_pids("101\n", "102\n");
	snprintf(folder, sizeof(folder), "%s/job", fake_root);
	run(deny, (struct sampler_plan){.group = folder, .group_path = "/job"},
	    &result);
	drop_lists();
	assert_int_equal(told.total[0], 200);
	assert_int_equal(result.unseen, 1);
	assert_int_equal(result.denied, 0);
}

static void end_a_stranger(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks == 2)
		reap(105, 0, 9000);
}

/* A child of ours that was never found may have had the peak. */
static void an_unknown_childs_mark_counts(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(end_a_stranger,
	    (struct sampler_plan){.launched = true, .no_descendants = true},
	    &result);
	assert_int_equal(result.unseen, 1);
	assert_int_equal(result.peak_kib, 9000);
	assert_int_equal(told.peak.since_ns, result.start_ns);
	assert_int_equal(told.exits, 0);
	assert_int_equal(result.end, SAMPLER_TIMEOUT);
}

static void reap_the_rest(void)
{
	if (told.ticks == 3 && waits++ == 2)
		reap(101, SIGKILL, 0);
}

static void end_root_and_go_on(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	fail_at_third(context, tick, to);
	if (told.ticks != 3)
		return;
	fake_process((struct fake_process){
	    .pid = 101, .ppid = 1, .started = 101, .pages = 9, .state = 'R'});
	on_wait = reap_the_rest;
}

/* It is waited for, too, while others are given time to end. */
static void an_end_after_the_programs_has_its_status(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	waits = 0;
	run(end_root_and_go_on, (struct sampler_plan){.launched = true},
	    &result);
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_int_equal(told.exits, 1);
	assert_int_equal(told.exit.pid, 101);
	assert_true(told.exit.has_status);
	assert_int_equal(told.exit.status, SIGKILL);
	assert_int_equal(result.alive, 1);
}

static void reap_one(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks == 3)
		reap(101, 4 << 8, 0);
}

/* An end that wait() reports is one, even if /proc shows a process of that pid.
 */
static void one_that_was_reaped_has_ended(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(reap_one, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(told.exits, 1);
	assert_int_equal(told.exit.pid, 101);
	assert_int_equal(told.exit.status, 4 << 8);
	assert_int_equal(told.exit.peak_kib, 200);
}

static void out_of_memory(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks != 3)
		return;
	fake_write("groups/job/memory.events", "oom_kill 1\n");
	die(100);
	reap(100, SIGKILL, 0);
}

/* The kernel's counter says that it was the out-of-memory killer. */
static void the_limit_that_ended_it_is_reported(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	make_group("8388608\n");
	fake_write("groups/job/memory.max", "1073741824\n");
	run(out_of_memory, (struct sampler_plan){.launched = true}, &result);
	assert_true(told.end.oom);
	assert_int_equal(told.end.limit_kib, 1 << 20);
	assert_string_equal(told.end.limit_of, "cgroup");
	assert_true(result.exit_cause.oom);
	assert_int_equal(result.exit_cause.kills, 1);
	drop_group();
}

static void count_waits(void)
{
	waits += told.ticks == 4;
}

static void end_root_busy(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	(void)tick;
	(void)to;
	if (told.ticks != 3)
		return;
	die(100);
	die(102);
	fake_process((struct fake_process){
	    .pid = 101, .ppid = 1, .started = 101, .pages = 9, .state = 'R'});
	on_wait = count_waits;
}

/* A child that runs on is given a second to end. */
static void what_runs_on_is_waited_for_a_second(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	waits = 0;
	run(end_root_busy, (struct sampler_plan){0}, &result);
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_int_equal(result.alive, 1);
	assert_in_range(waits, 95, 102);
}

static void without_proc_there_is_no_sampler(void **state)
{
	struct sampler_plan plan = {.proc = "/none",
	    .metric = metric_find("rss"),
	    .interval_ns = NS_PER_S};
	struct err e = {""};

	(void)state;
	assert_null(sampler_create(&plan, &sink, &e));
	assert_non_null(strstr(e.text, "/none"));
	sampler_destroy(NULL);
}

/* It is a sample like others, also the first one. */
static void memory_that_is_not_resident_is_0(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 0);
	fake_write("100/statm", "1000 0 0 1 0 1 0\n");
	fake_newest(100, 50);
	run(NULL, (struct sampler_plan){0}, &result);
	assert_int_equal(told.ticks, 15);
	assert_int_equal(told.total[0], 0);
	assert_int_equal(kib_of(0, 100), 0);
	assert_int_equal(result.unseen, 0);
	assert_int_equal(told.peaks, 1);
	assert_int_equal(told.peak.kib, 0);
}

static void swap_in(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks == 2)
		put(100, 1, 1000);
	if (told.ticks == 3) {
		put(100, 1, 0);
		fake_write("100/statm", "1000 0 0 1 0 1 0\n");
	}
	if (told.ticks == 4)
		die(101);
}

/* One that had none when it ended was seen all the same. */
static void one_that_held_nothing_was_seen(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	put(101, 100, 0);
	fake_write("101/statm", "1000 0 0 1 0 1 0\n");
	fake_newest(101, 50);
	run(swap_in, (struct sampler_plan){0}, &result);
	assert_int_equal(result.unseen, 0);
	assert_int_equal(told.exits, 1);
	assert_int_equal(told.exit.peak_kib, 0);
	assert_int_equal(told.total[0], 1000);
	assert_int_equal(told.total[3], 0);
}

static void without_any_memory_no_peak_is_reported(void **state)
{
	struct sampler_result result;

	(void)state;
	fake_process((struct fake_process){
	    .pid = 100, .ppid = 1, .started = 100, .state = 'Z'});
	fake_newest(100, 50);
	unmeasured = true;
	run(NULL, (struct sampler_plan){.launched = true}, &result);
	unmeasured = false;
	assert_int_equal(told.ticks, 0);
	assert_int_equal(told.peaks, 0);
	assert_int_equal(result.peak_kib, 0);
	assert_int_equal(told.end.peak_kib, 0);
}

/* Standard input is nothing of its own. */
static void one_that_never_ran_closes_only_its_own(void **state)
{
	struct sampler_plan plan = {.proc = fake_root,
	    .metric = metric_find("rss"),
	    .interval_ns = NS_PER_S};
	int input = fcntl(0, F_GETFD);
	int first = open("/", O_RDONLY | O_CLOEXEC);
	struct err e;

	(void)state;
	close(first);
	sampler_destroy(sampler_create(&plan, &sink, &e));
	assert_int_equal(fcntl(0, F_GETFD), input);
	assert_int_equal(open("/", O_RDONLY | O_CLOEXEC), first);
	close(first);
}

/* Pids of a group are of this process's namespace. */
static void a_group_needs_its_own_proc(void **state)
{
	struct sampler_plan plan = {.proc = fake_root,
	    .metric = metric_find("rss"),
	    .interval_ns = NS_PER_S};
	struct sampler *sampler;
	char self[256], own[32];
	struct err e;

	(void)state;
	snprintf(self, sizeof(self), "%s/self", fake_root);
	snprintf(own, sizeof(own), "%d", (int)getpid());
	remove(self);
	assert_int_equal(symlink("7", self), 0);
	sampler = sampler_create(&plan, &sink, &e);
	assert_non_null(sampler);
	sampler_destroy(sampler);
	plan.group = fake_root;
	assert_null(sampler_create(&plan, &sink, &e));
	assert_non_null(strstr(e.text, "another pid namespace"));
	remove(self);
	assert_int_equal(symlink(own, self), 0);
}

static void end_one_of_others(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks != 3)
		return;
	die(101);
	send((struct connector_event){
	    .is_exit = true, .pid = 101, .status = 5 << 8});
	send((struct connector_event){.parent = 100, .pid = 105});
	send((struct connector_event){.parent = 102, .pid = 106});
	send((struct connector_event){.parent = 103, .pid = 107});
}

/* How a process ended that another waited for, and who came and went between
 * two ticks. */
static void the_kernel_tells_of_forks_and_ends(void **state)
{
	struct sampler_result result;

	(void)state;
	kernel.works = true;
	three_processes();
	run(end_one_of_others, (struct sampler_plan){.exits = true}, &result);
	assert_int_equal(told.exits, 1);
	assert_int_equal(told.exit.pid, 101);
	assert_true(told.exit.has_status);
	assert_int_equal(told.exit.status, 5 << 8);
	assert_int_equal(result.unseen, 2);
	assert_true(result.unseen_is_all);
	/* An end that was not asked for is unknown. */
	three_processes();
	run(end_one_of_others, (struct sampler_plan){0}, &result);
	assert_int_equal(told.exits, 1);
	assert_false(told.exit.has_status);
	/* The kernel has told of that child before. */
	three_processes();
	run(end_a_stranger, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(result.unseen, 0);
	assert_int_equal(result.peak_kib, 9000);
	kernel.works = false;
	three_processes();
	run(end_a_stranger, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(result.unseen, 1);
	assert_false(result.unseen_is_all);
}

static void kill_for_memory(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks != 3)
		return;
	fake_write("groups/job/memory.events", "oom_kill 1\n");
	die(101);
	die(102);
	reap(101, SIGKILL, 0);
	reap(102, SIGTERM, 0);
}

/* A descendant is one that the kernel killed where its counter says so. */
static void a_descendant_may_be_killed_for_memory(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	make_group("8388608\n");
	run(kill_for_memory, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(told.exits, 2);
	assert_int_equal(told.ooms, 1);
	drop_group();
}

/* Not in any pid namespace of a machine. */
enum { KILLED = 999999990 };

static void die_by_the_limit(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks != 3)
		return;
	fake_write("groups/job/memory.events", "oom_kill 1\n");
	die(KILLED);
	reap(KILLED, SIGKILL, 0);
}

/* Whoever else the kernel has killed then. */
static void a_program_that_the_limit_kills_has_not_run_out(void **state)
{
	struct sampler_result result;

	(void)state;
	program = KILLED;
	put(KILLED, 1, 1000);
	fake_newest(KILLED, 50);
	make_group("8388608\n");
	run(die_by_the_limit,
	    (struct sampler_plan){
		.launched = true, .limit_kib = 999, .on_limit = LIMIT_KILL},
	    &result);
	drop_group();
	program = 100;
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_int_equal(result.status, SIGKILL);
	assert_true(result.limit.reached);
	assert_false(result.exit_cause.oom);
	assert_false(told.end.oom);
	assert_int_equal(told.ticks, 3);
}

static void end_and_tell(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks != 3)
		return;
	die(100);
	news = 1;
}

/* The end is found as a mark is read, not at the next tick. */
static void an_end_is_found_between_ticks(void **state)
{
	struct sampler_result result;
	const struct sampler_plan plan = {
	    .hooks[1] = {.tick = hear, .is_due = is_heard, .wake = WAKE}};

	(void)state;
	three_processes();
	run(end_and_tell, plan, &result);
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_int_equal(told.ticks, 3);
	assert_int_equal(result.alive, 2);
}

static char hook_name[PROCFS_NAME];

static void see_name(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)to;
	for (size_t i = 0; i < tick->count; i++) {
		if (tick->processes[i].pid == 101)
			snprintf(hook_name, sizeof(hook_name), "%s",
			    tick->processes[i].name);
	}
	if (told.ticks == 2)
		fake_process((struct fake_process){.pid = 101,
		    .ppid = 100,
		    .name = "worker",
		    .started = 101,
		    .pages = 50});
}

/* If neither the sink nor a hook wants names, none is read again. */
static void a_hook_may_want_names(void **state)
{
	static struct sink without;
	struct sampler_result result;
	size_t flushes;

	(void)state;
	without = sink;
	without.introduce = NULL;
	told_to = &without;
	three_processes();
	set_words(101, "part", 4);
	run(see_name, (struct sampler_plan){.names = true}, &result);
	assert_string_equal(hook_name, "worker");
	flushes = told.flushes;
	three_processes();
	set_words(101, "part", 4);
	run(see_name, (struct sampler_plan){0}, &result);
	assert_string_equal(hook_name, "program");
	assert_true(flushes > told.flushes); /* they are written at once */
	told_to = &sink;
}

static void appear(void)
{
	if (waits++ == 3)
		put(100, 1, 1000);
}

/* It is the program then, with what was forked meanwhile. */
static void a_program_may_be_hidden_at_first(void **state)
{
	struct sampler_result result;

	(void)state;
	fake_newest(100, 50);
	first_on_wait = appear;
	waits = 0;
	run(NULL, (struct sampler_plan){.launched = true}, &result);
	assert_true(told.ticks > 5);
	assert_int_equal(told.total[0], 1000);
	assert_int_equal(told.pid[0][0], 100);
	assert_int_equal(result.hidden, 0);
	assert_int_equal(result.alive, 0);
	assert_int_equal(told.end.peak_kib, 1000);
}

static void put_faults(int pid, int ppid, int faults)
{
	fake_process((struct fake_process){.pid = pid,
	    .ppid = ppid,
	    .started = pid,
	    .pages = 50,
	    .faults = faults});
}

static void fault_more(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks == 3)
		put_faults(100, 1, 57);
	if (told.ticks != 5 || launch.watching)
		return;
	die(101);
	reap(101, 0, 0);
	ended[ended_len - 1].faults = 30;
}

/* The use of a running program is counted since the recording began, that of a
 * started one since its start. The figures of wait() are added at an end. */
static void what_was_used_is_counted(void **state)
{
	struct sampler_plan plan = {.with = 1U << RESOURCE_FAULTS};
	struct sampler_result result;

	(void)state;
	put_faults(100, 1, 50);
	put_faults(101, 100, 5);
	fake_newest(101, 50);
	run(fault_more, plan, &result);
	assert_true(told.faults == 7);
	plan.launched = true;
	put_faults(100, 1, 50);
	put_faults(101, 100, 5);
	run(fault_more, plan, &result);
	assert_true(told.faults == 57 + 30);
	plan.alone = true;
	put_faults(100, 1, 50);
	put_faults(101, 100, 5);
	run(fault_more, plan, &result);
	assert_true(told.faults == 57);
}

static void end_root_with_faults(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks != 3)
		return;
	die(100);
	reap(100, 0, 0);
	ended[ended_len - 1].faults = 80;
}

static void what_the_program_used_up_to_its_end_is_counted(void **state)
{
	struct sampler_result result;

	(void)state;
	put_faults(100, 1, 50);
	fake_newest(100, 50);
	run(end_root_with_faults,
	    (struct sampler_plan){
		.launched = true, .with = 1U << RESOURCE_FAULTS},
	    &result);
	assert_true(told.faults == 80);
}

/* Its figures are of its own group, or of the one that was named. */
static void a_group_is_read_beside_the_program(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	make_group("8388608\n");
	fake_write("groups/job/memory.stat", "anon 3145728\n");
	run(NULL, (struct sampler_plan){.with = 1U << RESOURCE_CGROUP},
	    &result);
	assert_true(told.anon == 3);
	assert_int_equal(told.total[0], 1240);
	three_processes();
	run(NULL, (struct sampler_plan){.with = 1U << RESOURCE_THREADS},
	    &result);
	assert_true(isnan(told.anon));
	remove_fake("groups/job/memory.stat");
	drop_group();
}

/* A mark from before the recording is not its peak. */
static void an_older_mark_is_no_peak(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	set_mark(100, 9000);
	fake_newest(100, 50);
	run(NULL, (struct sampler_plan){0}, &result);
	assert_int_equal(result.peak_kib, 1000);
	assert_int_equal(told.end.peak_kib, 1000);
}

/* A wait that ends early is no tick. */
static void a_wait_may_end_early(void **state)
{
	struct sampler_result result;

	(void)state;
	wakes_early = true;
	three_processes();
	run(NULL, (struct sampler_plan){0}, &result);
	wakes_early = false;
	assert_int_equal(result.end, SAMPLER_TIMEOUT);
	assert_int_equal(told.ticks, 15);
	for (size_t i = 1; i < told.ticks; i++)
		assert_in_range(told.time_ns[i] - told.time_ns[i - 1],
		    NS_PER_S / 20 - NS_PER_S / 500,
		    NS_PER_S / 20 + NS_PER_S / 500);
	assert_true(result.end_ns - result.start_ns >= NS_PER_S * 725 / 1000);
}

static void sleep_long(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks == 4)
		passed_ns += NS_PER_S / 8;
}

/* The next one is late, the one after it is left out, and none is made up for.
 */
static void ticks_that_were_missed_are_counted(void **state)
{
	struct sampler_result result;

	(void)state;
	missed = 1;
	three_processes();
	run(sleep_long, (struct sampler_plan){0}, &result);
	missed = 0;
	assert_int_equal(told.ticks, 14);
}

static void rise_at_fifth(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks == 3)
		set_mark(100, 5000);
	put(100, 1, told.ticks == 5 ? 3000 : 1000);
}

/* A peak that only a mark shows gets the time of the highest sample since the
 * mark was last read. */
static void a_peak_is_near_the_highest_sample(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	set_mark(100, 1000);
	fake_newest(100, 50);
	run(rise_at_fifth, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(told.total[5], 3000);
	assert_int_equal(told.peak.kib, 5000);
	assert_int_equal(told.peak.time_ns, told.time_ns[5]);
}

static void fork_and_tell(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks != 3)
		return;
	put(105, 100, 3000);
	fake_newest(105, 51);
	news = 1;
}

static bool is_between(void *context, const struct sink_tick *tick)
{
	bool between = told.heard == told.ticks;

	(void)context, (void)tick;
	told.heard = told.ticks;
	return between && told.ticks == 3;
}

/* Between two ticks, a mark's memory is also that of processes that have come
 * since. */
static void a_mark_counts_who_has_come(void **state)
{
	struct sampler_result result;
	const struct sampler_plan plan = {
	    .hooks[1] = {
		.tick = tell_total, .is_due = is_between, .wake = WAKE}};

	(void)state;
	three_processes();
	run(fork_and_tell, plan, &result);
	assert_int_equal(told.marks, 1);
	assert_int_equal(told.total[2], 1240);
	assert_int_equal(told.mark_kib, 4240);
	assert_int_equal(told.total[3], 4240);
}

static void lose_and_swap(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks != 4)
		return;
	die(101);
	die(102);
	fake_write("100/statm", "1000 0 0 1 0 1 0\n");
}

/* During a tick one that ends is known until its end, and holds nothing. */
static void a_mark_may_have_no_memory(void **state)
{
	struct sampler_result result;
	struct sampler_plan plan = {
	    .hooks[1] = {.tick = tell_total, .is_due = begins_phase}};

	(void)state;
	three_processes();
	run(lose_and_swap, plan, &result);
	assert_int_equal(told.marks, 1);
	assert_int_equal(told.total[3], 1240);
	assert_int_equal(told.mark_kib, 0);
	assert_int_equal(told.exits_at_mark, 0);
	assert_int_equal(told.exits, 2);
	assert_int_equal(told.count[4], 1);
}

/* The first hook may be the one that wakes. */
static void any_hook_may_wake(void **state)
{
	struct sampler_result result;
	const struct sampler_plan plan = {
	    .hooks[0] = {.is_due = is_heard, .wake = WAKE}};

	(void)state;
	three_processes();
	news = 1;
	run(hear, plan, &result);
	assert_int_equal(news, 0);
	assert_int_equal(told.heard, 16);
}

enum { CROWD = 60 };

static void put_crowd(int first, int ppid)
{
	for (int pid = first; pid < first + CROWD; pid++)
		put(pid, ppid, 40);
	fake_newest(first + CROWD - 1, 300);
}

static void crowd_at_third(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks == 3)
		put_crowd(200 + CROWD, 100);
}

/* A scan for new processes takes a part of the interval. The first one finds
 * all, as slow as it may be. */
static void a_crowd_is_found_in_parts(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	put_crowd(200, 100);
	open_ns = NS_PER_S / 2000;
	missed_any = true;
	run(crowd_at_third, (struct sampler_plan){0}, &result);
	missed_any = false;
	open_ns = 0;
	assert_int_equal(told.count[0], 1 + CROWD);
	assert_int_equal(told.count[2], 1 + CROWD);
	assert_in_range(told.count[3], 1 + CROWD + 17, 1 + CROWD + 40);
	assert_int_equal(result.most, 1 + 2 * CROWD);
	for (int pid = 200; pid < 200 + 2 * CROWD; pid++)
		fake_gone(pid);
}

static void put_sharer(int pid, int ppid)
{
	char path[64];

	fake_process((struct fake_process){.pid = pid,
	    .ppid = ppid,
	    .started = pid,
	    .flags = 0x40, /* it has executed nothing since its fork */
	    .pages = (int)(40960 / (sysconf(_SC_PAGESIZE) / 1024))});
	snprintf(path, sizeof(path), "%d/smaps_rollup", pid);
	fake_write(path, "0-1 ---p 0 00:00 0 [rollup]\nRss: 40960 kB\n"
			 "Pss: 20480 kB\n");
	snprintf(path, sizeof(path), "%d/maps", pid);
	fake_write(path, "1000-2000 rw-p 00000000 08:01 0 \n");
	snprintf(path, sizeof(path), "%d/smaps", pid);
	fake_write(path, "1000-2000 rw-p 00000000 08:01 0 \nRss: 40960 kB\n"
			 "Pss: 20480 kB\nVmFlags: rd\n");
}

static void put_sharers(void)
{
	put_sharer(100, 1);
	put_sharer(101, 100);
	fake_newest(101, 50);
}

static void drop_sharers(void)
{
	static const char *const names[] = {"100/smaps_rollup", "100/maps",
	    "100/smaps", "101/smaps_rollup", "101/maps", "101/smaps"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove_fake(names[i]);
	fake_gone(100);
	fake_gone(101);
}

/* A thread reads what is shared. */
static void wait_a_while(void)
{
	usleep(1000);
}

static void quit_when_shared(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	quit = told.shares > 0;
}

static void what_is_shared_is_reported(void **state)
{
	struct sampler_plan plan = {.quit = &quit, .timeout_ns = -1};
	struct sampler_result result;

	(void)state;
	quit = false;
	put_sharers();
	first_on_wait = wait_a_while;
	run(quit_when_shared, plan, &result);
	assert_true(told.shares > 0);
	assert_int_equal(told.share.kib, 81920);
	assert_int_equal(told.share.pss_kib, 40960);
	assert_int_equal(told.share.processes, 2);
	assert_true(told.share.time_ns >= result.start_ns);
	assert_true(told.share.time_ns <= result.end_ns);
	put_sharers();
	first_on_wait = wait_a_while;
	run(NULL, (struct sampler_plan){.alone = true}, &result);
	assert_int_equal(told.shares, 0);
	drop_sharers();
}

static size_t calls;

static void see_written(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	calls++;
	assert_true(told.flushes > told.flushes_at_tick);
	if (calls == 3)
		set_mark(100, 9000);
	if (calls == 40)
		assert_int_equal(told.peak.kib, 9000);
}

/* A sample is written before a hook is asked, and a mark's peak is reported a
 * second or two after it, not at the end. */
static void what_is_known_is_written_at_once(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	set_mark(100, 1000);
	fake_newest(100, 50);
	calls = 0;
	run(see_written,
	    (struct sampler_plan){.launched = true, .timeout_ns = 3 * NS_PER_S},
	    &result);
	assert_int_equal(calls, 60);
	assert_int_equal(result.samples, 60);
}

static void raise_group(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks == 3)
		fake_write("groups/job/memory.peak", "9437184\n");
}

/* The kernel's mark of the group counts where the group is what is recorded. */
static void a_groups_mark_is_its_peak(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	make_group("8388608\n");
	fake_write("groups/job/memory.peak", "8388608\n");
	run(raise_group, (struct sampler_plan){.metric = metric_find("cgroup")},
	    &result);
	assert_int_equal(told.total[0], 8192);
	assert_int_equal(result.peak_kib, 9216);
	three_processes();
	make_group("8388608\n");
	fake_write("groups/job/memory.peak", "8388608\n");
	run(raise_group, (struct sampler_plan){.with = 1U << RESOURCE_CGROUP},
	    &result);
	assert_int_equal(result.peak_kib, 1240);
	remove_fake("groups/job/memory.peak");
	drop_group();
}

/* A program that was running may be in another group than this process. */
static void the_group_is_the_programs(void **state)
{
	struct sampler_result result;
	char path[256];

	(void)state;
	for (int launched = 0; launched < 2; launched++) {
		three_processes();
		make_group("8388608\n");
		snprintf(path, sizeof(path), "%s/groups/own", fake_root);
		mkdir(path, 0700);
		fake_write("groups/own/memory.current", "4194304\n");
		fake_write("groups/own/memory.max", "max\n");
		fake_write("groups/own/memory.events", "oom_kill 0\n");
		snprintf(path, sizeof(path), "%d/cgroup", (int)getpid());
		fake_write(path, "0::/own\n");
		run(NULL,
		    (struct sampler_plan){.metric = metric_find("cgroup"),
			.launched = launched > 0},
		    &result);
		assert_int_equal(told.total[0], launched ? 4096 : 8192);
	}
	remove_fake("groups/own/memory.current");
	remove_fake("groups/own/memory.max");
	remove_fake("groups/own/memory.events");
	remove_fake("groups/own");
	drop_group();
}

static void mark_of_another(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks == 3)
		set_mark(101, 9000);
}

static void alone_the_programs_mark_counts(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(mark_of_another,
	    (struct sampler_plan){.launched = true, .alone = true}, &result);
	assert_int_equal(result.peak_kib, 1000);
	three_processes();
	run(mark_of_another, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(result.peak_kib, 9000);
}

static void raise_for_a_while(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	set_mark(100, told.ticks >= 3 && told.ticks < 12 ? 9000 : 1000);
}

/* The kernel's never falls, so that one may wait. */
static void marks_are_read_once_a_second(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	set_mark(100, 1000);
	fake_newest(100, 50);
	run(raise_for_a_while, (struct sampler_plan){.launched = true},
	    &result);
	assert_int_equal(result.peak_kib, 1000);
}

static void see_mark_written(void)
{
	if (told.marks > 0)
		assert_true(told.flushes > told.flushes_at_mark);
}

static void tell_each(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context;
	if (told.ticks > 2)
		to->mark(NULL, tick->time_ns, tick->total_kib, "each");
}

static void what_a_hook_tells_is_written_at_once(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	first_on_wait = see_mark_written;
	run(tell_each, (struct sampler_plan){0}, &result);
	assert_int_equal(told.marks, 13);
}

static void oom_in_group(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks != 3)
		return;
	fake_write("groups/job/memory.events", "oom_kill 1\n");
	fake_write("groups/job/cgroup.procs", "102\n");
	die(101);
}

static void kills_in_a_recorded_group_are_counted(void **state)
{
	struct sampler_result result;
	char directory[256];

	(void)state;
	three_processes();
	make_group("8388608\n");
	fake_write("groups/job/cgroup.procs", "101\n102\n");
	snprintf(directory, sizeof(directory), "%s/groups/job", fake_root);
	run(oom_in_group,
	    (struct sampler_plan){.group = directory, .group_path = "/job"},
	    &result);
	assert_int_equal(told.total[0], 240);
	assert_int_equal(result.exit_cause.kills, 1);
	remove_fake("groups/job/cgroup.procs");
	drop_group();
}

static void end_with_pss(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	if (told.ticks == 3)
		remove_fake("100/smaps_rollup");
	fail_at_third(context, tick, to);
}

/* wait() tells of RSS, and of no other metric. */
static void a_metric_may_have_no_mark(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 1000);
	fake_newest(100, 50);
	fake_write("100/smaps_rollup",
	    "0-1 ---p 0 00:00 0 [rollup]\nRss: 1000 kB\nPss: 700 kB\n");
	run(end_with_pss,
	    (struct sampler_plan){
		.launched = true, .metric = metric_find("pss")},
	    &result);
	assert_int_equal(result.peak_kib, 700);
	assert_int_equal(result.status, 3 << 8);
}

static void hide_program(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	if (told.ticks == 3)
		die(100);
}

/* As where it executes a program of another user; wait() tells its end. */
static void a_program_may_be_hidden_later(void **state)
{
	struct sampler_result result;

	(void)state;
	three_processes();
	run(hide_program, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(result.end, SAMPLER_TIMEOUT);
	assert_int_equal(told.count[4], 3);
	assert_int_equal(kib_of(4, 100), -1);
	assert_int_equal(told.total[4], 240);
	assert_int_equal(result.hidden, 1);
	assert_int_equal(result.alive, 0);
	assert_int_equal(told.end.peak_kib, 1000);
}

static void end_late(
    void *context, const struct sink_tick *tick, const struct sink *to)
{
	(void)context, (void)tick, (void)to;
	calls++;
	if (calls == 5 && kernel.works)
		send((struct connector_event){.parent = 100, .pid = 105});
	if (calls != 40)
		return;
	die(100);
	reap(100, 0, 4129);
}

/* The mark of wait() is the program's since its mark was last read, if there
 * was no other process; otherwise it may be any process's, at any time. */
static void a_mark_may_be_anothers(void **state)
{
	struct sampler_plan plan = {
	    .launched = true, .timeout_ns = 3 * NS_PER_S};
	struct sampler_result result;

	(void)state;
	for (int others = 0; others < 3; others++) {
		put(100, 1, 1000);
		set_mark(100, 1000);
		if (others == 1)
			put(101, 100, 200);
		kernel.works = others == 2;
		fake_newest(101, 50);
		calls = 0;
		run(end_late, plan, &result);
		kernel.works = false;
		assert_int_equal(result.end, SAMPLER_ENDED);
		assert_int_equal(told.peak.kib, 4129);
		assert_int_equal(result.unseen, others == 2);
		if (others < 2) /* beside another one its own is not known */
			assert_int_equal(
			    told.end.peak_kib, others == 0 ? 4129 : 1000);
		if (others > 0)
			assert_int_equal(told.peak.since_ns, result.start_ns);
		else
			assert_true(told.peak.since_ns >=
				    result.start_ns + NS_PER_S / 2);
	}
}

/* Nothing is a figure, beside which memory from before the exec is none. */
static void a_peak_of_nothing_is_one(void **state)
{
	struct sampler_result result;

	(void)state;
	put(100, 1, 0);
	fake_write("100/statm", "1000 0 0 1 0 1 0\n");
	fake_newest(100, 50);
	run(end_with_little, (struct sampler_plan){.launched = true}, &result);
	assert_int_equal(result.end, SAMPLER_ENDED);
	assert_int_equal(result.peak_kib, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_total_is_the_sum_of_all_that_belong),
	    cmocka_unit_test(alone_the_program_counts),
	    cmocka_unit_test(one_that_vanished_takes_nothing_with_it),
	    cmocka_unit_test(a_zombie_is_no_measurement),
	    cmocka_unit_test(it_ends_with_the_program_or_with_the_last),
	    cmocka_unit_test(a_groups_processes_are_those_it_lists),
	    cmocka_unit_test(what_proc_does_not_show_is_counted),
	    cmocka_unit_test(a_mark_is_read_before_a_phase_begins),
	    cmocka_unit_test(a_limit_is_marked_once),
	    cmocka_unit_test(threads_outlive_the_main_one),
	    cmocka_unit_test(waiting_tells_the_programs_end_and_its_mark),
	    cmocka_unit_test(a_launched_program_ends_when_waiting_says_so),
	    cmocka_unit_test(without_figures_there_is_no_sample),
	    cmocka_unit_test(a_short_program_has_a_sample),
	    cmocka_unit_test(a_program_may_end_before_it_is_seen),
	    cmocka_unit_test(a_mark_of_before_the_exec_is_none),
	    cmocka_unit_test(waiting_tells_a_descendants_end),
	    cmocka_unit_test(a_process_aside_is_not_the_programs),
	    cmocka_unit_test(a_hook_may_end_it),
	    cmocka_unit_test(at_a_mark_the_sum_is_measured),
	    cmocka_unit_test(news_are_heard_between_ticks),
	    cmocka_unit_test(news_leave_time_for_ticks),
	    cmocka_unit_test(before_the_first_tick_the_start_is_the_sample),
	    cmocka_unit_test(what_ends_after_the_program_is_waited_for),
	    cmocka_unit_test(what_else_they_use_is_reported),
	    cmocka_unit_test(gpus_are_reported_as_they_answer),
	    cmocka_unit_test(a_machine_without_gpus_is_reported),
	    cmocka_unit_test(each_process_has_a_name),
	    cmocka_unit_test(a_groups_figure_is_the_kernels),
	    cmocka_unit_test(a_group_without_a_figure_is_refused),
	    cmocka_unit_test(costly_ticks_are_fewer),
	    cmocka_unit_test(a_short_timeout_is_one),
	    cmocka_unit_test(a_group_may_end_at_once),
	    cmocka_unit_test(at_the_first_tick_no_mark_is_due),
	    cmocka_unit_test(at_the_end_the_programs_mark_is_read),
	    cmocka_unit_test(after_its_end_the_program_is_not_listed),
	    cmocka_unit_test(what_may_not_be_measured_is_counted),
	    cmocka_unit_test(one_without_any_figure_is_unseen),
	    cmocka_unit_test(an_unknown_childs_mark_counts),
	    cmocka_unit_test(an_end_after_the_programs_has_its_status),
	    cmocka_unit_test(one_that_was_reaped_has_ended),
	    cmocka_unit_test(the_limit_that_ended_it_is_reported),
	    cmocka_unit_test(what_runs_on_is_waited_for_a_second),
	    cmocka_unit_test(without_proc_there_is_no_sampler),
	    cmocka_unit_test(memory_that_is_not_resident_is_0),
	    cmocka_unit_test(one_that_held_nothing_was_seen),
	    cmocka_unit_test(without_any_memory_no_peak_is_reported),
	    cmocka_unit_test(one_that_never_ran_closes_only_its_own),
	    cmocka_unit_test(a_group_needs_its_own_proc),
	    cmocka_unit_test(the_kernel_tells_of_forks_and_ends),
	    cmocka_unit_test(a_descendant_may_be_killed_for_memory),
	    cmocka_unit_test(a_program_that_the_limit_kills_has_not_run_out),
	    cmocka_unit_test(an_end_is_found_between_ticks),
	    cmocka_unit_test(a_hook_may_want_names),
	    cmocka_unit_test(a_program_may_be_hidden_at_first),
	    cmocka_unit_test(what_was_used_is_counted),
	    cmocka_unit_test(what_the_program_used_up_to_its_end_is_counted),
	    cmocka_unit_test(a_group_is_read_beside_the_program),
	    cmocka_unit_test(an_older_mark_is_no_peak),
	    cmocka_unit_test(a_wait_may_end_early),
	    cmocka_unit_test(ticks_that_were_missed_are_counted),
	    cmocka_unit_test(a_peak_is_near_the_highest_sample),
	    cmocka_unit_test(a_mark_counts_who_has_come),
	    cmocka_unit_test(a_mark_may_have_no_memory),
	    cmocka_unit_test(any_hook_may_wake),
	    cmocka_unit_test(a_crowd_is_found_in_parts),
	    cmocka_unit_test(what_is_shared_is_reported),
	    cmocka_unit_test(what_is_known_is_written_at_once),
	    cmocka_unit_test(a_groups_mark_is_its_peak),
	    cmocka_unit_test(the_group_is_the_programs),
	    cmocka_unit_test(alone_the_programs_mark_counts),
	    cmocka_unit_test(marks_are_read_once_a_second),
	    cmocka_unit_test(what_a_hook_tells_is_written_at_once),
	    cmocka_unit_test(kills_in_a_recorded_group_are_counted),
	    cmocka_unit_test(a_metric_may_have_no_mark),
	    cmocka_unit_test(a_program_may_be_hidden_later),
	    cmocka_unit_test(a_mark_may_be_anothers),
	    cmocka_unit_test(a_peak_of_nothing_is_one),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}

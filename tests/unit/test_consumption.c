// SPDX-License-Identifier: MIT
//
// Figures beside memory are reported with the time of their reading: of the
// whole, of each process, and of GPUs. This test is the GPUs' driver.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "fake_proc.h"
#include "recorder/gpu.h"
#include "recorder/usage.h"

enum { MOST = 16 };
#define EPOCH_NS (1000 * NS_PER_S)
#define BOOT_NS (7 * NS_PER_S) /* of the first look at the clock */
#define LOOK_NS 100            /* between two looks */

static struct procfs fs;
static struct members members;
static struct sink_tick tick;
static struct consumption *consumption;
static int64_t boot_ns;

static struct driver {
	bool missing, silent, answers;
	int created, destroyed, asked;
	bool alone;
} driver;

static struct told {
	int64_t time_ns, kib;
	pid_t pid;
	double cpu_s, gpu_mib;
} told[MOST];
static size_t told_count;

/* In place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	now->tv_sec = boot_ns / NS_PER_S;
	now->tv_nsec = boot_ns % NS_PER_S;
	boot_ns += LOOK_NS;
	return 0;
}

/* In place of recorder/gpu.c. */
struct gpu *gpu_create(const struct procfs *from, struct err *e)
{
	assert_ptr_equal(from, &fs);
	driver.created++;
	if (!driver.missing)
		return (struct gpu *)&driver;
	err_set(e, "no GPU here");
	return NULL;
}

void gpu_destroy(struct gpu *gpu)
{
	driver.destroyed += gpu != NULL;
}

bool gpu_ask(struct gpu *gpu, const struct members *of, bool alone)
{
	assert_ptr_equal(gpu, &driver);
	assert_ptr_equal(of, &members);
	driver.asked++;
	driver.alone = alone;
	return !driver.silent;
}

bool gpu_collect(struct gpu *gpu)
{
	bool answers = driver.answers;

	assert_ptr_equal(gpu, &driver);
	driver.answers = false;
	return answers;
}

int64_t gpu_boot_ns(const struct gpu *gpu)
{
	assert_ptr_equal(gpu, &driver);
	return 5 * NS_PER_S;
}

/* As many MiB as the pid says, and one. */
void gpu_figures(const struct gpu *gpu, pid_t pid, double *figures)
{
	assert_ptr_equal(gpu, &driver);
	for (size_t i = FIGURE_GPU; i < FIGURES; i++)
		figures[i] = pid + 1;
}

const char *gpu_problem(const struct gpu *gpu)
{
	assert_ptr_equal(gpu, &driver);
	return "it is silent";
}

static void take_usage(void *context, const struct sink_usage *usage)
{
	(void)context;
	assert_true(told_count < MOST);
	told[told_count++] =
	    (struct told){usage->time_ns, usage->kib, usage->pid,
		usage->figures[FIGURE_CPU], usage->figures[FIGURES - 1]};
}

static const struct sink sink = {.usage = take_usage};
static const struct report report = {.sink = &sink, .epoch_ns = EPOCH_NS};

static void expect(size_t at, int64_t time_ns, int64_t kib, pid_t pid)
{
	assert_true(at < told_count);
	assert_int_equal(told[at].time_ns, time_ns);
	assert_int_equal(told[at].kib, kib);
	assert_int_equal(told[at].pid, pid);
}

static void join(int pid, int64_t kib, int ticks)
{
	char path[256], text[256];
	struct member *member;

	snprintf(path, sizeof(path), "%s/%d", fake_root, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%d/stat", pid);
	snprintf(text, sizeof(text),
	    "%d (p) S 1 1 1 0 -1 0 7 0 1 0 %d 0 0 0 20 0 1 0 %d 4096 10 0\n",
	    pid, ticks, pid);
	fake_write(path, text);
	member = members_add(
	    &members, &(struct proc_stat){
			  .pid = pid, .ppid = 1, .started = (uint64_t)pid});
	member->kib = kib;
	member->introduced = true;
}

static int begin(void **state)
{
	(void)state;
	members = (struct members){0};
	driver = (struct driver){0};
	told_count = 0;
	tick = (struct sink_tick){
	    .time_ns = EPOCH_NS + 3, .total_kib = 70, .sampled = true};
	return procfs_init(&fs, fake_root, NULL);
}

static int end(void **state)
{
	(void)state;
	consumption_destroy(consumption);
	members_finish(&members);
	procfs_finish(&fs);
	for (int pid = 100; pid < 106; pid++)
		fake_gone(pid);
	return 0;
}

static void create(struct consumption_plan plan, unsigned resources_asked)
{
	plan.fs = &fs;
	plan.report = &report;
	plan.members = &members;
	plan.tick = &tick;
	plan.set = resources_asked;
	consumption = consumption_create(&plan);
	consumption_begin(consumption, 0);
	boot_ns = BOOT_NS;
}

#define CPU (1U << RESOURCE_CPU)
#define GPU (1U << RESOURCE_GPU)

static void the_whole_has_the_middle_of_its_reading(void **state)
{
	const int64_t middle_ns = EPOCH_NS + BOOT_NS + LOOK_NS / 2;

	(void)state;
	join(100, 40, 100);
	join(101, 30, 200);
	create((struct consumption_plan){.launched = true}, CPU);
	assert_int_equal(driver.created, 0);
	tick.sampled = false;
	consumption_step(consumption, 0);
	assert_int_equal(told_count, 0);
	tick.sampled = true;
	consumption_step(consumption, 0);
	assert_int_equal(told_count, 1);
	expect(0, middle_ns, 70, 0);
	assert_true(told[0].cpu_s == 3);
	assert_true(tick.usage[FIGURE_CPU] == 3);
	assert_true(isnan(tick.usage[FIGURE_GPU]));
	assert_true(isnan(tick.usage[FIGURES - 1]));
	assert_int_equal(tick.usage_ns, middle_ns);
	consumption_step(consumption, 1); /* it is not due yet */
	assert_int_equal(told_count, 1);
	assert_null(consumption_missing_gpu(consumption));
	assert_null(consumption_gpu_problem(consumption));
}

/* A process has figures if it lives, its memory was read, and it was
 * introduced. */
static void each_process_has_its_own(void **state)
{
	(void)state;
	join(100, 40, 100);
	join(101, 30, 200);
	join(102, 0, 300);
	join(103, -1, 400);
	join(104, 20, 500);
	join(105, 10, 600);
	members.list.items[1].introduced = false;
	members_lose(&members, 4);
	create((struct consumption_plan){.each = true, .launched = true}, CPU);
	consumption_step(consumption, 0);
	assert_int_equal(told_count, 4);
	expect(0, told[0].time_ns, 70, 0);
	expect(1, told[0].time_ns, 40, 100);
	expect(2, told[0].time_ns, 0, 102);
	expect(3, told[0].time_ns, 10, 105);
	assert_true(told[1].cpu_s == 1);
	assert_true(told[2].cpu_s == 3);
	assert_true(told[3].cpu_s == 6);
}

/* The CPU time that a program used before it was attached is not counted. */
static void an_attached_program_begins_at_0(void **state)
{
	(void)state;
	join(100, 40, 100);
	create((struct consumption_plan){0}, CPU);
	consumption_step(consumption, 0);
	assert_int_equal(told_count, 1);
	assert_true(told[0].cpu_s == 0);
}

/* A reading of GPUs has its own time, and its figures stay until the next. */
static void gpus_are_reported_once_they_answer(void **state)
{
	const int64_t answer_ns = EPOCH_NS + 5 * NS_PER_S;

	(void)state;
	join(100, 40, 100);
	create(
	    (struct consumption_plan){
		.each = true, .launched = true, .alone = true},
	    CPU | GPU);
	members.list.items[0].is_root = true;
	consumption_step(consumption, 0);
	assert_int_equal(told_count, 2);
	assert_int_equal(driver.asked, 1);
	assert_true(driver.alone);
	assert_true(isnan(tick.usage[FIGURE_GPU]));
	assert_int_equal(tick.gpu_ns, 0);
	driver.answers = true;
	tick.sampled = false;
	consumption_step(consumption, 1);
	assert_int_equal(told_count, 4);
	expect(2, answer_ns, 70, 0);
	expect(3, answer_ns, 40, 100);
	assert_true(told[2].gpu_mib == 1 && told[3].gpu_mib == 101);
	assert_true(isnan(told[2].cpu_s) && isnan(told[3].cpu_s));
	assert_int_equal(tick.gpu_ns, answer_ns);
	tick.sampled = true;
	consumption_step(consumption, NS_PER_S);
	assert_int_equal(told_count, 6);
	for (size_t i = FIGURE_GPU; i < FIGURES; i++)
		assert_true(tick.usage[i] == 1);
	assert_true(tick.usage[FIGURE_CPU] == 1);
	driver.silent = true;
	consumption_step(consumption, 3 * NS_PER_S);
	for (size_t i = FIGURE_GPU; i < FIGURES; i++)
		assert_true(isnan(tick.usage[i]));
	assert_string_equal(
	    consumption_gpu_problem(consumption), "it is silent");
	consumption_destroy(consumption);
	consumption = NULL;
	assert_int_equal(driver.destroyed, 1);
}

static void without_a_gpu_the_cause_is_known(void **state)
{
	(void)state;
	driver.missing = true;
	create((struct consumption_plan){.launched = true}, GPU);
	assert_string_equal(
	    consumption_missing_gpu(consumption), "no GPU here");
	assert_null(consumption_gpu_problem(consumption));
	consumption_step(consumption, 0);
	assert_int_equal(driver.asked, 0);
}

/* Also a reading of GPUs that has ended meanwhile. */
static void the_last_reading_has_the_time_of_the_tick(void **state)
{
	(void)state;
	join(100, 40, 100);
	create((struct consumption_plan){.each = true, .launched = true},
	    CPU | GPU);
	driver.answers = true;
	consumption_finish(consumption);
	assert_int_equal(told_count, 4);
	expect(0, EPOCH_NS + 5 * NS_PER_S, 70, 0);
	expect(2, tick.time_ns, 70, 0);
	expect(3, tick.time_ns, 40, 100);
	assert_true(told[2].cpu_s == 1);
	assert_int_equal(tick.usage_ns, tick.time_ns);
}

/* A process that nobody has seen, and one that has ended. */
static void what_wait_tells_is_counted(void **state)
{
	const struct launch_event event = {.cpu_us = 2000000};

	(void)state;
	join(100, 40, 100);
	join(101, 30, 200);
	create((struct consumption_plan){.launched = true}, CPU);
	consumption_add_waited(consumption, NULL, &event);
	consumption_step(consumption, 0);
	assert_true(told[0].cpu_s == 5);
	members_lose(&members, 1);
	consumption_close(consumption, &members);
	members_sweep(&members);
	consumption_step(consumption, NS_PER_S);
	assert_true(told[1].cpu_s == 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_whole_has_the_middle_of_its_reading),
	    TEST(each_process_has_its_own),
	    TEST(an_attached_program_begins_at_0),
	    TEST(gpus_are_reported_once_they_answer),
	    TEST(without_a_gpu_the_cause_is_known),
	    TEST(the_last_reading_has_the_time_of_the_tick),
	    TEST(what_wait_tells_is_counted),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}

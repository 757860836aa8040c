// SPDX-License-Identifier: MIT
//
// The third pass of a tick: the order in which a sink gets what was found out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "recorder/report.h"

static char log_text[1024];

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *format, ...)
{
	size_t len = strlen(log_text);
	va_list args;

	va_start(args, format);
	vsnprintf(log_text + len, sizeof(log_text) - len, format, args);
	va_end(args);
}

static void on_introduce(
    void *context, const struct sink_introduction *introduction)
{
	(void)context;
	add("introduce %d %s '%s'; ", (int)introduction->process->pid,
	    introduction->process->name, introduction->command);
}

static void on_exit_of(void *context, const struct sink_exit *end)
{
	(void)context;
	add("exit %d %d %d %d %d; ", (int)end->pid, end->has_status,
	    end->status, end->oom, (int)end->peak_kib);
}

static void on_tick(void *context, const struct sink_tick *tick)
{
	(void)context;
	add("tick %d; ", (int)tick->total_kib);
}

static void on_peak(void *context, const struct sink_peak *peak)
{
	(void)context;
	add("peak %d; ", (int)peak->kib);
}

static void on_share(void *context, const struct sink_share *share)
{
	(void)context;
	add("share %d %d %d %zu; ", (int)share->time_ns, (int)share->kib,
	    (int)share->pss_kib, share->processes);
}

static void on_mark(
    void *context, int64_t time_ns, int64_t kib, const char *label)
{
	(void)context;
	add("mark %d %d %s; ", (int)time_ns, (int)kib, label);
}

static void on_usage(void *context, const struct sink_usage *usage)
{
	(void)context;
	add("usage %d; ", (int)usage->kib);
}

static void on_flush(void *context)
{
	(void)context;
	add("flush; ");
}

static const struct sink sink = {.introduce = on_introduce,
    .exit = on_exit_of,
    .tick = on_tick,
    .peak = on_peak,
    .share = on_share,
    .mark = on_mark,
    .usage = on_usage,
    .flush = on_flush};
static const struct sink silent;
static struct report report = {.sink = &sink, .epoch_ns = 1000};
static struct members members;

static void assert_reported(const char *expected)
{
	assert_string_equal(log_text, expected);
	log_text[0] = 0;
}

static struct member *add_member(pid_t pid)
{
	struct proc_stat stat = {.pid = pid, .ppid = 1, .name = "program"};
	struct member *member = members_add(&members, &stat);

	member->is_root = members.list.len == 1;
	return member;
}

static struct member *at(size_t position)
{
	return &members.list.items[position];
}

static int begin(void **state)
{
	(void)state;
	log_text[0] = 0;
	report.highest = 0;
	add_member(10);
	return 0;
}

static int end(void **state)
{
	(void)state;
	members_finish(&members);
	return 0;
}

static void an_end_stands_behind_the_names(void **state)
{
	(void)state;
	add_member(11);
	add_member(12);
	at(1)->gone = at(1)->judged = at(1)->has_status = at(1)->oom = true;
	at(1)->exit_status = 9;
	at(1)->peak_kib = 70;
	report_ends(&report, &members);
	assert_reported("introduce 10 program ''; introduce 11 program ''; "
			"exit 11 1 9 1 70; ");
	report_ends(&report, &members);
	assert_reported("");
	at(2)->gone = at(2)->judged = at(2)->introduced = true;
	report_ends(&report, &members);
	assert_reported("exit 12 0 0 0 -1; ");
}

/* Its end is reported behind everything else, by report_exit(). */
static void the_programs_end_is_no_end_of_a_descendant(void **state)
{
	(void)state;
	at(0)->gone = at(0)->judged = true;
	report_ends(&report, &members);
	assert_reported("introduce 10 program ''; ");
}

static void who_is_not_judged_has_no_end_yet(void **state)
{
	(void)state;
	add_member(11)->gone = true;
	report_ends(&report, &members);
	assert_reported("");
}

static void a_pid_of_another_is_announced_before_its_sample(void **state)
{
	const struct sink_tick tick = {.total_kib = 5};

	(void)state;
	add_member(20);
	report_tick(&report, &members, &tick);
	assert_reported("tick 5; ");
	add_member(15);
	add_member(21);
	report_tick(&report, &members, &tick);
	assert_reported(
	    "introduce 10 program ''; introduce 15 program ''; tick 5; ");
	report_tick(&report, &members, &tick);
	assert_reported("tick 5; ");
}

static void the_same_pid_may_be_another_process(void **state)
{
	const struct sink_tick tick = {.total_kib = 5};

	(void)state;
	add_member(20);
	report_tick(&report, &members, &tick);
	members_lose(&members, 1);
	members_sweep(&members);
	add_member(20);
	report_tick(&report, &members, &tick);
	assert_reported("tick 5; introduce 10 program ''; "
			"introduce 20 program ''; tick 5; ");
}

/* The program is announced first of all, and by itself only where a later one
 * needs it. */
static void a_reused_pid_of_the_program_is_announced_with_others(void **state)
{
	const struct sink_tick tick = {.total_kib = 5};

	(void)state;
	report.highest = 50;
	report_tick(&report, &members, &tick);
	assert_reported("introduce 10 program ''; tick 5; ");
	add_member(11);
	report_tick(&report, &members, &tick);
	assert_reported("introduce 11 program ''; tick 5; ");
}

static void what_is_gone_or_known_is_not_announced(void **state)
{
	const struct sink_tick tick = {.total_kib = 5};

	(void)state;
	add_member(20);
	report_tick(&report, &members, &tick);
	log_text[0] = 0;
	add_member(15)->gone = true;
	add_member(16)->introduced = true;
	report_tick(&report, &members, &tick);
	assert_reported("tick 5; ");
}

static void a_name_is_news_once(void **state)
{
	(void)state;
	report_name(&report, at(0), "program -x");
	assert_true(at(0)->introduced);
	assert_reported("introduce 10 program 'program -x'; ");
}

static void figures_go_through_as_they_are(void **state)
{
	const struct sink_tick tick = {.time_ns = 6, .total_kib = 5};
	const struct shares_reading reading = {
	    .boot_ns = 7, .rss_kib = 300, .pss_kib = 200, .sharers = 2};
	struct peak_tracker peaks = {.peak = {.kib = 9}, .unreported = true};

	(void)state;
	report_mark(&report, &tick, "label");
	report_share(&report, &reading);
	report_peak(&report, &peaks);
	report_usage(&report, &(struct sink_usage){.kib = 8});
	report_flush(&report);
	assert_false(peaks.unreported);
	assert_reported(
	    "mark 6 5 label; share 1007 300 200 2; peak 9; usage 8; "
	    "flush; ");
}

static void a_member_is_as_the_sink_gets_it(void **state)
{
	struct sink_process process;

	(void)state;
	at(0)->kib = 3;
	at(0)->peak_kib = 4;
	at(0)->started = 77;
	process = report_process(at(0));
	assert_true(process.is_root);
	assert_int_equal(process.pid, 10);
	assert_int_equal(process.ppid, 1);
	assert_int_equal(process.kib, 3);
	assert_int_equal(process.peak_kib, 4);
	assert_int_equal(process.start_ticks, 77);
	assert_string_equal(process.name, "program");
}

static void the_time_is_that_since_the_epoch(void **state)
{
	int64_t before = clock_ns(CLOCK_BOOTTIME);
	int64_t now = report_now_ns(&report);

	(void)state;
	assert_in_range(now, before + 1000, clock_ns(CLOCK_BOOTTIME) + 1000);
}

static void a_sink_may_leave_things_out(void **state)
{
	struct report to_nobody = {.sink = &silent};
	const struct shares_reading reading = {0};
	const struct sink_tick tick = {0};
	struct peak_tracker peaks = {0};

	(void)state;
	report_name(&to_nobody, at(0), "");
	report_exit(&to_nobody, &(struct sink_exit){0});
	report_tick(&to_nobody, &members, &tick);
	report_peak(&to_nobody, &peaks);
	report_share(&to_nobody, &reading);
	report_mark(&to_nobody, &tick, "");
	report_usage(&to_nobody, &(struct sink_usage){0});
	report_flush(&to_nobody);
	assert_reported("");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_end_stands_behind_the_names),
	    TEST(the_programs_end_is_no_end_of_a_descendant),
	    TEST(who_is_not_judged_has_no_end_yet),
	    TEST(a_pid_of_another_is_announced_before_its_sample),
	    TEST(the_same_pid_may_be_another_process),
	    TEST(a_reused_pid_of_the_program_is_announced_with_others),
	    TEST(what_is_gone_or_known_is_not_announced),
	    TEST(a_name_is_news_once),
	    TEST(figures_go_through_as_they_are),
	    TEST(a_member_is_as_the_sink_gets_it),
	    TEST(the_time_is_that_since_the_epoch),
	    TEST(a_sink_may_leave_things_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

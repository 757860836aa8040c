// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/terminal.h"
#include "commands/command.h"
#include "commands/run.h"
#include "render/live.h"
#include "input/profiles.h"
#include "input/target.h"
#include "dat/catalog.h"
#include "dat/reader.h"
#include "recorder/sampler.h"

enum { WATCH_STEP_MS = 100, WATCH_WAIT_MS = 1000 };

struct watch_options {
	double interval_s, last_s;
	bool pid;
	const char *by;
	struct run_group group;
	unsigned with; /* resources: set of proc/usage.h */
};

static const struct watch_options defaults = {.interval_s = 0.1};

static const char *const groupings[] = {"name", NULL};

#define AT(member) offsetof(struct watch_options, member)

static const struct option_row rows[] = {
    {'T', "interval", "DURATION",
	"time between samples of a process (default 0.1)",
	.parse = option_duration, .offset = AT(interval_s), .ours = true},
    {'p', "pid", NULL,
	"treat the argument as a process, even if a recording has that number",
	.parse = option_flag, .offset = AT(pid), .ours = true},
    {0, "last", "DURATION",
	"draw only the latest part of this length: 5m; + and - change it",
	.parse = option_duration, .offset = AT(last_s), .ours = true},
    {0, "by", "WHAT",
	"add up the processes by {}, so that workers that replace each other "
	"are one line; n switches it",
	.parse = option_choice, .offset = AT(by), .choices = groupings,
	.ours = true},
    RUN_GROUP_ROWS(struct watch_options, group, "", "draw"),
    {RUN_WITH_FIELDS(struct watch_options, with, "print")}, {0}};

static struct live_view command_watch_view(const struct watch_options *options)
{
	return (struct live_view){
	    .last_s = options->last_s, .grouped = options->by != NULL};
}

/* Whether the word is a recording: a file, or a number of mprof list. */
static bool watch_is_profile(const char *word)
{
	struct catalog catalog;
	struct err ignored;
	bool found = access(word, F_OK) == 0;
	long number;

	if (found || !catalog_number(word, &number))
		return found;
	if (number < 0)
		return true;
	found = catalog_init(&catalog, ".", &ignored) == 0 &&
		catalog_at(&catalog, number) != NULL;
	catalog_finish(&catalog);
	return found;
}

static int command_watch_follow(
    struct dat_follow *file, const struct watch_options *options, struct err *e)
{
	enum screen_event event = SCREEN_NOTHING;
	int64_t drawn_s = 0;
	struct live live;
	int got = 0;

	live_init(&live, true, NULL);
	live.view = command_watch_view(options);
	while (event != SCREEN_QUIT) {
		int64_t now_s = clock_mono_ns() / NS_PER_S;
		bool news;

		got = dat_follow_read(file, &news, e);
		if (got != 0)
			break;
		live.shown = dat_follow_profile(file);
		/* the age of the last sample changes once a second */
		live_draw(
		    &live, news || event == SCREEN_CHANGED || now_s != drawn_s);
		drawn_s = now_s;
		event = screen_wait(&live.screen, WATCH_STEP_MS);
		if (event == SCREEN_KEY)
			live_on_key(&live);
	}
	live_finish(&live);
	return got;
}

/* Whether the newest recording in this directory is still being written. */
static bool command_watch_is_written(void)
{
	struct err ignored;
	char *newest = catalog_newest(".", &ignored);
	int fd = newest ? open(newest, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	bool is_written = fd >= 0 && file_lock_is_held(fd);

	if (fd >= 0)
		close(fd);
	free(newest);
	return is_written;
}

/* In "mprof run ./server & mprof watch" the recording may begin a moment after
 * this command. */
static void command_watch_await(void)
{
	const struct timespec step = {0, WATCH_STEP_MS * (NS_PER_S / 1000)};

	for (int ms = 0; ms < WATCH_WAIT_MS; ms += WATCH_STEP_MS) {
		if (command_watch_is_written())
			return;
		nanosleep(&step, NULL);
	}
}

static int watch_profile(
    char **argv, int count, const struct watch_options *options)
{
	struct profiles profiles;
	struct dat_follow *file = NULL;
	struct err e;
	int status;

	if (count == 0)
		command_watch_await();
	status = profiles_init(&profiles, argv, count, stderr);
	if (status == COMMAND_OK) {
		file = dat_follow_open(profiles.paths.items[0], &e);
		if (!file || command_watch_follow(file, options, &e) != 0)
			status = command_fail(COMMAND_FAILED, &e);
	}
	dat_follow_close(file);
	profiles_finish(&profiles);
	return status;
}

/* The terminal is restored before a message is printed. */
static int command_watch_sample(const struct sampler_plan *plan,
    const struct sink *sink, pid_t pid, struct err *e)
{
	struct sampler *sampler = sampler_create(plan, sink, e);
	struct live *live = plan->hooks[0].context;
	struct sampler_result result;
	struct launch launch;
	int got = -1;

	if (sampler && launch_watch(&launch, pid, e) == 0) {
		sampler_run(sampler, &launch, &result);
		launch_finish(&launch);
		got = result.end == SAMPLER_ENDED ? 1 : 0;
	}
	live_finish(live);
	if (got >= 0) {
		run_warn_gpu(sampler_missing_gpu(sampler));
		run_warn_gpu(result.gpu.text);
	}
	sampler_destroy(sampler);
	return got;
}

static int watch_target(
    const struct target *target, const struct watch_options *options)
{
	struct live live;
	struct sink sink = {0};
	struct sampler_plan plan = {
	    .interval_ns = (int64_t)(options->interval_s * NS_PER_S),
	    .metric = metric_find("rss"),
	    .with = options->with,
	    .group = target->group,
	    .group_path = target->group_path,
	    .hooks = {live_hook(&live)},
	    .quit = &live.quit};
	char *command = mem_join(target->argv), clean[4096];
	struct err e;
	int got;

	live_init(&live, true, command);
	live.view = command_watch_view(options);
	live_measures(&live, &plan);
	got = command_watch_sample(
	    &plan, &sink, target->group ? -1 : target->pid, &e);
	if (got == 1 && target->group)
		fprintf(stderr, "mprof: %s: no process is left\n",
		    utf8_clean(clean, sizeof(clean), command));
	else if (got == 1)
		fprintf(stderr, "mprof: process %d ended\n", (int)target->pid);
	free(command);
	return got < 0 ? command_fail(COMMAND_FAILED, &e) : COMMAND_OK;
}

/* Watches the process that word names; NULL: a control group. */
static int watch_process(const char *word, const struct watch_options *options)
{
	struct target target;
	int status = word ? target_init(&target, word)
			  : run_group_find(&options->group, &target);

	if (status == COMMAND_OK)
		status = watch_target(&target, options);
	target_finish(&target);
	return status;
}

static int command_watch_exec(const void *values, char **argv, int count)
{
	const struct watch_options *options = values;
	struct terminal terminal;
	struct err e;

	terminal_read(&terminal, STDOUT_FILENO);
	if (run_group_check(&options->group, count > 0 ? argv[0] : NULL, &e) !=
	    0)
		return command_fail(COMMAND_MISUSED, &e);
	if (count > 1) {
		err_set(&e, "%s: one recording or process at a time", argv[1]);
		return command_fail(COMMAND_MISUSED, &e);
	}
	/* An empty word is reported as misuse without a terminal, too. */
	if (count == 1 && !argv[0][0])
		return watch_process(argv[0], options);
	if (!terminal.screen) {
		err_set(&e, "standard output is not a terminal that can be "
			    "drawn on; mprof plot --terminal draws once");
		return command_fail(COMMAND_FAILED, &e);
	}
	if (run_group_option(&options->group))
		return watch_process(NULL, options);
	if (count == 1 && (options->pid || !watch_is_profile(argv[0])))
		return watch_process(argv[0], options);
	return watch_profile(argv, count, options);
}

const struct command command_watch = {
    .name = "watch",
    .synopsis = "[options] [PROFILE|PID]",
    .summary = "draw a live chart of a recording or a process",
    .details =
	"Without an argument, it shows the newest recording in this directory. "
	"An\n"
	"argument that is neither a file nor a number from mprof list is a "
	"process: its\n"
	"pid or its name. q quits; the recording and the process go on. Space "
	"pauses,\n"
	"+ and - zoom, l lists the processes by memory, name or pid, n adds "
	"them up by\n"
	"name.\n"
	"\n"
	"  mprof run ./server & mprof watch     a running recording\n"
	"  mprof watch 4711                     a process, without a file\n"
	"  mprof watch --container web          all processes of a container\n",
    .options = rows,
    .options_size = sizeof(struct watch_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_watch_exec,
};

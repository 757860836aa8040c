// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "analysis/peak.h"
#include "base/utf8.h"
#include "commands/command.h"
#include "commands/phases.h"
#include "commands/profiles.h"

struct peak_options {
	const char *function;
	bool phases;
	struct profiles_options profiles;
};

static const struct option_row rows[] = {
    {.name = "func",
	.arg = "NAME",
	.help = "the peak while this function ran, named as in the file",
	.parse = option_text,
	.offset = offsetof(struct peak_options, function)},
    {.name = "phases",
	.help = "also the peak and the growth between the marks",
	.parse = option_flag,
	.offset = offsetof(struct peak_options, phases),
	.ours = true},
    PROFILES_ROWS(struct peak_options, profiles), {0}};

static void print_clean(const char *text)
{
	char *clean = utf8_clean_copy(text);

	fputs(clean, stdout);
	free(clean);
}

static void print_children(const struct peaks *peaks)
{
	for (size_t i = 0; i < peaks->children.len; i++) {
		const struct child_peak *child = &peaks->children.items[i];

		fputs("  Child ", stdout);
		print_clean(child->process->key);
		printf("\t\t\t%.3f MiB\n", child->mib);
	}
}

/* A function that was never called has no descendants' peaks either. */
static void print_peaks(
    const struct profile *profile, const struct peak_options *options)
{
	struct peaks peaks;
	double mib;
	int got = 0;

	peaks_init(&peaks, profile);
	mib = peaks.mib;
	if (options->function)
		got = peak_of_function(profile, options->function, &mib);
	print_clean(profile->path);
	if (got != 0 || !peaks.found)
		puts("\tNaN MiB");
	else
		printf("\t%.3f MiB\n", mib);
	if (got == 0)
		print_children(&peaks);
	for (size_t i = 0; options->phases && i < profile->runs.len; i++)
		phases_print(&profile->runs.items[i]);
	peaks_finish(&peaks);
}

static int run(const void *values, char **words, int count)
{
	const struct peak_options *options = values;
	struct profiles profiles;
	int status = profiles_init(&profiles, words, count, stdout);

	for (size_t i = 0; i < profiles.paths.len; i++) {
		struct profile profile;

		if (profiles_read(&profile, profiles.paths.items[i],
			&options->profiles) != 0)
			status = COMMAND_FAILED;
		else
			print_peaks(&profile, options);
		profile_finish(&profile);
	}
	profiles_finish(&profiles);
	return status;
}

const struct command command_peak = {
    .name = "peak",
    .synopsis = "[options] [PROFILE ...]",
    .summary = "print the highest memory of recordings",
    .details = "A profile is a file or a number of mprof list, -1 the "
	       "newest; the newest is\ntaken where none is named.\n",
    .options = rows,
    .options_size = sizeof(struct peak_options),
    .takes = COMMAND_TAKES_PROFILES,
    .run = run,
};

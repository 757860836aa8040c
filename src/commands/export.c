// SPDX-License-Identifier: MIT
#include "analysis/spread.h"
#include "base/io.h"
#include "base/mem.h"
#include "commands/command.h"
#include "export/formats.h"
#include "input/profiles.h"

struct export_options {
	const struct export_format *format; /* NULL: by the ending of output */
	const char *output;
	struct profiles_options profiles;
};

static struct option_value export_value_at(size_t at)
{
	const struct export_format *format = export_format_at(at);

	if (!format)
		return (struct option_value){0};
	return (struct option_value){format->name, format->summary};
}

static int export_parse_format(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	const struct export_format *format = export_format_find(text);

	if (!format)
		return options_refuse(row, text, e);
	*(const struct export_format **)where = format;
	return 0;
}

static const struct option_row rows[] = {
    {.name = "format",
	.arg = "FORMAT",
	.help = "the format (default: that of FILE's extension, or csv)",
	.parse = export_parse_format,
	.offset = offsetof(struct export_options, format),
	.choice_at = export_value_at,
	.ours = true},
    {'o', "output", "FILE", "write to FILE; - is standard output", option_text,
	offsetof(struct export_options, output), .ours = true},
    PROFILES_ROWS(struct export_options, profiles), {0}};

static const struct export_options defaults = {.output = "-"};

/* Writes the profile, or the set where profile is NULL. Returns the exit
 * status. */
static int export_write_output(const struct export_options *options,
    const struct profile *profile, const struct spread *set)
{
	const struct export_format *format =
	    options->format ? options->format
			    : export_format_of_path(options->output);
	struct io_output out;
	struct err e;
	int got;

	if (io_output_open(&out, options->output, &e) != 0)
		return command_fail(COMMAND_FAILED, &e);
	got = profile ? format->write(profile, out.stream, &e)
		      : export_set_write(format, set, out.stream, &e);
	if (got != 0)
		io_output_discard(&out);
	else
		got = io_output_commit(&out, &e);
	return got == 0 ? COMMAND_OK : command_fail(COMMAND_FAILED, &e);
}

/* Several recordings are exported as a set: a row for each. */
static int export_write_set(
    const struct profiles *profiles, const struct export_options *options)
{
	size_t len = profiles->paths.len, count = 0;
	struct overview *overviews = mem_zero(len, sizeof(overviews[0]));
	int status = COMMAND_OK;
	struct spread spread;

	for (size_t i = 0; i < len; i++) {
		struct profile profile;
		int got = profiles_read(
		    &profile, profiles->paths.items[i], &options->profiles);

		if (got == 0 || overview_is_unmeasured(&profile))
			overview_init(&overviews[count++], &profile);
		if (got != 0)
			status = COMMAND_FAILED;
		profile_finish(&profile);
	}
	spread_init(&spread, overviews, count);
	if (spread.members.len > 0 &&
	    export_write_output(options, NULL, &spread) != COMMAND_OK)
		status = COMMAND_FAILED;
	spread_finish(&spread);
	for (size_t i = 0; i < count; i++)
		overview_finish(&overviews[i]);
	free(overviews);
	return status;
}

static int export_write_one(
    const struct profiles *profiles, const struct export_options *options)
{
	struct profile profile;
	int status = COMMAND_FAILED;

	if (profiles_read(
		&profile, profiles->paths.items[0], &options->profiles) == 0)
		status = export_write_output(options, &profile, NULL);
	profile_finish(&profile);
	return status;
}

static int command_export_exec(const void *values, char **argv, int count)
{
	const struct export_options *options = values;
	struct profiles profiles;
	int status = profiles_init(&profiles, argv, count, stderr);

	if (status == COMMAND_OK)
		status = profiles.paths.len > 1
			     ? export_write_set(&profiles, options)
			     : export_write_one(&profiles, options);
	profiles_finish(&profiles);
	return status;
}

const struct command command_export = {
    .name = "export",
    .synopsis = "[options] [PROFILE ...]",
    .summary = "write a recording as CSV, JSON, OpenMetrics or stacks",
    .details =
	"For several recordings, it writes a table with a row for each: csv or "
	"json.\n"
	"\n"
	"Examples:\n"
	"  mprof export > run.csv\n"
	"  mprof export --format json -1 | jq '.runs[0].peak_mib'\n"
	"  mprof export -o run.om run.dat\n"
	"  mprof export --format folded run.dat | flamegraph.pl > grow.svg\n"
	"  mprof export -o run.speedscope.json run.dat\n"
	"  mprof export -o run.pb run.dat && go tool pprof run.pb\n",
    .options = rows,
    .options_size = sizeof(struct export_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_export_exec,
};

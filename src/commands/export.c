// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/io.h"
#include "commands/command.h"
#include "commands/exports.h"
#include "commands/profiles.h"
#ifdef HAVE_CSV
#include "csv/export.h"
#endif

static const char *const format_names[] = {
    "csv", "json", "openmetrics", "folded", NULL};

static const struct {
	const char *ending;
	export_write *write;
} formats[] = {
    {".csv", export_csv},
    {".json", export_json},
    {".om", export_openmetrics},
    {".folded", export_folded},
};

struct export_options {
	const char *format, *output;
	struct profiles_options profiles;
};

static const struct option_row rows[] = {
    {.name = "format",
	.arg = "FORMAT",
	.help = "csv, json, openmetrics or folded; else by the output's "
		"name, else csv",
	.parse = option_choice,
	.offset = offsetof(struct export_options, format),
	.choices = format_names,
	.ours = true},
    {'o', "output", "FILE", "where to write; - is standard output", option_text,
	offsetof(struct export_options, output), .ours = true},
    PROFILES_ROWS(struct export_options, profiles), {0}};

static const struct export_options defaults = {.output = "-"};

#ifdef HAVE_CSV
int export_csv(const struct profile *profile, FILE *out, struct err *e)
{
	(void)e;
	csv_export(profile, out);
	return 0;
}
#else
int export_csv(const struct profile *profile, FILE *out, struct err *e)
{
	(void)profile, (void)out;
	return err_set(e,
	    "--format csv: this mprof was built without libcsv; json is "
	    "there");
}
#endif

static export_write *find_format(const struct export_options *options)
{
	size_t len = strlen(options->output);

	for (size_t i = 0; options->format && format_names[i]; i++) {
		if (strcmp(options->format, format_names[i]) == 0)
			return formats[i].write;
	}
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		size_t end = strlen(formats[i].ending);

		if (len > end &&
		    strcmp(options->output + len - end, formats[i].ending) == 0)
			return formats[i].write;
	}
	return export_csv;
}

static int write_profile(
    const struct profile *profile, const struct export_options *options)
{
	struct io_output out;
	struct err e;

	if (io_output_open(&out, options->output, &e) != 0)
		return command_fail(COMMAND_FAILED, &e);
	if (find_format(options)(profile, out.stream, &e) != 0) {
		io_output_discard(&out);
		return command_fail(COMMAND_FAILED, &e);
	}
	if (io_output_commit(&out, &e) != 0)
		return command_fail(COMMAND_FAILED, &e);
	return COMMAND_OK;
}

static int command_export_exec(const void *values, char **words, int count)
{
	const struct export_options *options = values;
	struct profiles profiles;
	struct profile profile;
	struct err e;
	int status;

	if (count > 1) {
		err_set(
		    &e, "%s: export takes one recording at a time", words[1]);
		return command_fail(COMMAND_MISUSED, &e);
	}
	status = profiles_init(&profiles, words, count, stderr);
	if (status == COMMAND_OK) {
		status = COMMAND_FAILED;
		if (profiles_read(&profile, profiles.paths.items[0],
			&options->profiles) == 0)
			status = write_profile(&profile, options);
		profile_finish(&profile);
	}
	profiles_finish(&profiles);
	return status;
}

const struct command command_export = {
    .name = "export",
    .synopsis = "[options] [PROFILE]",
    .summary = "write a recording as CSV, JSON, OpenMetrics or folded stacks",
    .details = "Examples:\n"
	       "  mprof export > run.csv\n"
	       "  mprof export --format json -1 | jq '.runs[0].peak_mib'\n"
	       "  mprof export -o run.om run.dat\n"
	       "  mprof export --format folded run.dat | flamegraph.pl > "
	       "grow.svg\n",
    .options = rows,
    .options_size = sizeof(struct export_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_export_exec,
};

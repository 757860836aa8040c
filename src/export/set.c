// SPDX-License-Identifier: MIT
#include <math.h>

#include "base/json.h"
#include "export/formats.h"
#ifdef HAVE_CSV
#include "csv/export.h"
#endif

enum { SCHEMA = 1 };

static void export_set_member(
    struct json *json, const struct spread_member *member)
{
	const struct overview *overview = member->overview;
	char status[OVERVIEW_STATUS];

	overview_status(overview, status);
	json_open(json, '{');
	json_member_text(json, "path", overview->name);
	json_member_rounded(json, "rank",
	    overview->rank >= 0 ? (double)overview->rank : NAN, 6);
	json_member_text(json, "host", overview->host);
	json_member_text(json, "job", overview->job);
	json_member_text(json, "metric", overview->measure);
	json_member_rounded(json, "start_s", overview->start_s, 6);
	json_member_rounded(json, "duration_s", overview->duration_s, 6);
	json_member_rounded(json, "peak_mib", overview->peak_mib, 6);
	json_member_text(json, "status", status);
	json_member_rounded(json, "z", member->scores[SPREAD_PEAK].z, 6);
	json_member_rounded(
	    json, "duration_z", member->scores[SPREAD_DURATION].z, 6);
	json_member_bool(json, "apart", spread_is_apart(member));
	json_close(json, '}');
}

int export_set_json(const struct spread *spread, FILE *out, struct err *e)
{
	struct json json;

	(void)e;
	json_init(&json, out);
	json_open_document(&json, SCHEMA);
	json_member_open(&json, "recordings", '[');
	for (size_t i = 0; i < spread->members.len; i++)
		export_set_member(&json, &spread->members.items[i]);
	json_close(&json, ']');
	json_key(&json, "set");
	spread_write(spread, &json);
	json_close(&json, '}');
	return 0;
}

#ifdef HAVE_CSV
static void export_set_cell(const char *text, FILE *out)
{
	csv_write_quoted(text ? text : "", out);
	fputc(',', out);
}

static void export_set_row(const struct spread_member *member, FILE *out)
{
	const struct overview *overview = member->overview;
	char status[OVERVIEW_STATUS];

	overview_status(overview, status);
	export_set_cell(overview->name, out);
	if (overview->rank >= 0)
		fprintf(out, "%ld", overview->rank);
	fputc(',', out);
	export_set_cell(overview->host, out);
	export_set_cell(overview->job, out);
	export_set_cell(overview->measure, out);
	fprintf(out, "%.4f,%.4f,%.6f,", overview->start_s, overview->duration_s,
	    overview->peak_mib);
	export_set_cell(status, out);
	fprintf(out, "%.3f,%.3f,%d\r\n", member->scores[SPREAD_PEAK].z,
	    member->scores[SPREAD_DURATION].z, spread_is_apart(member));
}

int export_set_csv(const struct spread *spread, FILE *out, struct err *e)
{
	(void)e;
	fputs("path,rank,host,job,metric,start,duration,peak_mib,status,z,"
	      "duration_z,apart\r\n",
	    out);
	for (size_t i = 0; i < spread->members.len; i++)
		export_set_row(&spread->members.items[i], out);
	return 0;
}
#else
int export_set_csv(const struct spread *spread, FILE *out, struct err *e)
{
	(void)spread;
	return export_csv(NULL, out, e);
}
#endif

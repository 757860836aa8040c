// SPDX-License-Identifier: MIT
#include "export/formats.h"

#ifdef HAVE_CSV
#include "csv/export.h"

int export_csv(const struct profile *profile, FILE *out, struct err *e)
{
	(void)e;
	csv_export(profile, out);
	return 0;
}
#else
int export_csv(const struct profile *profile, FILE *out, struct err *e)
{
	(void)profile;
	(void)out;
	return err_set(
	    e, "--format csv: this mprof was built without libcsv; use json");
}
#endif

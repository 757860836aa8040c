// SPDX-License-Identifier: MIT
#include "export/formats.h"

#include <string.h>

#include "base/io.h"

static const struct export_format export_formats[] = {
#define EXPORT(name, ending, summary) {#name, ending, summary, export_##name},
#include "export/formats.def"
#undef EXPORT
};

const struct export_format *export_format_at(size_t index)
{
	return index < sizeof(export_formats) / sizeof(export_formats[0])
		   ? &export_formats[index]
		   : NULL;
}

const struct export_format *export_format_find(const char *name)
{
	const struct export_format *format;

	for (size_t i = 0; (format = export_format_at(i)) != NULL; i++) {
		if (strcmp(format->name, name) == 0)
			return format;
	}
	return NULL;
}

const struct export_format *export_format_of_path(const char *path)
{
	const struct export_format *format, *found = NULL;

	/* Chooses the longest, as one ending may end with another. */
	for (size_t i = 0; (format = export_format_at(i)) != NULL; i++) {
		if (path_has_ending(path, format->ending) &&
		    (!found || strlen(format->ending) > strlen(found->ending)))
			found = format;
	}
	return found ? found : export_formats;
}

int export_set_write(const struct export_format *format,
    const struct spread *spread, FILE *out, struct err *e)
{
	static const struct {
		const char *name;
		export_set *write;
	} sets[] = {{"csv", export_set_csv}, {"json", export_set_json}};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (strcmp(sets[i].name, format->name) == 0)
			return sets[i].write(spread, out, e);
	}
	return err_set(e,
	    "export: %s takes one recording at a time; csv and json take a set",
	    format->name);
}

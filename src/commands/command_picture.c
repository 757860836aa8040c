// SPDX-License-Identifier: MIT
#include "commands/command_picture.h"

#include <string.h>
#include <unistd.h>

#include "base/io.h"

int command_picture_write(
    const struct render_request *request, const char *path, struct err *e)
{
	struct render_request drawn = *request;
	struct err warning = {""};
	struct io_output out;

	if (io_output_open(&out, path, e) != 0)
		return -1;
	if (request->format->binary && isatty(fileno(out.stream))) {
		io_output_discard(&out);
		return err_set(e,
		    "-o %s: %s is a terminal; send it to a file or through a "
		    "pipe",
		    path, strcmp(path, "-") == 0 ? "standard output" : "this");
	}
	drawn.warning = &warning;
	if (request->format->render(&drawn, out.stream, e) != 0) {
		io_output_discard(&out);
		return -1;
	}
	if (*warning.text)
		fprintf(stderr, "mprof: %s\n", warning.text);
	return io_output_commit(&out, e);
}

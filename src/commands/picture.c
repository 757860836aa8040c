// SPDX-License-Identifier: MIT
#include "commands/picture.h"

#include <unistd.h>

#include "base/io.h"

int picture_write(const struct render_request *request,
    const struct render_format *format, const char *path, struct err *e)
{
	struct io_output out;

	if (io_output_open(&out, path, e) != 0)
		return -1;
	if (format->binary && isatty(fileno(out.stream))) {
		io_output_discard(&out);
		return err_set(e,
		    "-o -: standard output is a terminal; send it to a file "
		    "or through a pipe");
	}
	if (format->render(request, out.stream, e) != 0) {
		io_output_discard(&out);
		return -1;
	}
	return io_output_commit(&out, e);
}

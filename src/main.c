// SPDX-License-Identifier: MIT
#if __SIZEOF_POINTER__ < 8
#error "mprof is for 64-bit systems: it reads addresses of 64 bits"
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/self.h"
#include "commands/command.h"
#include "commands/command_version.h"

/* A full disk behind stdout must not look like success. */
static int close_stdout(int status)
{
	struct err e;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status ? status : COMMAND_FAILED;
	err_errno(&e, "standard output: not written");
	return command_fail(
	    status ? (enum command_status)status : COMMAND_FAILED, &e);
}

int main(int argc, char **argv)
{
	struct err e;

	io_guard_streams();
	if (self_drop_privileges(&e) != 0)
		return command_fail(COMMAND_TROUBLE, &e);
	if (argc < 2) {
		command_print_usage(stdout);
		return close_stdout(COMMAND_FAILED);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		command_print_usage(stdout);
		return close_stdout(COMMAND_OK);
	}
	if (strcmp(argv[1], "--version") == 0) {
		if (argc > 2 && strcmp(argv[2], "--verbose") == 0)
			version_print_machine(stdout);
		else
			version_print(stdout);
		return close_stdout(COMMAND_OK);
	}
	return close_stdout(command_main(argc - 1, argv + 1));
}

// SPDX-License-Identifier: MIT
#include "dat/glance.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

/* The first line with the keyword, its newline cut off; NULL without one.
 * FUNC lines may stand before it. */
static char *glance_find_command(char *text)
{
	static const char keyword[] = "CMDLINE ", bom[] = "\xef\xbb\xbf";

	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		line += strncmp(line, bom, 3) == 0 ? 3 : 0;
		if (strncmp(line, keyword, strlen(keyword)) == 0) {
			line += strlen(keyword);
			line[strcspn(line, "\r\n")] = 0;
			return line;
		}
	}
	return NULL;
}

void dat_glance(const char *path, char *out, size_t size)
{
	char text[4096], *command;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t len = fd == -1 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd != -1)
		close(fd);
	text[len > 0 ? len : 0] = 0;
	command = glance_find_command(text);
	utf8_clean(out, size, command ? command : "");
}

// SPDX-License-Identifier: MIT
#include "input/file_kind.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { BEGINNING = 8 };

struct file_kind {
	const char *bytes; /* first bytes of the file */
	size_t len;
	const char *what;    /* continues "FILE: is ..." */
	const char *command; /* filter that makes it readable */
	const char *advice;  /* what to do if there is no filter */
};

#define BYTES(text) text, sizeof(text) - 1

static const struct file_kind file_kinds[] = {
    {BYTES("\x1f\x8b"), "compressed with gzip", "gzip -dc", NULL},
    {BYTES("BZh"), "compressed with bzip2", "bzip2 -dc", NULL},
    {BYTES("\xfd"
	   "7zXZ"),
	"compressed with xz", "xz -dc", NULL},
    {BYTES("\x28\xb5\x2f\xfd"), "compressed with zstd", "zstd -dc", NULL},
    {BYTES("\x04\x22\x4d\x18"), "compressed with lz4", "lz4 -dc", NULL},
    {BYTES("PK\3\4"), "a zip archive or a spreadsheet", NULL,
	"unpack it, or save its table as CSV"},
    {BYTES("PAR1"), "a Parquet file", NULL, "save its table as CSV"},
    {BYTES("SQLite f"), "an SQLite database", NULL, "save its table as CSV"},
    {BYTES("\xff\xfe"), "text in UTF-16", "iconv -f UTF-16 -t UTF-8", NULL},
    {BYTES("\xfe\xff"), "text in UTF-16", "iconv -f UTF-16 -t UTF-8", NULL},
};

/* Recognises UTF-16 without a byte order mark: each ASCII character has a zero
 * byte beside it. */
static const char *file_kind_encoding(const unsigned char *bytes, size_t len)
{
	bool little = len == BEGINNING, big = little;

	for (size_t i = 0; i < len; i += 2) {
		little = little && bytes[i] && !bytes[i + 1];
		big = big && !bytes[i] && bytes[i + 1];
	}
	return little ? "UTF-16LE" : big ? "UTF-16BE" : NULL;
}

/* Quotes the name for a shell. The caller frees. */
static char *file_kind_quote(const char *path)
{
	const char *plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
			    "yz0123456789._-+/:@%,=";
	char *text = mem_zero(4 * strlen(path) + 3, 1), *out = text;

	if (strspn(path, plain) == strlen(path)) {
		strcpy(text, path);
		return text;
	}
	*out++ = '\'';
	for (; *path; path++)
		out =
		    stpcpy(out, *path == '\'' ? "'\\''" : (char[2]){*path, 0});
	*out = '\'';
	return text;
}

static int file_kind_refuse(
    const struct file_kind *kind, const char *path, struct err *e)
{
	char *quoted;

	if (!kind->command)
		return err_set(
		    e, "%s: is %s: %s", path, kind->what, kind->advice);
	quoted = file_kind_quote(path);
	err_set(e, "%s: is %s; make it readable: %s < %s > NEW", path,
	    kind->what, kind->command, quoted);
	free(quoted);
	return -1;
}

static size_t file_kind_read(const char *path, unsigned char *bytes)
{
	struct stat about;
	ssize_t len;
	int fd;

	/* A pipe is not opened: its writer would see a reader open and close
	 * it. */
	if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
		return 0;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = pread(fd, bytes, BEGINNING, 0);
	close(fd);
	return len > 0 ? (size_t)len : 0;
}

int file_kind_check(const char *path, struct err *e)
{
	unsigned char bytes[BEGINNING];
	size_t len = file_kind_read(path, bytes);
	const char *encoding = file_kind_encoding(bytes, len);

	for (size_t i = 0; i < sizeof(file_kinds) / sizeof(file_kinds[0]);
	     i++) {
		const struct file_kind *kind = &file_kinds[i];

		if (len >= kind->len &&
		    memcmp(bytes, kind->bytes, kind->len) == 0)
			return file_kind_refuse(kind, path, e);
	}
	if (encoding) {
		char *command = mem_format("iconv -f %s -t UTF-8", encoding);
		struct file_kind kind = {
		    .what = "text in UTF-16", .command = command};

		file_kind_refuse(&kind, path, e);
		free(command);
		return -1;
	}
	return 0;
}

bool file_kind_is_json(const char *path)
{
	unsigned char bytes[BEGINNING];
	size_t len = file_kind_read(path, bytes);

	return len > 0 && (bytes[0] == '{' || bytes[0] == '[');
}

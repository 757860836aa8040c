// SPDX-License-Identifier: MIT
#include "python/agent_tables.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "python/agent/shelf.h"
#include "python/agent/table.h"
#include "python/agent_attach.h"

enum {
	TABLES_MAX = 10000,
	LINE_MAX_NUMBER = 1 << 30,
	DIGITS_MAX = 15,
	WAITS_MAX = 100 /* of 10 ms each, for processes that are printing */
};

#define FILE_MAX_BYTES ((size_t)64 << 20)

static const char table_pattern[] = "[0-9]*-[0-9]*" SHELF_SUFFIX;

struct table_name {
	long pid, number;
	char text[64];
};

struct table_names {
	ARRAY(struct table_name) items;
	size_t too_many;
};

int agent_tables_open(
    struct agent_tables *tables, const char *path, struct err *e)
{
	*tables = (struct agent_tables){0};
	if (mkdir(path, 0700) != 0)
		return err_errno(e, "%s: line tables can't be kept", path);
	tables->directory = mem_copy(path);
	return 0;
}

static void agent_tables_add_name(struct table_names *names, const char *text)
{
	struct table_name name = {0};
	char *end;

	if (fnmatch(table_pattern, text, 0) != 0 ||
	    strlen(text) >= sizeof(name.text))
		return;
	if (names->items.len == TABLES_MAX) {
		names->too_many++;
		return;
	}
	name.pid = strtol(text, &end, 10);
	name.number = strtol(end + 1, NULL, 10);
	strcpy(name.text, text);
	*array_push(&names->items) = name;
}

static int agent_tables_order(const void *x, const void *y)
{
	const struct table_name *a = x, *b = y;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static void agent_tables_list(struct table_names *names, const char *directory)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;

	*names = (struct table_names){0};
	while (dir && (entry = readdir(dir)) != NULL)
		agent_tables_add_name(names, entry->d_name);
	if (dir)
		closedir(dir);
	if (names->items.len)
		qsort(names->items.items, names->items.len,
		    sizeof(struct table_name), agent_tables_order);
}

/* False where the process is still printing it. waits: number of waits left. */
static bool agent_tables_lock(int fd, int *waits)
{
	static const struct timespec while_printing = {.tv_nsec = 10000000};

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EINTR && (errno != EWOULDBLOCK || --*waits < 0))
			return false;
		nanosleep(&while_printing, NULL);
	}
	return true;
}

/* The whole file; NULL where it is not the agent's. */
static char *agent_tables_read(int fd, size_t *len)
{
	struct stat file;
	char *bytes;
	ssize_t got;

	if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode) ||
	    file.st_nlink == 0 ||
	    file.st_size < (off_t)sizeof(struct shelf_head) ||
	    file.st_size > (off_t)FILE_MAX_BYTES)
		return NULL;
	bytes = mem_zero((size_t)file.st_size, 1);
	got = pread(fd, bytes, (size_t)file.st_size, 0);
	if (got < (ssize_t)sizeof(struct shelf_head)) {
		free(bytes);
		return NULL;
	}
	*len = (size_t)got;
	return bytes;
}

/* Whether all that the head refers to lies within len bytes. */
static bool agent_tables_head_holds(const struct shelf_head *head, size_t len)
{
	size_t text_end =
	    sizeof(*head) + (size_t)head->name_len + (size_t)head->text_len;

	return memcmp(head->magic, SHELF_MAGIC, sizeof(head->magic)) == 0 &&
	       head->row_size == sizeof(struct table_row) &&
	       head->first_line >= 0 && head->first_line < LINE_MAX_NUMBER &&
	       head->name_len <= SHELF_NAME_MAX &&
	       head->text_len <= SHELF_TEXT_MAX && text_end <= head->rows_at &&
	       head->rows_at <= len &&
	       head->rows_len <= (len - head->rows_at) / head->row_size;
}

static void agent_tables_add_rows(
    struct agent_table *table, const struct shelf_head *head, const char *bytes)
{
	for (size_t i = 0; i < head->rows_len; i++) {
		struct table_row row;

		memcpy(
		    &row, bytes + head->rows_at + i * sizeof(row), sizeof(row));
		if (row.count < 1)
			continue;
		*array_push(&table->rows) = (struct agent_table_row){
		    .line = (long)head->first_line + (long)i,
		    .mib = (double)row.bytes / (1 << 20),
		    .growth_mib = (double)row.growth / (1 << 20),
		    .count = row.count};
	}
}

static void agent_tables_free_table(struct agent_table *table)
{
	free(table->file);
	free(table->text);
	array_free(&table->rows);
}

/* False where the file is no table. A table without rows never counted a
 * line. */
static bool agent_tables_parse(
    struct agent_tables *tables, const char *bytes, size_t len)
{
	struct agent_table table = {0};
	struct shelf_head head;
	const char *name = bytes + sizeof(head);

	memcpy(&head, bytes, sizeof(head));
	if (!agent_tables_head_holds(&head, len))
		return head.magic[0] == 0;
	table.first_line = (long)head.first_line;
	table.digits = head.digits < DIGITS_MAX ? (int)head.digits : DIGITS_MAX;
	table.file = mem_copy_n(name, strnlen(name, head.name_len));
	name += head.name_len;
	table.text = mem_copy_n(name, strnlen(name, head.text_len));
	agent_tables_add_rows(&table, &head, bytes);
	if (table.rows.len)
		*array_push(&tables->items) = table;
	else
		agent_tables_free_table(&table);
	return true;
}

/* Clears the head of the file: that tells its process, which has it mapped,
 * that the table was taken. */
static void agent_tables_collect_one(
    struct agent_tables *tables, const char *path, int *waits)
{
	static const char taken[sizeof(SHELF_MAGIC)];
	int fd =
	    open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	char *bytes = NULL;
	size_t len = 0;

	if (fd < 0)
		return;
	if (agent_tables_lock(fd, waits))
		bytes = agent_tables_read(fd, &len);
	if (bytes && !agent_tables_parse(tables, bytes, len))
		tables->left_out++;
	if (bytes && pwrite(fd, taken, sizeof(taken), 0) == sizeof(taken))
		unlink(path);
	free(bytes);
	close(fd);
}

void agent_tables_collect(struct agent_tables *tables)
{
	struct table_names names;
	int waits = WAITS_MAX;

	if (!tables->directory)
		return;
	agent_tables_list(&names, tables->directory);
	for (size_t i = 0; i < names.items.len; i++) {
		char *path = mem_format(
		    "%s/%s", tables->directory, names.items.items[i].text);

		agent_tables_collect_one(tables, path, &waits);
		free(path);
	}
	tables->left_out += names.too_many;
	array_free(&names.items);
}

bool agent_tables_loaded(const struct agent_tables *tables)
{
	char *path;
	bool loaded;

	if (!tables->directory)
		return true;
	path = mem_format("%s/" SHELF_LOADED, tables->directory);
	loaded = access(path, F_OK) == 0;
	free(path);
	return loaded;
}

static bool agent_tables_wrote(const char *name)
{
	return fnmatch(table_pattern, name, 0) == 0 ||
	       strcmp(name, SHELF_LOADED) == 0 || agent_attach_wrote(name);
}

void agent_tables_remove(const char *directory)
{
	io_remove_own_directory(directory, agent_tables_wrote);
}

void agent_tables_close(struct agent_tables *tables)
{
	if (tables->directory)
		agent_tables_remove(tables->directory);
	for (size_t i = 0; i < tables->items.len; i++)
		agent_tables_free_table(&tables->items.items[i]);
	array_free(&tables->items);
	free(tables->directory);
	*tables = (struct agent_tables){0};
}

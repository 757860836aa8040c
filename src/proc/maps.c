// SPDX-License-Identifier: MIT
#include "proc/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "proc/procfs.h"

int maps_open(struct maps *maps, pid_t pid)
{
	maps_init(maps, procfs_open_once(pid, "maps"));
	return maps->fd < 0 ? -1 : 0;
}

void maps_init(struct maps *maps, int fd)
{
	maps->fd = fd;
	maps->used = maps->next = 0;
	maps->ended = false;
	maps->error = 0;
}

void maps_close(struct maps *maps)
{
	if (maps->fd >= 0)
		close(maps->fd);
	maps->fd = -1;
}

/* Moves the rest to the front and reads more after it. */
static void maps_fill(struct maps *maps)
{
	ssize_t got;

	memmove(maps->text, maps->text + maps->next, maps->used - maps->next);
	maps->used -= maps->next;
	maps->next = 0;
	do
		got = read(maps->fd, maps->text + maps->used,
		    sizeof(maps->text) - maps->used);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		maps->error = errno;
	if (got <= 0)
		maps->ended = true;
	else
		maps->used += got;
}

/* A whole line without its newline; NULL at the end. A line longer than the
 * buffer comes in pieces, none of which has the form of a mapping. */
static char *maps_line(struct maps *maps)
{
	for (;;) {
		char *start = maps->text + maps->next;
		size_t left = maps->used - maps->next;
		char *end = memchr(start, '\n', left);

		if (end) {
			*end = '\0';
			maps->next = end + 1 - maps->text;
			return start;
		}
		if (maps->ended)
			return NULL;
		if (left == sizeof(maps->text))
			maps->next = maps->used;
		maps_fill(maps);
	}
}

static const char *maps_number(
    const char *text, int base, char closing, uint64_t *value)
{
	char *end;

	if (!text)
		return NULL;
	errno = 0;
	*value = strtoull(text, &end, base);
	if (end == text || errno || *end != closing)
		return NULL;
	return end + 1;
}

static bool maps_parse(const char *text, struct maps_entry *entry)
{
	const char *at = maps_number(text, 16, '-', &entry->start);
	uint64_t major, minor;

	at = maps_number(at, 16, ' ', &entry->end);
	if (!at || strlen(at) < 5 || at[4] != ' ')
		return false;
	memcpy(entry->access, at, 4);
	entry->access[4] = '\0';
	at = maps_number(at + 5, 16, ' ', &entry->offset);
	at = maps_number(at, 16, ':', &major);
	at = maps_number(at, 16, ' ', &minor);
	if (!at)
		return false;
	entry->device = major << 32 | minor;
	entry->inode = strtoull(at, (char **)&at, 10);
	at += strspn(at, " ");
	entry->path = at;
	return entry->start < entry->end;
}

bool maps_next(struct maps *maps, struct maps_entry *entry)
{
	char *text;

	while ((text = maps_line(maps)))
		if (maps_parse(text, entry))
			return true;
	return false;
}

/* A mapping's line is followed by its figures, VmFlags last. */
bool maps_next_usage(struct maps *maps, struct maps_usage *usage)
{
	struct maps_entry entry;
	const char *text;

	*usage = (struct maps_usage){0};
	while ((text = maps_line(maps))) {
		if (strncmp(text, "Rss:", 4) == 0) {
			usage->rss_kib = strtoll(text + 4, NULL, 10);
		} else if (strncmp(text, "Pss:", 4) == 0) {
			usage->pss_kib = strtoll(text + 4, NULL, 10);
		} else if (strncmp(text, "VmFlags:", 8) == 0) {
			return true;
		} else if (maps_parse(text, &entry)) {
			usage->device = entry.device;
			usage->inode = entry.inode;
		}
	}
	return false;
}

/* Whether the line of smaps begins a mapping; *is_of: it belongs to the
 * library, as memory without a name does if it follows the library. */
static bool maps_line_is_of(const char *line, const char *library, bool *is_of)
{
	const char *name = strrchr(line, '/');
	size_t len = strlen(library);
	int end = 0;

	sscanf(line, "%*x-%*x %*4s%n", &end);
	if (end == 0)
		return false;
	if (name)
		*is_of = strncmp(name + 1, library, len) == 0 &&
			 name[1 + len] == '\n';
	else if (strchr(line, '['))
		*is_of = false;
	return true;
}

int maps_has_file(pid_t pid, const char *name)
{
	struct maps_entry entry;
	bool has = false;
	struct maps maps;

	if (maps_open(&maps, pid) < 0)
		return -1;
	while (!has && maps_next(&maps, &entry))
		has = strcmp(path_name(entry.path), name) == 0;
	maps_close(&maps);
	return !has && maps.error ? -1 : has;
}

bool maps_library_wipes(pid_t pid, const char *library)
{
	char path[64], *line = NULL;
	bool is_of = false, wipes = false;
	size_t room = 0;
	FILE *smaps;

	if (maps_has_file(pid, library) != 1)
		return false;
	procfs_path(path, sizeof(path), pid, "smaps");
	smaps = fopen(path, "re");
	while (smaps && !wipes && getline(&line, &room, smaps) > 0) {
		if (!maps_line_is_of(line, library, &is_of))
			wipes = is_of && strncmp(line, "VmFlags:", 8) == 0 &&
				strstr(line, " wf") != NULL;
	}
	free(line);
	if (smaps)
		fclose(smaps);
	return wipes;
}

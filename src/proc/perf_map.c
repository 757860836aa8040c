// SPDX-License-Identifier: MIT
#include "proc/perf_map.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/namespace.h"
#include "proc/procfs.h"

enum {
	CHUNK = 1 << 20,
	FILE_MAX = 64 << 20, /* bytes that are read at most */
	NAMES_MAX = 1 << 19,
	TEXTS_MAX = 32 << 20,
	NAME_MAX_LEN = 1024
};

#define AGAIN_NS (NS_PER_S / 10)
#define WANTED_FILE_MAX ((int64_t)2 << 30)

/* Later names are for code that replaced other code. */
static int perf_map_order(const void *x, const void *y)
{
	const struct perf_map_name *a = x, *b = y;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return (a->text > b->text) - (a->text < b->text);
}

/* Whether the name of the code [start, end) is of use. */
static bool perf_map_wants(
    const struct perf_map *map, uint64_t start, uint64_t end)
{
	size_t low = 0, high = map->wanted_count;

	if (!map->wanted)
		return true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->wanted[middle] < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < map->wanted_count && map->wanted[low] < end;
}

/* The name for Java's "Interpreter", which stands for all methods that were not
 * compiled. */
static char interpreted[] = "java (interpreted)";

/* Parses START SIZE NAME, the first two in hexadecimal. */
static void perf_map_read_line(struct perf_map *map, char *line)
{
	char *end;
	uint64_t start = strtoull(line, &end, 16), size;

	if (end == line || *end != ' ')
		return;
	line = end;
	size = strtoull(line, &end, 16);
	if (end == line || *end != ' ' || size == 0 || start + size < start ||
	    map->names.len == NAMES_MAX || map->texts.len > TEXTS_MAX ||
	    !perf_map_wants(map, start, start + size))
		return;
	line = end + strspn(end, " ");
	if (*line == 0)
		return;
	if (strcmp(line, "Interpreter") == 0)
		line = interpreted;
	*array_push(&map->names) =
	    (struct perf_map_name){start, start + size, map->texts.len};
	strbuf_add_bytes(&map->texts, line, strnlen(line, NAME_MAX_LEN));
	strbuf_add_bytes(&map->texts, "", 1);
}

static void perf_map_read_lines(struct perf_map *map, char *text, size_t len)
{
	char *newline;

	while ((newline = memchr(text, '\n', len)) != NULL) {
		size_t line = (size_t)(newline - text) + 1;

		*newline = 0;
		perf_map_read_line(map, text);
		map->read += (int64_t)line;
		text += line;
		len -= line;
	}
}

/* Skips a chunk without a newline: it is no text. */
static void perf_map_read_on(struct perf_map *map, int fd)
{
	int64_t most = map->wanted ? WANTED_FILE_MAX : FILE_MAX;
	char *text = mem_zero(CHUNK + 1, 1);
	ssize_t got;

	while (
	    map->read < most && (got = pread(fd, text, CHUNK, map->read)) > 0) {
		int64_t before = map->read;

		text[got] = 0;
		perf_map_read_lines(map, text, (size_t)got);
		if (map->read == before && got < CHUNK)
			break;
		if (map->read == before)
			map->read += got;
	}
	free(text);
}

/* Whether the file still begins with what was read: Java writes all of it anew
 * each time that it is asked to. */
static bool perf_map_goes_on(const struct perf_map *map, int fd)
{
	char last[sizeof(map->last)];

	return map->last_len == 0 ||
	       (pread(fd, last, map->last_len,
		    map->read - (int64_t)map->last_len) ==
		       (ssize_t)map->last_len &&
		   memcmp(last, map->last, map->last_len) == 0);
}

void perf_map_load(struct perf_map *map, int fd)
{
	size_t len = sizeof(map->last);
	ssize_t got;

	if (!perf_map_goes_on(map, fd)) {
		map->names.len = map->sorted = 0;
		strbuf_cut(&map->texts, 0);
		map->read = 0;
	}
	perf_map_read_on(map, fd);
	if ((int64_t)len > map->read)
		len = (size_t)map->read;
	got = pread(fd, map->last, len, map->read - (int64_t)len);
	map->last_len = got > 0 ? (size_t)got : 0;
	if (map->names.len > map->sorted)
		qsort(map->names.items, map->names.len,
		    sizeof(map->names.items[0]), perf_map_order);
	map->sorted = map->names.len;
}

/* Whether the file belongs to the process's user, so that nobody else can have
 * put it there. */
static bool perf_map_is_its(const struct perf_map *map, int fd)
{
	struct stat file, process;
	char path[64];

	procfs_path(path, sizeof(path), map->pid, ".");
	return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
	       file.st_size != map->read && stat(path, &process) == 0 &&
	       file.st_uid == process.st_uid;
}

static void perf_map_refresh(struct perf_map *map)
{
	int64_t now_ns = clock_mono_ns();
	int fd;

	if (map->read_ns && now_ns - map->read_ns < AGAIN_NS)
		return;
	map->read_ns = now_ns;
	if (!map->path[0])
		procfs_path(map->path, sizeof(map->path), map->pid,
		    "root/tmp/perf-%d.map", (int)namespace_inner_pid(map->pid));
	fd = open(map->path,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return;
	if (perf_map_is_its(map, fd))
		perf_map_load(map, fd);
	close(fd);
}

/* The last name that begins at or before the address. */
const char *perf_map_search(const struct perf_map *map, uint64_t address)
{
	size_t low = 0, high = map->names.len;
	const struct perf_map_name *name;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->names.items[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	name = low > 0 ? &map->names.items[low - 1] : NULL;
	return name && address < name->end ? map->texts.text + name->text
					   : NULL;
}

const char *perf_map_find(struct perf_map *map, uint64_t address)
{
	perf_map_refresh(map);
	return perf_map_search(map, address);
}

/* Python's form, "py::load:/srv/app.py". */
static bool perf_map_split_python(
    const char *name, struct perf_map_place *place)
{
	const char *at =
	    strncmp(name, "py::", 4) == 0 ? strstr(name + 4, ":/") : NULL;

	if (!at)
		return false;
	*place = (struct perf_map_place){.function = name + 4,
	    .function_len = (size_t)(at - name) - 4,
	    .path = at + 1,
	    .path_len = strlen(at + 1),
	    .line = "0",
	    .line_len = 1};
	return true;
}

/* The length of the path in path:line:column; 0: there is none. */
static size_t perf_map_path_len(const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		const char *end = text + --len;

		if (*end == ':' &&
		    strspn(end + 1, "0123456789:") == strlen(end + 1) &&
		    strchr(end + 1, ':'))
			return len;
	}
	return 0;
}

/* Splits Python's form, or that of Node.js, "JS:*load /srv/app.js:12:7". Code
 * outside functions has no name there. Functions and paths may contain blanks.
 */
bool perf_map_split(const char *name, struct perf_map_place *place)
{
	static const char unnamed[] = "(anonymous)";
	const char *slash = strstr(name, " /");
	const char *at = slash ? slash : strrchr(name, ' ');
	const char *start = strchr(name, ':');

	if (perf_map_split_python(name, place))
		return true;
	if (!at || !start || start > at)
		return false;
	start++;
	start += strspn(start, "*~^+");
	if (start > at)
		return false;
	*place = (struct perf_map_place){.function = start,
	    .function_len = (size_t)(at - start),
	    .path = at + 1,
	    .path_len = perf_map_path_len(at + 1)};
	if (place->path_len == 0)
		return false;
	if (place->function_len == 0) {
		place->function = unnamed;
		place->function_len = strlen(unnamed);
	}
	place->line = place->path + place->path_len + 1;
	place->line_len = strcspn(place->line, ":");
	return true;
}

void perf_map_finish(struct perf_map *map)
{
	array_free(&map->names);
	strbuf_finish(&map->texts);
	*map = (struct perf_map){0};
}

// SPDX-License-Identifier: MIT
#include "allocation/executable.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "allocation/file.h"
#include "base/clock.h"

#define LOCK_TRIES 2000
/* Reading takes at most this part of the time where it helps; else less and
 * less. */
#define SHARE 20
/* A part not used in that time before may be used at once: a program often
 * generates code right after another read. */
#define UNUSED_NS (NS_PER_S / 10)
#define WAIT_FIRST_NS (NS_PER_S / 100)
#define WAIT_MOST_NS (10 * NS_PER_S)

/* A text that is looked for. Its first character occurs once in it. */
struct executable_text {
	const char *text;
	size_t len; /* characters that were found */
	bool is_found;
};

/* A line of /proc/PID/maps, as far as it was read: "begin-end rwxp ...". */
struct executable_line {
	enum {
		EXECUTABLE_BEGIN,
		EXECUTABLE_END,
		EXECUTABLE_FLAGS,
		EXECUTABLE_REST
	} part;
	uint64_t begin, end;
	bool is_readable, is_executable;
};

static void executable_seek(struct executable_text *text, char c)
{
	if (c != text->text[text->len])
		text->len = c == text->text[0];
	else
		text->len++;
	if (text->text[text->len])
		return;
	text->is_found = true;
	text->len = 0;
}

static void executable_add(
    struct executable *code, const struct executable_line *line)
{
	struct executable_range *last = &code->ranges[code->len];

	if (!line->is_readable || !line->is_executable)
		return;
	if (code->len > 0 && last[-1].end == line->begin) {
		last[-1].end = line->end;
	} else if (code->len < EXECUTABLE_RANGES) {
		*last = (struct executable_range){line->begin, line->end};
		code->len++;
	}
}

static uint64_t executable_digit(char c)
{
	return (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
}

static void executable_read_char(
    struct executable *code, struct executable_line *line, char c)
{
	if (c == '\n') {
		executable_add(code, line);
		*line = (struct executable_line){0};
	} else if (line->part == EXECUTABLE_REST) {
		return;
	} else if (c == '-' && line->part == EXECUTABLE_BEGIN) {
		line->part = EXECUTABLE_END;
	} else if (c == ' ') {
		line->part++;
	} else if (line->part == EXECUTABLE_BEGIN) {
		line->begin = line->begin * 16 + executable_digit(c);
	} else if (line->part == EXECUTABLE_END) {
		line->end = line->end * 16 + executable_digit(c);
	} else {
		line->is_readable |= c == 'r';
		line->is_executable |= c == 'x';
	}
}

/* Neither open() nor read() is called: a thread may be cancelled there. Returns
 * -1 where the file can't be opened. */
static int executable_open(const char *path)
{
	return file_descriptor_open(path, O_RDONLY | O_CLOEXEC);
}

static long executable_read(struct executable *code, int fd)
{
	return syscall(SYS_read, fd, code->text, sizeof(code->text));
}

static bool executable_file_has(
    struct executable *code, const char *path, const char *text)
{
	struct executable_text wanted = {.text = text};
	int fd = executable_open(path);
	long got;

	if (fd < 0)
		return false;
	while ((got = executable_read(code, fd)) > 0)
		for (long i = 0; i < got; i++)
			executable_seek(&wanted, code->text[i]);
	file_descriptor_close(fd);
	return wanted.is_found;
}

static void executable_find_option(struct executable *code)
{
	static const char option[] = "+PreserveFramePointer";
	bool is_kept =
	    executable_file_has(code, "/proc/thread-self/cmdline", option) ||
	    executable_file_has(code, "/proc/thread-self/environ", option);

	__atomic_store_n(&code->pointers,
	    is_kept ? EXECUTABLE_POINTERS_KEPT : EXECUTABLE_POINTERS_NONE,
	    __ATOMIC_RELAXED);
}

static void executable_read_maps(struct executable *code)
{
	struct executable_text java = {.text = "/libjvm.so"};
	struct executable_line line = {0};
	int fd = executable_open("/proc/thread-self/maps");
	long got;

	if (fd < 0)
		return;
	code->len = 0;
	while ((got = executable_read(code, fd)) > 0) {
		for (long i = 0; i < got; i++) {
			executable_read_char(code, &line, code->text[i]);
			executable_seek(&java, code->text[i]);
		}
	}
	file_descriptor_close(fd);
	if (java.is_found && code->pointers == EXECUTABLE_POINTERS_UNKNOWN)
		executable_find_option(code);
}

static bool executable_knows(const struct executable *code, uint64_t address)
{
	size_t low = 0, high = code->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (code->ranges[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < code->len && code->ranges[low].begin <= address;
}

static int64_t executable_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static bool executable_find(struct executable *code, uint64_t address)
{
	int64_t cost_ns, wait_ns, now_ns;
	bool is_found = executable_knows(code, address);

	if (is_found)
		return true;
	now_ns = clock_mono_ns();
	if (now_ns < code->next_ns)
		return false;
	cost_ns = executable_cpu_ns();
	executable_read_maps(code);
	cost_ns = executable_cpu_ns() - cost_ns;
	is_found = executable_knows(code, address);
	if (is_found || code->wait_ns == 0)
		code->wait_ns = WAIT_FIRST_NS;
	else if (code->wait_ns < WAIT_MOST_NS)
		code->wait_ns *= 2;
	wait_ns = is_found ? 0 : code->wait_ns;
	if (wait_ns < cost_ns * SHARE)
		wait_ns = cost_ns * SHARE;
	if (code->next_ns < now_ns - UNUSED_NS)
		code->next_ns = now_ns - UNUSED_NS;
	code->next_ns += wait_ns;
	return is_found;
}

static bool executable_lock(struct executable *code)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (__atomic_exchange_n(&code->lock, 1, __ATOMIC_ACQUIRE) == 0)
			return true;
		sched_yield();
	}
	return false;
}

static void executable_unlock(struct executable *code)
{
	__atomic_store_n(&code->lock, 0, __ATOMIC_RELEASE);
}

bool executable_has(struct executable *code, uint64_t address)
{
	bool is_found;

	if (!executable_lock(code))
		return false;
	is_found = executable_find(code, address);
	executable_unlock(code);
	return is_found;
}

size_t executable_select(struct executable *code, uint64_t *words, size_t count)
{
	size_t selected = 0;

	if (!executable_lock(code))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (executable_knows(code, words[i]))
			words[selected++] = words[i];
	executable_unlock(code);
	return selected;
}

enum executable_pointers executable_find_pointers(const struct executable *code)
{
	return __atomic_load_n(&code->pointers, __ATOMIC_RELAXED);
}

/* The length of an indirect call without its prefixes: FF /2, by the byte that
 * names the operand and the one after it; 0: it is none. */
static size_t executable_call_len(uint8_t operand, uint8_t scaled)
{
	unsigned mode = operand >> 6, base = operand & 7;
	size_t len = base == 4 && mode != 3 ? 3 : 2;

	if ((operand & 0x38) != 0x10)
		return 0;
	if (mode == 1)
		return len + 1;
	if (mode == 2 ||
	    (mode == 0 && (base == 5 || (base == 4 && (scaled & 7) == 5))))
		return len + 4;
	return len;
}

bool executable_ends_with_call(
    const uint8_t bytes[static EXECUTABLE_CALL_BYTES])
{
	if (bytes[EXECUTABLE_CALL_BYTES - 5] == 0xe8)
		return true;
	for (size_t len = 2; len <= 7; len++) {
		const uint8_t *at = &bytes[EXECUTABLE_CALL_BYTES - len];

		if (at[0] == 0xff &&
		    executable_call_len(at[1], len > 2 ? at[2] : 0) == len)
			return true;
	}
	return false;
}

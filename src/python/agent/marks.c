// SPDX-License-Identifier: MIT
#include "python/agent/marks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digits.h"
#include "python/agent/attached.h"
#include "python/agent/rss.h"

#define NAME_MAX_BYTES 400

static struct {
	char *path; /* NULL: no recording, or an attached one */
	struct attached attached;
	pid_t launched; /* this process, if mprof has started it */
	bool several;   /* other processes or threads may write calls, too */
	bool torn;      /* the last write was cut short: the file ends inside a
			   line */
} marks;

void marks_init(void)
{
	const char *path = getenv("MPROF_AGENT_FILE");
	const char *recorder = getenv("MPROF_AGENT_RECORDER");

	if (marks.path || !path || path[0] != '/')
		return;
	marks.path = strdup(path);
	if (recorder && digits_at(recorder) == (uint64_t)getppid())
		marks.launched = getpid();
}

bool marks_begin(const char *path)
{
	if (marks.path)
		return false;
	attached_forget(&marks.attached);
	marks.path = strdup(path);
	marks.several = true;
	return marks.path != NULL;
}

void marks_end(void)
{
	free(marks.path);
	marks.path = NULL;
}

struct marks_moment marks_now(void)
{
	return (struct marks_moment){clock_wall_ns(), rss_pages()};
}

/* Turns a name into one word on one line, cut at a character's end. */
static void agent_marks_clean_name(char *out, const char *name)
{
	size_t len = 0;

	for (; *name && len < NAME_MAX_BYTES; name++) {
		unsigned char c = (unsigned char)*name;

		out[len++] = c <= ' ' || c == 0x7f ? '_' : *name;
	}
	while (*name && len > 0 && (out[len - 1] & 0xc0) == 0x80)
		len--;
	if (*name && len > 0 && (out[len - 1] & 0x80))
		len--;
	if (len == 0)
		out[len++] = '_';
	out[len] = 0;
}

static char *agent_marks_put_encoded(char *out, const char *name)
{
	for (; *name; name++) {
		if (strchr("%=;", *name) || strncmp(name, "MEM", 3) == 0)
			out += sprintf(out, "%%%02X", (unsigned)*name);
		else
			*out++ = *name;
	}
	return out;
}

/* printf would write the decimal comma of the program's locale. */
static char *agent_marks_put_fixed(char *out, int64_t value, int decimals)
{
	int64_t unit = 1;

	for (int i = 0; i < decimals; i++)
		unit *= 10;
	return out + sprintf(out, "%lld.%0*lld", (long long)(value / unit),
			 decimals, (long long)(value % unit));
}

static char *agent_marks_put_time(char *out, int64_t ns)
{
	return agent_marks_put_fixed(out, (ns + 50000) / 100000, 4);
}

static char *agent_marks_put_mib(char *out, int64_t pages, int decimals)
{
	double scale = decimals == 4 ? 1e4 : 1e6;

	return agent_marks_put_fixed(
	    out, (int64_t)(rss_mib(pages) * scale + 0.5), decimals);
}

static char *agent_marks_put_func(
    char *out, const char *name, const struct marks_call *call)
{
	out += sprintf(out, "FUNC %s ", name);
	out = agent_marks_put_mib(out, call->enter.pages, 4);
	*out++ = ' ';
	out = agent_marks_put_time(out, call->enter.ns);
	*out++ = ' ';
	out = agent_marks_put_mib(out, call->leave.pages, 4);
	*out++ = ' ';
	out = agent_marks_put_time(out, call->leave.ns);
	return out + sprintf(out, " %d\n", call->level);
}

static char *agent_marks_put_call(
    char *out, const char *name, const struct marks_call *call)
{
	out += sprintf(out, "CALL;name=");
	out = agent_marks_put_encoded(out, name);
	out += sprintf(out, ";pid=%d;tid=%d;level=%d;end=", (int)getpid(),
	    (int)gettid(), call->level);
	out = agent_marks_put_time(out, call->leave.ns);
	out += sprintf(out, ";mib1=");
	out = agent_marks_put_mib(out, call->leave.pages, 6);
	*out++ = ' ';
	out = agent_marks_put_mib(out, call->enter.pages, 6);
	*out++ = ' ';
	out = agent_marks_put_time(out, call->enter.ns);
	*out++ = '\n';
	return out;
}

/* Whether a CALL record is needed: not for the launched program's main thread
 * while it is the only one. A child has another pid, whether or not its fork
 * was noticed. */
static bool agent_marks_needs_call(void)
{
	if (gettid() != marks.launched)
		marks.several = true;
	return marks.several;
}

static void agent_marks_append(const char *path, const char *text, size_t len)
{
	/* A recording that was removed is not created again, and a pipe must
	 * not block the program. */
	int fd =
	    open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t wrote;

	if (fd < 0)
		return;
	wrote = write(fd, text, len);
	if (wrote > 0)
		marks.torn = (size_t)wrote < len;
	close(fd);
}

/* The path of the recording that calls are written to now; NULL: none. */
static const char *agent_marks_recording(void)
{
	if (marks.path)
		return marks.path;
	if (marks.attached.recording && attached_goes_on(&marks.attached))
		return marks.attached.recording;
	if (!attached_find(&marks.attached))
		return NULL;
	marks.several = true;
	marks.torn = false;
	return marks.attached.recording;
}

void agent_marks_write(const struct marks_call *call)
{
	char name[NAME_MAX_BYTES + 1], text[5 * NAME_MAX_BYTES + 600];
	char *out = text;
	int saved = errno;
	const char *path = agent_marks_recording();

	errno = saved;
	if (!path)
		return;
	agent_marks_clean_name(name, call->name);
	if (marks.torn)
		*out++ = '\n';
	out = agent_marks_put_func(out, name, call);
	if (agent_marks_needs_call())
		out = agent_marks_put_call(out, name, call);
	agent_marks_append(path, text, (size_t)(out - text));
	errno = saved;
}

void marks_forked(void)
{
	marks.several = true;
}

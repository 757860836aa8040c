// SPDX-License-Identifier: MIT
#include "python/agent_attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/strbuf.h"
#include "python/agent_env.h"

enum { ANSWER_MAX = 1 << 16, STEP_MS = 10, END_MS = 3000 };

static const char *const agent_attach_files[] = {
    "attach.py", "attached", "detached", "attached.new", "detached.new"};

/* Adds text as Python that gives it back, byte for byte. */
static void agent_attach_add_text(struct strbuf *script, const char *text)
{
	strbuf_add(script, "os.fsdecode(b'");
	for (; *text; text++)
		strbuf_add_format(script, "\\x%02x", (unsigned char)*text);
	strbuf_add(script, "')");
}

static void agent_attach_add_names(struct strbuf *script, const char *names)
{
	strbuf_add(script, "[");
	while (names && *names) {
		size_t len = strcspn(names, ",");
		char *name = mem_copy_n(names, len);

		if (len) {
			agent_attach_add_text(script, name);
			strbuf_add(script, ", ");
		}
		free(name);
		names += len + (names[len] == ',');
	}
	strbuf_add(script, "]");
}

/* No module is imported that the program lacks; its own namespaces are left
 * alone. */
static char *agent_attach_script(const struct agent_attach *attach,
    const struct agent_attach_wish *wish, const char *agent,
    const char *recording)
{
	struct strbuf script = {0};

	strbuf_add(&script, "import _imp, os, sys\n"
			    "folder = ");
	agent_attach_add_text(&script, attach->folder);
	strbuf_add(&script,
	    "\ntry:\n"
	    "    agent = sys.modules.get('_mprof_agent')\n"
	    "    if agent is None:\n"
	    "        spec = type(sys.__spec__)('_mprof_agent', None, origin=");
	agent_attach_add_text(&script, agent);
	strbuf_add(&script, ")\n"
			    "        agent = _imp.create_dynamic(spec)\n"
			    "        _imp.exec_dynamic(agent)\n"
			    "    if agent._attach(");
	agent_attach_add_text(&script, recording);
	strbuf_add_format(&script, ", folder, %ld, ", (long)getpid());
	agent_attach_add_names(&script, wish->names);
	strbuf_add_format(&script, ", %s", wish->lines ? "True" : "False");
	strbuf_add(&script,
	    "):\n"
	    "        sys.modules['_mprof_agent'] = agent\n"
	    "except Exception as error:\n"
	    "    with open(folder + '/attached.new', 'w') as f:\n"
	    "        f.write('-%s' % error)\n"
	    "    os.rename(f.name, folder + '/attached')\n");
	return strbuf_take(&script);
}

static char *agent_attach_path(
    const struct agent_attach *attach, const char *name)
{
	return mem_format("%s/%s", attach->folder, name);
}

static int agent_attach_ask(struct agent_attach *attach, const char *path,
    const char *text, struct err *e)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int failed = -1;

	if (fd < 0 || io_write_all(fd, text, strlen(text)) != 0)
		err_errno(e, "%s", path);
	else
		failed = remote_exec_ask(&attach->exec, path, e);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && failed)
		unlink(path);
	return failed;
}

/* Whether the process finds the same file under that path. */
static bool agent_attach_sees(pid_t pid, const char *path)
{
	char *theirs = mem_format("/proc/%d/root%s", (int)pid, path);
	struct stat here, there;
	bool same = stat(path, &here) == 0 && stat(theirs, &there) == 0 &&
		    here.st_dev == there.st_dev && here.st_ino == there.st_ino;

	free(theirs);
	return same;
}

static int agent_attach_check(
    pid_t pid, const char *const *paths, struct err *e)
{
	char *process = mem_format("/proc/%d", (int)pid);
	struct stat about;
	int known = stat(process, &about);

	free(process);
	if (known == 0 && about.st_uid != geteuid())
		return err_set(e,
		    "process %d: belongs to another user, who can't read the "
		    "agent's files: run mprof as that user",
		    (int)pid);
	for (; *paths; paths++) {
		if (!agent_attach_sees(pid, *paths))
			return err_set(e,
			    "process %d: does not see %s (a container?): run "
			    "mprof where it does",
			    (int)pid, *paths);
	}
	return 0;
}

static int agent_attach_load(struct agent_attach *attach,
    const struct agent_attach_wish *wish, const char *agent,
    const char *recording, struct err *e)
{
	const char *const paths[] = {agent, recording, attach->folder, NULL};
	char *script, *path;
	int failed;

	if (agent_attach_check(wish->pid, paths, e) != 0)
		return -1;
	script = agent_attach_script(attach, wish, agent, recording);
	path = agent_attach_path(attach, "attach.py");
	failed = agent_attach_ask(attach, path, script, e);
	free(path);
	free(script);
	if (!failed)
		attach->state = AGENT_ATTACH_ASKED;
	return failed;
}

int agent_attach_begin(struct agent_attach *attach,
    const struct agent_attach_wish *wish, struct err *e)
{
	char *found, *agent, *recording;
	int failed;

	*attach = (struct agent_attach){0};
	if (remote_exec_init(&attach->exec, wish->pid, e) != 0)
		return -1;
	found = self_companion(AGENT_ENV_FILE, e);
	if (!found)
		return -1;
	agent = realpath(found, NULL);
	free(found);
	recording = realpath(wish->recording, NULL);
	attach->folder = wish->tables ? realpath(wish->tables, NULL) : NULL;
	if (agent && recording && attach->folder)
		failed = agent_attach_load(attach, wish, agent, recording, e);
	else
		failed =
		    err_errno(e, "process %d: no directory for its requests",
			(int)wish->pid);
	free(agent);
	free(recording);
	return failed;
}

static char *agent_attach_read(
    const struct agent_attach *attach, const char *name)
{
	char *path = agent_attach_path(attach, name), *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t got;

	free(path);
	if (fd < 0)
		return NULL;
	text = mem_zero(ANSWER_MAX + 1, 1);
	got = read(fd, text, ANSWER_MAX);
	close(fd);
	if (got > 0)
		return text;
	free(text);
	return NULL;
}

/* The answer in that file, once it is there; NULL where wait_ms went by. */
static char *agent_attach_await(
    const struct agent_attach *attach, const char *name, int wait_ms)
{
	static const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
	char *text;

	while (!(text = agent_attach_read(attach, name)) && wait_ms > 0) {
		nanosleep(&step, NULL);
		wait_ms -= STEP_MS;
	}
	return text;
}

bool agent_attach_look(struct agent_attach *attach, int wait_ms, char **text)
{
	char *answer;

	if (attach->state != AGENT_ATTACH_ASKED)
		return false;
	answer = agent_attach_await(attach, "attached", wait_ms);
	if (!answer)
		return false;
	attach->state = *answer == '+' ? AGENT_ATTACH_ON : AGENT_ATTACH_REFUSED;
	*text = mem_copy(answer + 1);
	free(answer);
	return true;
}

/* The script lies beside the folder, and removes itself: it may run when the
 * folder is gone. */
static char *agent_attach_leave_script(
    const struct agent_attach *attach, const char *path)
{
	struct strbuf script = {0};

	strbuf_add(&script, "import os, sys\n"
			    "agent = sys.modules.get('_mprof_agent')\n"
			    "if agent is not None:\n"
			    "    agent._detach(");
	agent_attach_add_text(&script, attach->folder);
	strbuf_add(&script, ")\n"
			    "os.unlink(");
	agent_attach_add_text(&script, path);
	strbuf_add(&script, ")\n");
	return strbuf_take(&script);
}

static int agent_attach_leave(struct agent_attach *attach, struct err *e)
{
	char *path = mem_format("%s-detach.py", attach->folder);
	char *script = agent_attach_leave_script(attach, path);
	char *answer = NULL;
	int failed = agent_attach_ask(attach, path, script, e);

	free(script);
	free(path);
	/* A process that has ended has nothing left to do. */
	if (failed)
		return errno == ESRCH ? 0 : -1;
	answer = agent_attach_await(attach, "detached", END_MS);
	if (!answer)
		return err_set(e,
		    "process %d: its main thread has run no Python code since: "
		    "the agent leaves when it does",
		    (int)attach->exec.pid);
	free(answer);
	return 0;
}

int agent_attach_end(struct agent_attach *attach, struct err *e)
{
	char *text = NULL;
	int failed = 0;

	if (attach->state == AGENT_ATTACH_ASKED &&
	    !remote_exec_withdraw(&attach->exec) &&
	    agent_attach_look(attach, END_MS, &text))
		free(text);
	if (attach->state == AGENT_ATTACH_ON)
		failed = agent_attach_leave(attach, e);
	free(attach->folder);
	*attach = (struct agent_attach){0};
	return failed;
}

void agent_attach_remove_files(int folder)
{
	for (size_t i = 0;
	     i < sizeof(agent_attach_files) / sizeof(agent_attach_files[0]);
	     i++)
		unlinkat(folder, agent_attach_files[i], 0);
}

// SPDX-License-Identifier: MIT
#include "python/agent_attach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/strbuf.h"
#include "proc/procfs.h"
#include "python/agent_env.h"

enum { ANSWER_MAX = 1 << 16, STEP_MS = 10, END_MS = 3000, SOON_MS = 300 };

static const char *const agent_attach_files[] = {"attach.py", "attached",
    "sampled", "detached", "attached.new", "sampled.new", "detached.new"};

static const char *const agent_attach_answers[] = {
    [AGENT_ATTACH_CALLS] = "attached", [AGENT_ATTACH_ALLOCATIONS] = "sampled"};

/* The files that a request names. */
struct agent_attach_paths {
	char *agent, *allocation; /* libraries; NULL: not wanted */
	char *recording;
};

/* Adds a Python expression that yields the text, byte for byte. */
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

static void agent_attach_add_agent(struct strbuf *script,
    const struct agent_attach_wish *wish,
    const struct agent_attach_paths *paths)
{
	strbuf_add(script,
	    "try:\n"
	    "    agent = sys.modules.get('_mprof_agent')\n"
	    "    if agent is None:\n"
	    "        spec = type(sys.__spec__)('_mprof_agent', None, origin=");
	agent_attach_add_text(script, paths->agent);
	strbuf_add(script, ")\n"
			   "        agent = _imp.create_dynamic(spec)\n"
			   "        _imp.exec_dynamic(agent)\n"
			   "    if agent._attach(");
	agent_attach_add_text(script, paths->recording);
	strbuf_add_format(script, ", directory, %ld, ", (long)getpid());
	agent_attach_add_names(script, wish->names);
	strbuf_add_format(script, ", %s", wish->lines ? "True" : "False");
	strbuf_add(script,
	    "):\n"
	    "        sys.modules['_mprof_agent'] = agent\n"
	    "except Exception as error:\n"
	    "    with open(directory + '/attached.new', 'w') as f:\n"
	    "        f.write('-%s' % error)\n"
	    "    os.rename(f.name, directory + '/attached')\n");
}

/* Loads the allocation library by a module that other code can't import. */
static void agent_attach_add_allocation(
    struct strbuf *script, const char *library)
{
	strbuf_add(script, "    spec = type(sys.__spec__)("
			   "'_mprof_allocation', None, origin=");
	agent_attach_add_text(script, library);
	strbuf_add(script, ")\n"
			   "    allocation = _imp.create_dynamic(spec)\n");
}

static void agent_attach_add_sampling(struct strbuf *script,
    const struct agent_attach *attach, const struct agent_attach_paths *paths)
{
	strbuf_add(script, "try:\n");
	agent_attach_add_allocation(script, paths->allocation);
	strbuf_add(script, "    why = allocation._start(");
	agent_attach_add_text(script, attach->allocations);
	strbuf_add(script, ")\n"
			   "except Exception as error:\n"
			   "    why = error\n"
			   "with open(directory + '/sampled.new', 'w') as f:\n"
			   "    f.write('+' if why is None else '-%s' % why)\n"
			   "os.rename(f.name, directory + '/sampled')\n");
}

/* The script imports no module that the program lacks, and leaves the program's
 * own namespaces alone. */
static char *agent_attach_script(const struct agent_attach *attach,
    const struct agent_attach_wish *wish,
    const struct agent_attach_paths *paths)
{
	struct strbuf script = {0};

	strbuf_add(&script, "import _imp, os, sys\n"
			    "directory = ");
	agent_attach_add_text(&script, attach->directory);
	strbuf_add(&script, "\n");
	if (paths->agent)
		agent_attach_add_agent(&script, wish, paths);
	if (paths->allocation)
		agent_attach_add_sampling(&script, attach, paths);
	return strbuf_take(&script);
}

static char *agent_attach_path(
    const struct agent_attach *attach, const char *name)
{
	return mem_format("%s/%s", attach->directory, name);
}

/* -1 with e; is_gone (not NULL): whether that is because the process ended. */
static int agent_attach_ask(struct agent_attach *attach, const char *path,
    const char *text, bool *is_gone, struct err *e)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int failed = -1;

	if (fd < 0 || io_write_all(fd, text, strlen(text)) != 0)
		err_errno(e, "%s", path);
	else
		failed = remote_exec_ask(&attach->exec, path, e);
	if (is_gone)
		*is_gone = failed && errno == ESRCH;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && failed)
		unlink(path);
	return failed;
}

/* Whether that path is the same file for the process. */
static bool agent_attach_sees(pid_t pid, const char *path)
{
	char theirs[PATH_MAX];
	struct stat here, there;

	procfs_path(theirs, sizeof(theirs), pid, "root%s", path);
	return stat(path, &here) == 0 && stat(theirs, &there) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static int agent_attach_check(pid_t pid, const struct agent_attach *attach,
    const struct agent_attach_paths *paths, struct err *e)
{
	const char *const seen[] = {paths->agent, paths->recording,
	    paths->allocation, attach->directory, attach->allocations};
	char process[64];
	struct stat about;

	procfs_path(process, sizeof(process), pid, ".");
	if (stat(process, &about) == 0 && about.st_uid != geteuid())
		return err_set(e,
		    "process %d: belongs to another user, who can't read the "
		    "agent's files: run mprof as that user",
		    (int)pid);
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		if (seen[i] && !agent_attach_sees(pid, seen[i]))
			return err_set(e,
			    "process %d: does not see %s (a container?): run "
			    "mprof where it does",
			    (int)pid, seen[i]);
	}
	return 0;
}

static int agent_attach_load(struct agent_attach *attach,
    const struct agent_attach_wish *wish,
    const struct agent_attach_paths *paths, struct err *e)
{
	char *script, *path;
	int failed;

	if (agent_attach_check(wish->pid, attach, paths, e) != 0)
		return -1;
	script = agent_attach_script(attach, wish, paths);
	path = agent_attach_path(attach, "attach.py");
	failed = agent_attach_ask(attach, path, script, NULL, e);
	free(path);
	free(script);
	if (!failed && paths->agent)
		attach->states[AGENT_ATTACH_CALLS] = AGENT_ATTACH_ASKED;
	if (!failed && paths->allocation)
		attach->states[AGENT_ATTACH_ALLOCATIONS] = AGENT_ATTACH_ASKED;
	return failed;
}

/* The path of a library as the process sees it; NULL with e. */
static char *agent_attach_library(const char *name, struct err *e)
{
	char *found = self_companion(name, e);
	char *path = found ? realpath(found, NULL) : NULL;

	if (found && !path)
		err_errno(e, "%s", found);
	free(found);
	return path;
}

/* Finds all the libraries that are wanted. */
static int agent_attach_find(struct agent_attach *attach,
    const struct agent_attach_wish *wish, struct agent_attach_paths *paths,
    struct err *e)
{
	if (wish->recording) {
		paths->agent = agent_attach_library(AGENT_ENV_FILE, e);
		if (!paths->agent)
			return -1;
		paths->recording = realpath(wish->recording, NULL);
	}
	if (wish->allocations) {
		paths->allocation =
		    agent_attach_library(AGENT_ENV_ALLOCATION_FILE, e);
		if (!paths->allocation)
			return -1;
		attach->allocations = realpath(wish->allocations, NULL);
	}
	attach->directory = wish->tables ? realpath(wish->tables, NULL) : NULL;
	if (attach->directory && (!wish->recording || paths->recording) &&
	    (!wish->allocations || attach->allocations))
		return 0;
	return err_errno(
	    e, "process %d: no directory for its requests", (int)wish->pid);
}

int agent_attach_begin(struct agent_attach *attach,
    const struct agent_attach_wish *wish, struct err *e)
{
	struct agent_attach_paths paths = {0};
	int failed = -1;

	*attach = (struct agent_attach){0};
	if (remote_exec_init(&attach->exec, wish->pid, e) == 0 &&
	    agent_attach_find(attach, wish, &paths, e) == 0)
		failed = agent_attach_load(attach, wish, &paths, e);
	free(paths.agent);
	free(paths.allocation);
	free(paths.recording);
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

/* Reads the answer from the file once it is there; NULL where wait_ms
 * passed. */
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

bool agent_attach_poll(struct agent_attach *attach, enum agent_attach_part part,
    int wait_ms, char **text)
{
	char *answer;

	if (attach->states[part] != AGENT_ATTACH_ASKED)
		return false;
	answer =
	    agent_attach_await(attach, agent_attach_answers[part], wait_ms);
	if (!answer)
		return false;
	attach->states[part] =
	    *answer == '+' ? AGENT_ATTACH_ON : AGENT_ATTACH_REFUSED;
	*text = mem_copy(answer + 1);
	free(answer);
	return true;
}

static void agent_attach_add_stop(
    struct strbuf *script, const struct agent_attach *attach)
{
	char *library =
	    agent_attach_library(AGENT_ENV_ALLOCATION_FILE, &(struct err){{0}});

	if (!library)
		return;
	strbuf_add(script, "try:\n");
	agent_attach_add_allocation(script, library);
	strbuf_add(script, "    allocation._stop(");
	agent_attach_add_text(script, attach->allocations);
	strbuf_add(script, ")\n"
			   "except Exception:\n"
			   "    pass\n");
	free(library);
}

/* Leaves the script beside the directory; it removes itself, as it may run when
 * the directory is gone, and first of all, as the process may end. */
static char *agent_attach_leave_script(
    const struct agent_attach *attach, const char *path)
{
	struct strbuf script = {0};

	strbuf_add(&script, "import _imp, os, sys\n"
			    "try:\n"
			    "    os.unlink(");
	agent_attach_add_text(&script, path);
	strbuf_add(&script, ")\n"
			    "except OSError:\n"
			    "    pass\n"
			    "directory = ");
	agent_attach_add_text(&script, attach->directory);
	strbuf_add(&script, "\nagent = None\n");
	if (attach->states[AGENT_ATTACH_ALLOCATIONS] == AGENT_ATTACH_ON)
		agent_attach_add_stop(&script, attach);
	if (attach->states[AGENT_ATTACH_CALLS] == AGENT_ATTACH_ON)
		strbuf_add(
		    &script, "agent = sys.modules.get('_mprof_agent')\n");
	strbuf_add(&script,
	    "if agent is not None:\n"
	    "    agent._detach(directory)\n"
	    "elif os.path.isdir(directory):\n"
	    "    with open(directory + '/detached', 'w') as f:\n"
	    "        f.write('+')\n");
	return strbuf_take(&script);
}

/* One that its parent has not waited for has no root directory, either. */
static bool agent_attach_has_ended(pid_t pid)
{
	char root[64];
	struct stat about;

	procfs_path(root, sizeof(root), pid, "root");
	return stat(root, &about) != 0 && (errno == ENOENT || errno == ESRCH);
}

/* Sampling alone ends by itself, too: where the process does not execute the
 * request soon, the request is withdrawn. One that has ended does not. */
static bool agent_attach_spare(
    const struct agent_attach *attach, const char *path)
{
	if (!agent_attach_has_ended(attach->exec.pid) &&
	    (attach->states[AGENT_ATTACH_CALLS] == AGENT_ATTACH_ON ||
		!remote_exec_withdraw(&attach->exec)))
		return false;
	unlink(path);
	return true;
}

/* The caller owns the path of the request. */
static int agent_attach_leave_by(
    struct agent_attach *attach, const char *path, struct err *e)
{
	char *script = agent_attach_leave_script(attach, path);
	bool is_gone;
	int failed = agent_attach_ask(attach, path, script, &is_gone, e);
	char *answer;

	free(script);
	/* A process that has ended needs no request. */
	if (failed)
		return is_gone ? 0 : -1;
	answer = agent_attach_await(attach, "detached", SOON_MS);
	if (!answer && !agent_attach_spare(attach, path)) {
		answer = agent_attach_await(attach, "detached", END_MS);
		failed = answer || agent_attach_spare(attach, path)
			     ? 0
			     : err_set(e,
				   "process %d: its main thread has run no "
				   "Python code since: the agent leaves when "
				   "it does",
				   (int)attach->exec.pid);
	}
	free(answer);
	return failed;
}

static int agent_attach_leave(struct agent_attach *attach, struct err *e)
{
	char *path = mem_format("%s-detach.py", attach->directory);
	int failed = agent_attach_leave_by(attach, path, e);

	free(path);
	return failed;
}

static bool agent_attach_is(
    const struct agent_attach *attach, enum agent_attach_state state)
{
	return attach->states[AGENT_ATTACH_CALLS] == state ||
	       attach->states[AGENT_ATTACH_ALLOCATIONS] == state;
}

int agent_attach_end(struct agent_attach *attach, struct err *e)
{
	char *text = NULL;
	int failed = 0;

	if (agent_attach_is(attach, AGENT_ATTACH_ASKED) &&
	    !remote_exec_withdraw(&attach->exec)) {
		for (int i = 0; i < AGENT_ATTACH_PARTS; i++)
			if (agent_attach_poll(attach, (enum agent_attach_part)i,
				END_MS, &text))
				free(text);
	}
	if (agent_attach_is(attach, AGENT_ATTACH_ON))
		failed = agent_attach_leave(attach, e);
	free(attach->directory);
	free(attach->allocations);
	*attach = (struct agent_attach){0};
	return failed;
}

bool agent_attach_wrote(const char *name)
{
	for (size_t i = 0;
	     i < sizeof(agent_attach_files) / sizeof(*agent_attach_files); i++)
		if (strcmp(name, agent_attach_files[i]) == 0)
			return true;
	return false;
}

// SPDX-License-Identifier: MIT
#include "proc/container.h"

#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_strings.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "proc/procfs.h"

bool container_id_of(const char *group, char id[CONTAINER_ID])
{
	size_t len = strlen(group);
	const char *at;

	if (path_has_ending(group, ".scope"))
		len -= strlen(".scope");
	if (len < CONTAINER_ID_LEN)
		return false;
	at = group + len - CONTAINER_ID_LEN;
	if (strspn(at, "0123456789abcdef") != CONTAINER_ID_LEN ||
	    (at > group && at[-1] != '-'))
		return false;
	if (at - group >= 7 && strncmp(at - 7, "conmon-", 7) == 0)
		return false;
	memcpy(id, at, CONTAINER_ID_LEN);
	id[CONTAINER_ID_LEN] = 0;
	return true;
}

/* Names are separated by blanks, and contain none. */
static void container_add_name(struct strbuf *names, const char *name)
{
	name += *name == '/'; /* docker's begin with a slash */
	if (!*name || name[strcspn(name, " \t\n")])
		return;
	strbuf_separate(names, " ");
	strbuf_add(names, name);
}

/* Reads a whole state file; the caller frees. NULL: it can't be read. */
static char *container_read(const char *path)
{
	enum { MOST = 4 * 1024 * 1024 };
	char *text = mem_zero(MOST, 1);
	ssize_t got = procfs_read_at(AT_FDCWD, path, text, MOST);

	if (got > 0)
		return mem_resize(text, (size_t)got + 1, 1);
	free(text);
	return NULL;
}

static void container_read_docker(
    const char *text, const char *id, struct strbuf *names)
{
	struct json_strings walk = {.at = text};

	(void)id;
	while (json_strings_next(&walk)) {
		if (walk.depth == 1 && strcmp(walk.key, "Name") == 0)
			container_add_name(names, walk.value);
	}
}

/* One file lists all: [{"id": ID, "names": [NAME, ...], ...}, ...] */
static void container_read_storage(
    const char *text, const char *id, struct strbuf *names)
{
	struct json_strings walk = {.at = text};
	bool own = false;

	while (json_strings_next(&walk)) {
		if (walk.depth == 2 && strcmp(walk.key, "id") == 0)
			own = strcmp(walk.value, id) == 0;
		if (own && walk.depth == 3 && strcmp(walk.key, "names") == 0)
			container_add_name(names, walk.value);
	}
}

/* A pod's own container holds its namespaces, and nothing with a name. */
static void container_read_containerd(
    const char *text, const char *id, struct strbuf *names)
{
	struct json_strings walk = {.at = text};
	char pod[256] = "", name[256] = "";

	(void)id;
	while (json_strings_next(&walk)) {
		const char *key = walk.key;

		if (strcmp(key, "io.kubernetes.cri.sandbox-name") == 0)
			snprintf(pod, sizeof(pod), "%.255s", walk.value);
		else if (strcmp(key, "io.kubernetes.cri.container-name") == 0)
			snprintf(name, sizeof(name), "%.255s", walk.value);
		else if (strcmp(key, "nerdctl/name") == 0)
			container_add_name(names, walk.value);
	}
	if (!name[0])
		return;
	container_add_name(names, name);
	if (pod[0]) {
		char *both = mem_format("%s/%s", pod, name);

		container_add_name(names, pod);
		container_add_name(names, both);
		free(both);
	}
}

/* Kubelet names the file POD_NAMESPACE_CONTAINER-ID.log */
static void container_read_kubelet(
    const char *path, const char *id, struct strbuf *names)
{
	char *pod = mem_copy(path_name(path));
	char *space = strchr(pod, '_');
	char *name = space ? strchr(space + 1, '_') : NULL;
	char *end = name ? strstr(name, id) : NULL;

	if (end && end - 1 > name) {
		char *both;

		end[-1] = 0;
		*space = 0;
		name++;
		both = mem_format("%s/%s", pod, name);
		container_add_name(names, name);
		container_add_name(names, pod);
		container_add_name(names, both);
		free(both);
	}
	free(pod);
}

/* Files below state, with the id in place of %s. */
static const struct {
	const char *pattern;
	void (*read)(const char *text, const char *id, struct strbuf *names);
	bool by_name; /* the path tells the name */
} container_states[] = {
#define STORAGE "containers/storage/overlay-containers/"
    {"/var/lib/docker/containers/%s/config.v2.json", container_read_docker,
	false},
    {"/home/*/.local/share/docker/containers/%s/config.v2.json",
	container_read_docker, false},
    {"/var/lib/" STORAGE "*containers.json", container_read_storage, false},
    {"/home/*/.local/share/" STORAGE "*containers.json", container_read_storage,
	false},
    {"/run/containerd/io.containerd.runtime.v*/*/%s/config.json",
	container_read_containerd, false},
    {"/run/k3s/containerd/io.containerd.runtime.v*/*/%s/config.json",
	container_read_containerd, false},
    {"/var/log/containers/*_*_*-%s.log", container_read_kubelet, true},
#undef STORAGE
};

/* The path below state with the id in it. The caller frees. */
static char *container_pattern(
    const char *state, const char *pattern, const char *id)
{
	const char *at = strstr(pattern, "%s");

	if (!at)
		return mem_format("%s%s", state, pattern);
	return mem_format(
	    "%s%.*s%s%s", state, (int)(at - pattern), pattern, id, at + 2);
}

char *container_names(const char *state, const char *id)
{
	struct strbuf names = {0};

	for (size_t i = 0;
	     i < sizeof(container_states) / sizeof(container_states[0]); i++) {
		char *pattern =
		    container_pattern(state, container_states[i].pattern, id);
		glob_t found = {0};

		glob(pattern, GLOB_NOSORT, NULL, &found);
		for (size_t k = 0; k < found.gl_pathc; k++) {
			char *path = found.gl_pathv[k];
			char *text = container_states[i].by_name
					 ? mem_copy(path)
					 : container_read(path);

			if (text)
				container_states[i].read(text, id, &names);
			free(text);
		}
		globfree(&found);
		free(pattern);
	}
	return names.len > 0 ? strbuf_take(&names) : NULL;
}

pid_t container_pid_of(const char *state, const char *id)
{
	char *pattern = mem_format(
	    "%s/run/containerd/io.containerd.runtime.v*/*/%s/init.pid", state,
	    id);
	glob_t found = {0};
	char text[32] = "";

	if (id[strcspn(id, "/*?[\\")] == 0 && strcmp(id, ".") != 0 &&
	    strcmp(id, "..") != 0)
		glob(pattern, GLOB_NOSORT, NULL, &found);
	if (found.gl_pathc == 1)
		procfs_read_at(AT_FDCWD, found.gl_pathv[0], text, sizeof(text));
	globfree(&found);
	free(pattern);
	return (pid_t)strtol(text, NULL, 10);
}

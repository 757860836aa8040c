// SPDX-License-Identifier: MIT
/* embed SCRIPT LIBPYTHON: a program with a Python in it, which runs the script.
 * With -DLINKED it is linked with the library, and takes the script alone. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef LINKED
void Py_InitializeEx(int signals);
int PyRun_SimpleStringFlags(const char *text, void *flags);
int Py_FinalizeEx(void);
#else
static void (*Py_InitializeEx)(int signals);
static int (*PyRun_SimpleStringFlags)(const char *text, void *flags);
static int (*Py_FinalizeEx)(void);

static void *find(void *library, const char *name)
{
	void *found = library ? dlsym(library, name) : NULL;

	if (!found) {
		fprintf(stderr, "embed: %s\n", dlerror());
		exit(1);
	}
	return found;
}

static void load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);

	*(void **)&Py_InitializeEx = find(library, "Py_InitializeEx");
	*(void **)&PyRun_SimpleStringFlags =
	    find(library, "PyRun_SimpleStringFlags");
	*(void **)&Py_FinalizeEx = find(library, "Py_FinalizeEx");
}
#endif

static char *text_of(const char *path)
{
	static char text[1 << 16];
	FILE *file = fopen(path, "r");

	if (!file || !fread(text, 1, sizeof(text) - 1, file)) {
		perror(path);
		exit(1);
	}
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	int failed;

#ifndef LINKED
	if (argc > 2)
		load(argv[2]);
#endif
	if (argc < 2)
		return 2;
	Py_InitializeEx(0);
	failed = PyRun_SimpleStringFlags(text_of(argv[1]), NULL);
	return Py_FinalizeEx() < 0 || failed;
}

// SPDX-License-Identifier: MIT
// A live python3, where this machine has one that can be read: its objects
// are found, with what stands on the edges, and it goes on unharmed.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "python/heap/objects.h"
#include "python/remote/text.h"

static const char program[] =
    "import sys\n"
    "class Lesson:\n"
    "    def __init__(self, title): self.title = title\n"
    "class Slotted:\n"
    "    __slots__ = ('part',)\n"
    "lessons = [Lesson('lesson %d' % i) for i in range(1000)]\n"
    "slotted = Slotted()\n"
    "slotted.part = {'inner': frozenset(['member'])}\n"
    "big = b'x' * 5000000\n"
    "sys.stdout.write('!')\n"
    "sys.stdout.flush()\n"
    "sys.stdin.read(1)\n"
    "sys.exit(lessons[999].title != 'lesson 999')\n";

struct fixture {
	pid_t pid;
	int in, out;
	struct python_target target;
	struct snapshot snapshot;
	struct objects objects;
};

static pid_t launch(int *in, int *out)
{
	int down[2], up[2];
	pid_t child;
	char byte;

	if (pipe(down) < 0 || pipe(up) < 0)
		return -1;
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(down[0], 0);
		dup2(up[1], 1);
		close(down[1]);
		close(up[0]);
		execlp("python3", "python3", "-c", program, (char *)NULL);
		_exit(127);
	}
	close(down[0]);
	close(up[1]);
	*in = down[1];
	*out = up[0];
	if (read(up[0], &byte, 1) == 1)
		return child;
	waitpid(child, NULL, 0);
	return -1;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct err e;

	*state = fixture;
	fixture->pid = launch(&fixture->in, &fixture->out);
	if (fixture->pid < 0 ||
	    python_open(&fixture->target, fixture->pid, &e) != PYTHON_OK)
		return 0;
	assert_int_equal(
	    snapshot_take(&fixture->snapshot, &fixture->target, &e), PYTHON_OK);
	assert_int_equal(objects_find(&fixture->objects, &fixture->target,
			     &fixture->snapshot, &e),
	    0);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	int status;

	if (fixture->objects.found.len) {
		objects_finish(&fixture->objects);
		snapshot_finish(&fixture->snapshot);
	}
	if (fixture->pid > 0) {
		assert_int_equal(write(fixture->in, "x", 1), 1);
		assert_int_equal(
		    waitpid(fixture->pid, &status, 0), fixture->pid);
		assert_int_equal(status, 0);
		close(fixture->in);
		close(fixture->out);
	}
	free(fixture);
	return 0;
}

static struct fixture *need(void **state)
{
	struct fixture *fixture = *state;

	if (!fixture->objects.found.len) {
		print_message("no python3 that can be read here\n");
		skip();
	}
	return fixture;
}

static const struct object_type *type_named(
    const struct fixture *fixture, const char *name)
{
	for (size_t i = 0; i < fixture->objects.types.items.len; i++)
		if (!strcmp(fixture->objects.types.items.items[i]->name, name))
			return fixture->objects.types.items.items[i];
	return NULL;
}

static void types_are_counted(void **state)
{
	const struct fixture *fixture = need(state);
	const struct object_type *type = type_named(fixture, "__main__.Lesson");

	assert_non_null(type);
	assert_int_equal(type->count, 1000);
	assert_int_equal(type->size % 1000, 0);
	assert_in_range(type->size, 48 * 1000, 64 * 1000);
	type = type_named(fixture, "bytes");
	assert_non_null(type);
	assert_in_range(type->size, 5000033, 9000000);
	assert_non_null(type_named(fixture, "str"));
	assert_true(type_named(fixture, "str")->count > 3000);
	assert_null(type_named(fixture, "__main__.Nothing"));
}

static void what_is_found_has_an_index(void **state)
{
	const struct fixture *fixture = need(state);

	for (size_t i = 0; i < fixture->objects.found.len; i++)
		assert_int_equal(objects_index(&fixture->objects,
				     fixture->objects.found.items[i]),
		    i);
	assert_true(objects_index(&fixture->objects, 8) == OBJECTS_NONE);
}

/* A search among the references. */
struct wanted {
	struct fixture *fixture;
	enum reference_kind kind;
	const char *key; /* of the reference, as text */
	size_t count;
	uint64_t to;
};

static bool look(const struct object_reference *reference, void *context)
{
	struct wanted *wanted = context;
	char text[64] = "";

	/* CPython 3.14 lists its table of names, each of which is there its
	 * own value. */
	if (reference->kind != wanted->kind || reference->to == reference->key)
		return true;
	if (reference->name)
		snprintf(text, sizeof(text), "%s", reference->name);
	else if (reference->key &&
		 python_text(&wanted->fixture->objects.types.view,
		     reference->key, text, sizeof(text)) < 0)
		return true;
	if (strcmp(text, wanted->key) != 0)
		return true;
	wanted->count++;
	wanted->to = reference->to;
	return true;
}

/* Over all objects; how many such references there are. */
static struct wanted references(
    struct fixture *fixture, enum reference_kind kind, const char *key)
{
	struct objects *objects = &fixture->objects;
	struct wanted wanted = {fixture, kind, key, 0, 0};
	struct object_budget budget = object_budget(&fixture->snapshot);

	for (size_t i = 0; i < objects->found.len; i++) {
		uint64_t address = objects->found.items[i];

		object_references(&objects->types, address,
		    object_types_of(&objects->types, address), &budget, look,
		    &wanted);
	}
	assert_true(budget.words > 0);
	return wanted;
}

static const char *type_of(struct fixture *fixture, uint64_t address)
{
	return object_types_of(&fixture->objects.types, address)->name;
}

static void references_say_by_what_they_are(void **state)
{
	struct fixture *fixture = need(state);
	struct wanted one = references(fixture, REFERENCE_VALUE, "lessons");

	assert_int_equal(one.count, 1);
	assert_string_equal(type_of(fixture, one.to), "list");
	one = references(fixture, REFERENCE_ATTRIBUTE, "part");
	assert_int_equal(one.count, 1);
	assert_string_equal(type_of(fixture, one.to), "dict");
	one = references(fixture, REFERENCE_VALUE, "inner");
	assert_int_equal(one.count, 1);
	assert_string_equal(type_of(fixture, one.to), "frozenset");
	/* An instance's: in its own dict to 3.10, inline from then on. */
	one = references(fixture, REFERENCE_ATTRIBUTE, "title");
	if (one.count == 0)
		one = references(fixture, REFERENCE_VALUE, "title");
	assert_in_range(one.count, 1000, 1010);
	one = references(fixture, REFERENCE_MEMBER, "");
	assert_true(one.count > 1);
	assert_true(references(fixture, REFERENCE_ITEM, "").count > 1000);
	assert_true(references(fixture, REFERENCE_TYPE, "").count > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(types_are_counted),
	    cmocka_unit_test(what_is_found_has_an_index),
	    cmocka_unit_test(references_say_by_what_they_are),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

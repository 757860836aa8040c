// SPDX-License-Identifier: MIT
#include "allocation/stack.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <unwind.h>

#include "allocation/backchain.h"

/* This library. */
static struct stack_module stack_own;

/* libgcc's functions, where libc's backtrace() uses libgcc, as glibc's does. */
static struct {
	_Unwind_Reason_Code (*walk)(_Unwind_Trace_Fn, void *);
	_Unwind_Word (*ip)(struct _Unwind_Context *, int *);
	_Unwind_Word (*cfa)(struct _Unwind_Context *);
	_Unwind_Word (*general)(struct _Unwind_Context *, int);
	const void *(*table)(void *, void *); /* of an address; NULL: none */
} stack_unwind;

/* Filled in by _dl_find_object(), which glibc has since 2.35. It takes no lock:
 * a thread that this one waits for may hold the loader's. */
struct stack_object {
	unsigned long long flags;
	void *start, *end;
	struct link_map *map;
	unsigned long long more[16];
};

struct stack_search {
	uintptr_t address;
	struct stack_module *module;
};

static int stack_on_module(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct stack_search *search = data;
	uintptr_t start = UINTPTR_MAX, end = 0;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + part->p_vaddr;

		if (part->p_type != PT_LOAD)
			continue;
		start = at < start ? at : start;
		end = at + part->p_memsz > end ? at + part->p_memsz : end;
	}
	if (start > end || search->address - start >= end - start)
		return 0;
	*search->module =
	    (struct stack_module){start, end, info->dlpi_name, info->dlpi_addr};
	return 1;
}

static int (*stack_loader_find)(void *address, struct stack_object *object);

static bool stack_find_object(const void *address, struct stack_module *module)
{
	struct stack_object object;

	if (stack_loader_find((void *)(uintptr_t)address, &object) != 0)
		return false;
	*module = (struct stack_module){(uintptr_t)object.start,
	    (uintptr_t)object.end, object.map->l_name, object.map->l_addr};
	return true;
}

bool stack_find_module(const void *address, struct stack_module *module)
{
	struct stack_search search = {(uintptr_t)address, module};

	if (stack_loader_find)
		return stack_find_object(address, module);
	return dl_iterate_phdr(stack_on_module, &search) != 0;
}

bool stack_finds_at_once(void)
{
	return stack_loader_find != NULL;
}

/* libgcc also tells where a frame lies. */
static void stack_find_walk(void)
{
	void *library = dlopen("libgcc_s.so.1", RTLD_LAZY | RTLD_LOCAL);

	if (!library)
		return;
	*(void **)&stack_unwind.walk = dlsym(library, "_Unwind_Backtrace");
	*(void **)&stack_unwind.ip = dlsym(library, "_Unwind_GetIPInfo");
	*(void **)&stack_unwind.cfa = dlsym(library, "_Unwind_GetCFA");
	*(void **)&stack_unwind.general = dlsym(library, "_Unwind_GetGR");
	*(void **)&stack_unwind.table = dlsym(library, "_Unwind_Find_FDE");
	if (!stack_unwind.ip || !stack_unwind.cfa || !stack_unwind.general)
		stack_unwind.walk = NULL;
}

bool stack_prepare(void)
{
	int (*backtrace)(void **frames, int len);
	void *frames[2];

	*(void **)&stack_loader_find = dlsym(RTLD_DEFAULT, "_dl_find_object");
	stack_find_module((void *)(uintptr_t)stack_prepare, &stack_own);
	*(void **)&backtrace = dlsym(RTLD_DEFAULT, "backtrace");
	/* The first call loads and prepares libgcc_s. */
	if (backtrace && backtrace(frames, 2) > 0)
		stack_find_walk();
	return stack_unwind.walk != NULL;
}

/* DWARF's number of the register; -1: unknown. */
#ifdef __x86_64__
enum { STACK_RBP = 6 };
#else
enum { STACK_RBP = -1 };
#endif

/* A larger frame may lead from one stack to another, as that of code which
 * calls a function on a fiber's. Nothing ensures that the other stack is still
 * there when the words of this one are the same again. */
#define STACK_FRAME_MOST (8 << 10)

struct stack_walk {
	struct stack_known *to;
	/* The previous frame: where it begins and returns to; the register that
	 * locates frames of variable size; and the frame that saved it. */
	uintptr_t begin, ip, rbp;
	uintptr_t saved_begin, saved_end;
	bool is_cut;         /* the stack can't be recognised later */
	bool is_interrupted; /* the previous frame was, by a signal */
};

static uint32_t stack_words(uintptr_t stack, uintptr_t at)
{
	uintptr_t words = (at - stack) / sizeof(at);

	return at < stack || words >= STACK_NOWHERE ? STACK_NOWHERE
						    : (uint32_t)words;
}

/* The word at that address is part of how the stack is recognised. */
static void stack_note(struct stack_walk *walk, uintptr_t at, uintptr_t value)
{
	struct stack_known *to = walk->to;
	uint32_t words = stack_words(to->stack, at);

	if (words == STACK_NOWHERE || at % sizeof(value) != 0 ||
	    to->checks == STACK_CHECKS) {
		walk->is_cut = true;
		return;
	}
	to->at[to->checks] = words;
	to->words[to->checks++] = value;
}

static void stack_check(struct stack_walk *walk, uintptr_t at, uintptr_t value)
{
	if (at < walk->to->stack || at % sizeof(value) != 0 ||
	    *(const uintptr_t *)at != value)
		walk->is_cut = true;
	else
		stack_note(walk, at, value);
}

/* The previous frame ends here. If the register points into it, the frame was
 * located by it, so its saved value is checked: right below a return address,
 * or further down. */
static void stack_check_rbp(struct stack_walk *walk, uintptr_t end)
{
	uintptr_t stack = walk->to->stack, at = walk->saved_end;

	if (walk->is_cut || walk->begin <= stack || walk->rbp < walk->begin ||
	    walk->rbp >= end)
		return;
	while (at > walk->saved_begin && at > stack &&
	       ((const uintptr_t *)at)[-1] != walk->rbp)
		at -= sizeof(at);
	stack_check(walk, at - sizeof(at), walk->rbp);
}

/* Checks a frame of this library or another: its return address is right below
 * the frame that it returns to. Code interrupted by a signal was not called. */
static void stack_check_frame(struct stack_walk *walk,
    struct _Unwind_Context *context, uintptr_t begin, uintptr_t ip)
{
	uintptr_t rbp;

	if (STACK_RBP < 0) {
		walk->is_cut = true;
		return;
	}
	rbp = stack_unwind.general(context, STACK_RBP);
	if (walk->begin) {
		stack_check_rbp(walk, begin);
		if (rbp != walk->rbp) {
			walk->saved_begin = walk->begin;
			walk->saved_end = begin;
		}
	}
	walk->rbp = rbp;
	if (walk->begin && begin - walk->begin > STACK_FRAME_MOST)
		walk->is_cut = true;
	if (begin > walk->to->stack && !walk->is_cut)
		stack_check(walk, begin - sizeof(ip), ip);
}

/* A frame ends where its caller's begins. */
static bool stack_frame_has(const uint32_t *begins, uint32_t at)
{
	return begins[0] <= at && at < begins[1] && begins[1] != STACK_NOWHERE;
}

/* Whether the frame before the last one is the one to end at. */
static bool stack_is_at_end(const struct stack_known *to)
{
	return to->until && to->count > 1 &&
	       stack_frame_has(&to->begins[to->count - 2],
		   stack_words(to->stack, to->until));
}

static _Unwind_Reason_Code stack_on_frame(
    struct _Unwind_Context *context, void *data)
{
	struct stack_walk *walk = data;
	struct stack_known *to = walk->to;
	int is_interrupted = 0;
	uintptr_t ip = stack_unwind.ip(context, &is_interrupted);
	uintptr_t begin = stack_unwind.cfa(context);

	if (!ip || to->count == ALLOCATION_DEPTH ||
	    (begin == walk->begin && ip == walk->ip))
		return _URC_END_OF_STACK;
	walk->is_cut = walk->is_cut || is_interrupted;
	walk->is_interrupted = is_interrupted;
	stack_check_frame(walk, context, begin, ip);
	walk->begin = begin;
	walk->ip = ip;
	if (to->count > 0 || !stack_module_has(&stack_own, (void *)ip)) {
		to->begins[to->count] = stack_words(to->stack, begin);
		to->frames[to->count++] = is_interrupted ? ip : ip - 1;
	}
	return stack_is_at_end(to) ? _URC_END_OF_STACK : _URC_NO_REASON;
}

/* libgcc's own structure: bases of relative addresses, and the function. */
struct stack_bases {
	void *text, *data, *function;
};

static bool stack_has_table(uintptr_t address)
{
	struct stack_bases bases = {0};

	return stack_unwind.table((void *)address, &bases) != NULL;
}

/* Whether a call may return to that address in executable memory. Interpreters
 * that are generated push return addresses that follow no call. */
static bool stack_follows_call(uintptr_t back)
{
	uint8_t bytes[EXECUTABLE_CALL_BYTES] = {0};
	struct stack_module module = {0};

	return !stack_find_module((void *)(back - 1), &module) ||
	       (backchain_copy(bytes, back - sizeof(bytes), sizeof(bytes)) &&
		   executable_ends_with_call(bytes));
}

/* Whether a return address may be among the words of a frame whose pointer
 * leads to code with a table. Then the frame may have no pointer of its own,
 * and that in the register is its caller's. Between functions of V8 such words
 * are left from earlier calls. */
static bool stack_is_doubtful(
    struct executable *code, const struct backchain_link *link)
{
	size_t count;

	if (executable_find_pointers(code) != EXECUTABLE_POINTERS_UNKNOWN)
		return false;
	if (!link->is_whole)
		return true;
	count = executable_select(code, link->words, link->count);
	for (size_t i = 0; i < count; i++)
		if (stack_follows_call(link->words[i]))
			return true;
	return false;
}

/* Whether the link leads to the caller. */
static bool stack_is_link(
    struct executable *code, const struct backchain_link *link, bool *has_table)
{
	*has_table = stack_has_table(link->back - 1);
	if (!*has_table)
		return executable_has(code, link->back - 1) &&
		       stack_follows_call(link->back);
	return stack_follows_call(link->back) && !stack_is_doubtful(code, link);
}

static void stack_add_link(
    struct stack_walk *walk, const struct backchain_link *link)
{
	struct stack_known *to = walk->to;
	uintptr_t at = walk->rbp;

	stack_note(walk, at, link->next);
	stack_note(walk, at + sizeof(at), link->back);
	walk->begin = at + 2 * sizeof(at);
	walk->ip = link->back;
	walk->rbp = link->next;
	to->begins[to->count] = stack_words(to->stack, walk->begin);
	to->frames[to->count++] = link->back - 1;
}

/* Whether the walk ended at code that has no unwind table, and is known to be
 * code. */
static bool stack_may_go_on(struct stack_walk *walk, struct executable *code)
{
	if (STACK_RBP < 0 || !stack_unwind.table || walk->is_interrupted ||
	    stack_has_table(walk->ip - 1))
		return false;
	if (executable_has(code, walk->ip - 1))
		return executable_find_pointers(code) !=
		       EXECUTABLE_POINTERS_NONE;
	walk->is_cut = true;
	return false;
}

/* Code that the program generated has no unwind table, so the walk ends there.
 * It goes on by frame pointers, until they lead to code with a table: that may
 * use the register for something else. */
static void stack_go_on(struct stack_walk *walk, struct executable *code)
{
	const struct stack_known *to = walk->to;
	struct backchain chain = {0};
	struct backchain_link link;
	bool has_table = false;

	if (!stack_may_go_on(walk, code) ||
	    !backchain_follow(&chain, walk->begin, walk->rbp, &link))
		return;
	stack_check_rbp(walk, walk->rbp + 1);
	walk->to->direct = to->checks;
	while (!has_table && to->count < ALLOCATION_DEPTH &&
	       !stack_is_at_end(to) &&
	       backchain_follow(&chain, walk->begin, walk->rbp, &link)) {
		if (!stack_is_link(code, &link, &has_table)) {
			walk->is_cut = true;
			return;
		}
		stack_add_link(walk, &link);
	}
}

/* Whether the words by which frame pointers led on are in place. They may have
 * led to another mapping, which is gone. It takes 1 KiB of the stack, which
 * others don't pay for. */
__attribute__((noinline)) static bool stack_has_links(
    const struct stack_known *known)
{
	struct backchain chain;

	chain.at = chain.count = 0;
	for (uint32_t i = known->direct; i < known->checks; i++) {
		uint64_t word, at = known->stack + known->at[i] * sizeof(word);

		if (!backchain_find(&chain, at, &word) ||
		    word != known->words[i])
			return false;
	}
	return true;
}

/* Whether the stack is the same as before: the same code at the same depth,
 * each return address in place, and each frame that a register locates located
 * alike. */
static bool stack_is_known(const struct stack_known *known, const void *caller,
    const struct stack_captured *taken)
{
	const uintptr_t *words = taken->stack;

	if (known->caller != (uintptr_t)caller ||
	    known->stack != (uintptr_t)words || known->until != taken->until)
		return false;
	for (uint32_t i = 0; i < known->direct; i++)
		if (words[known->at[i]] != known->words[i])
			return false;
	return known->direct == known->checks || stack_has_links(known);
}

/* Entries are in the order of their first use: a short program touches few
 * pages. */
static struct stack_known *stack_place(
    struct stack_cache *cache, const void *caller, const void *stack)
{
	uint64_t hash =
	    ((uintptr_t)caller ^ (uintptr_t)stack << 16) * 0x9e3779b97f4a7c15u;
	uint16_t *at = &cache->at[hash >> 32 & (STACK_KNOWN - 1)];

	if (*at == 0)
		*at = ++cache->len;
	return &cache->list[*at];
}

static void stack_walk(struct stack_cache *cache, struct stack_known *known,
    const void *caller, const struct stack_captured *taken)
{
	uintptr_t stack = (uintptr_t)taken->stack;
	struct stack_walk walk = {
	    .to = known, .saved_begin = stack, .saved_end = stack};

	known->caller = 0;
	known->stack = stack;
	known->until = taken->until;
	known->count = known->checks = 0;
	known->direct = STACK_CHECKS;
	if (stack_unwind.walk &&
	    stack_unwind.walk(stack_on_frame, &walk) == _URC_END_OF_STACK)
		stack_go_on(&walk, &cache->code);
	if (known->direct > known->checks)
		known->direct = known->checks;
	if (known->count == 0 && caller) {
		known->begins[0] = STACK_NOWHERE;
		known->frames[known->count++] = (uintptr_t)caller - 1;
		walk.is_cut = true;
	}
	if (caller && !walk.is_cut)
		known->caller = (uintptr_t)caller;
}

static void stack_take(
    struct stack_captured *taken, const struct stack_known *known)
{
	taken->count = known->count;
	memcpy(taken->frames, known->frames,
	    known->count * sizeof(*taken->frames));
	memcpy(taken->begins, known->begins,
	    known->count * sizeof(*taken->begins));
}

/* It takes 2.6 KiB of the stack, which may be small: others don't pay for
 * it. */
__attribute__((noinline)) static void stack_capture_alone(
    struct stack_cache *cache, struct stack_captured *taken, const void *caller)
{
	struct stack_known known;

	stack_walk(cache, &known, caller, taken);
	stack_take(taken, &known);
}

void stack_capture(
    struct stack_cache *cache, struct stack_captured *taken, const void *caller)
{
	struct stack_known *known;

	if (__atomic_exchange_n(&cache->lock, 1, __ATOMIC_ACQUIRE) != 0) {
		stack_capture_alone(cache, taken, caller);
		return;
	}
	known = stack_place(cache, caller, taken->stack);
	if (!caller || !stack_is_known(known, caller, taken))
		stack_walk(cache, known, caller, taken);
	stack_take(taken, known);
	__atomic_store_n(&cache->lock, 0, __ATOMIC_RELEASE);
}

size_t stack_frame_of(const struct stack_captured *taken, uint64_t address)
{
	uint32_t at = stack_words((uintptr_t)taken->stack, address);

	for (size_t i = 0; at != STACK_NOWHERE && i + 1 < taken->count; i++)
		if (stack_frame_has(&taken->begins[i], at))
			return i;
	return taken->count;
}

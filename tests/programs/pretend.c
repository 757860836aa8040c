// SPDX-License-Identifier: MIT
/* pretend: has the symbols of a CPython, and is none. Built with VERSION as
 * Py_Version, with DEBUGS where it is to look like a debug build, and with WORD
 * for each word of the offsets that it tells of itself. It waits for a line. */
#include <stdint.h>
#include <stdio.h>

#ifndef VERSION
#define VERSION 0x031000f0 /* 3.16 */
#endif
#ifndef COOKIE
#define COOKIE "xdebugpy"
#endif
#ifndef WORD
#define WORD 8
#endif

extern const unsigned long version __asm__("Py_Version");
const unsigned long version = VERSION;
#ifdef DEBUGS
extern int debugs __asm__("_Py_NegativeRefcount");
int debugs;
#endif

/* The cookie has no NUL, which gcc 15 warns of. */
#define NONSTRING
#ifdef __has_attribute
#if __has_attribute(nonstring)
#undef NONSTRING
#define NONSTRING __attribute__((nonstring))
#endif
#endif

struct runtime {
	char cookie[8] NONSTRING;
	uint64_t version, free_threaded, words[1000];
};

extern struct runtime runtime __asm__("_PyRuntime");
struct runtime runtime = {COOKIE, VERSION, 0, {0}};

int main(void)
{
	for (int i = 0; i < 1000; i++)
		runtime.words[i] = WORD;
	puts("ready");
	fflush(stdout);
	return getchar() == EOF;
}

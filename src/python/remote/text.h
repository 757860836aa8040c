/* SPDX-License-Identifier: MIT
 *
 * Text out of an interpreter: str objects of every kind and C strings, as
 * UTF-8. What comes out is valid UTF-8 and ends with a NUL, but it is the
 * target's own choice: see base/utf8.h before it reaches a screen.
 */
#ifndef MPROF_PYTHON_REMOTE_TEXT_H
#define MPROF_PYTHON_REMOTE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "python/remote/interpreter.h"

/* Copies the str object at address to out, cut at a character's end where size
 * is too small; lone surrogates and NUL become U+FFFD. -1 where there is no
 * such object. */
int python_text(const struct python_target *target, uint64_t address, char *out,
    size_t size) __attribute__((nonnull, warn_unused_result));

/* Copies the C string at address, cut at size; bytes that are not UTF-8 become
 * U+FFFD. -1 where not even one byte can be read. */
int python_c_string(const struct python_target *target, uint64_t address,
    char *out, size_t size) __attribute__((nonnull, warn_unused_result));

/* Copies the name of the type at address, its tp_name. -1 where there is none,
 * or it is empty. */
int python_type_name(const struct python_target *target, uint64_t address,
    char *out, size_t size) __attribute__((nonnull, warn_unused_result));

#endif

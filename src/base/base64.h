/* SPDX-License-Identifier: MIT
 *
 * Bytes as text in base64 (RFC 4648).
 */
#ifndef MPROF_BASE_BASE64_H
#define MPROF_BASE_BASE64_H

#include <stddef.h>
#include <stdio.h>

/* Errors show in ferror(out). */
void base64_put(FILE *out, const void *bytes, size_t len)
    __attribute__((nonnull(1)));

#endif

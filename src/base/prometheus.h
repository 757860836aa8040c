/* SPDX-License-Identifier: MIT
 *
 * The text format in which Prometheus reads metrics.
 */
#ifndef MPROF_BASE_PROMETHEUS_H
#define MPROF_BASE_PROMETHEUS_H

#include <stddef.h>

/* Writes a label's value to out, without quotes around it: the text by
 * utf8_clean(), cut to below size bytes, with quotes and backslashes escaped.
 * out has room for twice size; returns out. */
char *prometheus_label(char *out, size_t size, const char *text)
    __attribute__((nonnull));

#endif

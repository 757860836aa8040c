/* SPDX-License-Identifier: MIT
 *
 * Cells of a Markdown table, as GitHub and GitLab display it in a comment.
 * Text from a recording is hostile: it must not end the cell, become a link,
 * an image or markup, or mention a person.
 */
#ifndef MPROF_CLI_MARKDOWN_H
#define MPROF_CLI_MARKDOWN_H

#include <stdio.h>

/* Writes a name, as code. */
void markdown_put_name(FILE *out, const char *name) __attribute__((nonnull));

/* Writes a figure or a sentence, which may contain names. */
void markdown_put_text(FILE *out, const char *text) __attribute__((nonnull));

#endif

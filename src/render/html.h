/* SPDX-License-Identifier: MIT
 *
 * A scene becomes one self-contained page: no network, no other file. Texts
 * and samples go in as JSON that can't end its element; the page's script
 * sets them as text. A policy in the page lets nothing else run.
 */
#ifndef MPROF_RENDER_HTML_H
#define MPROF_RENDER_HTML_H

#include <stdio.h>

#include "scene/scene.h"

/* Writes the page; the file stays below 3 MB whatever the recording. Trouble
 * shows in ferror(out). */
void html_write(const struct scene *scene, FILE *out);

#endif

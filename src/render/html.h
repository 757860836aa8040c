/* SPDX-License-Identifier: MIT
 *
 * Writes a scene as one self-contained page, without network or other files.
 * Text and samples are embedded as JSON that can't end its element; the page's
 * script displays them as text. A policy in the page lets nothing else run.
 */
#ifndef MPROF_RENDER_HTML_H
#define MPROF_RENDER_HTML_H

#include <stdio.h>

#include "scene/scene.h"

/* Writes the page, always less than 3 MB. theme is "light" or "dark"; NULL: the
 * reader's preference. Errors show in ferror(out). */
void html_write(const struct scene *scene, const char *theme, FILE *out)
    __attribute__((nonnull(1, 3)));

struct html_bytes {
	unsigned char *items;
	size_t len, cap;
};

struct html_series {
	const struct scene_line *line;
	struct series heights; /* of an area that is stacked on others */
	size_t samples;        /* number before thinning */
	size_t count;          /* number kept */
	double step_s; /* time represented by four samples; 0: all kept */
	/* Two integers for each sample, low seven bits first, a set high bit
	 * where more follow. The first is the time since the previous sample in
	 * ticks (for the first one, since the scene's origin; zigzag). The
	 * second is twice the change of memory in KiB, zigzag, plus one where
	 * no line leads from the previous sample. */
	struct html_bytes bytes;
	double first_s; /* start of the first step, since the origin */
	/* Two integers for each step with samples, none where all are kept: the
	 * number of steps since the previous one, and the change of the
	 * samples' mean in KiB, zigzag. */
	struct html_bytes means;
};

struct html_pack {
	/* Lines of memory panels, then their layers, then lines of other
	 * panels. */
	ARRAY(struct html_series) series;
	size_t lines; /* number for memory panels */
	size_t stack; /* layers of memory panels; other panels' lines follow */
	double ticks_per_s; /* resolution of the times */
	size_t layers;      /* layers of a stack, up to and including top */
	const struct scene_line *top; /* NULL: no stack */
};

/* The values that are drawn for a line: heights of a layer, otherwise
 * samples. */
const struct series *html_series_samples(const struct html_series *series)
    __attribute__((nonnull));

/* Packs the scene's lines into at most budget bytes, but keeps at least four
 * samples of each series. */
void html_pack(
    struct html_pack *pack, const struct scene *scene, size_t budget);
void html_pack_finish(struct html_pack *pack);

#endif

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

/* Writes the page; the file stays below 3 MB whatever the recording. theme is
 * "light" or "dark"; NULL: what the reader's system prefers. Trouble shows in
 * ferror(out). */
void html_write(const struct scene *scene, const char *theme, FILE *out)
    __attribute__((nonnull(1, 3)));

struct html_bytes {
	unsigned char *items;
	size_t len, cap;
};

struct html_series {
	const struct scene_line *line;
	struct series heights; /* of an area that lies on others */
	size_t samples;        /* before thinning */
	size_t count;          /* what is kept */
	double step_s;         /* the four samples stand for it; 0: all kept */
	/* For each sample two integers, low seven bits first, a set high bit
	 * where more follow. The first is the time since the sample before in
	 * ticks (the first sample's: since the scene's origin; zigzag). The
	 * second is the change of memory in KiB, zigzag, times two, and one
	 * more where no line comes from the sample before. */
	struct html_bytes bytes;
	double first_s; /* where the first step begins, since the origin */
	/* Two integers a step that has samples, none where all are kept: how
	 * many steps after the one before, and the change of the samples' mean
	 * in KiB, zigzag. */
	struct html_bytes means;
};

struct html_pack {
	/* The lines of the panels of memory, then their layers, then the lines
	 * of the panels of other figures. */
	ARRAY(struct html_series) series;
	size_t lines; /* of the memory panels */
	size_t stack; /* layers of the memory panels; the other panels' lines
		       * stand behind them */
	double ticks_per_s;           /* resolution of the times */
	size_t layers;                /* of a stack, below and with top */
	const struct scene_line *top; /* NULL: nothing is stacked */
};

/* The values that are drawn for a line: the heights of a layer, else the
 * samples. */
const struct series *html_series_samples(const struct html_series *series)
    __attribute__((nonnull));

/* Packs the lines of the scene into at most budget bytes, as far as four
 * samples a series allow. */
void html_pack(
    struct html_pack *pack, const struct scene *scene, size_t budget);
void html_pack_finish(struct html_pack *pack);

#endif

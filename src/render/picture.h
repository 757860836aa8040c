/* SPDX-License-Identifier: MIT
 *
 * Charts as pictures: laid out here, painted by the module.
 */
#ifndef MPROF_RENDER_PICTURE_H
#define MPROF_RENDER_PICTURE_H

#include "render/formats.h"

int render_png(const struct render_request *request, FILE *out, struct err *e);
int render_svg(const struct render_request *request, FILE *out, struct err *e);
int render_pdf(const struct render_request *request, FILE *out, struct err *e);
int render_eps(const struct render_request *request, FILE *out, struct err *e);

#endif

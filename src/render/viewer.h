/* SPDX-License-Identifier: MIT
 *
 * The parts of the HTML page, made from the files in viewer/ when the program
 * is built (viewer/embed): markup, style and script, each NUL-terminated, and
 * the base64 of the SHA-256 of the latter two.
 */
#ifndef MPROF_RENDER_VIEWER_H
#define MPROF_RENDER_VIEWER_H

extern const char viewer_page[], viewer_style[], viewer_script[];
extern const char viewer_style_hash[], viewer_script_hash[];

#endif

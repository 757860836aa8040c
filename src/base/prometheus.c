// SPDX-License-Identifier: MIT
#include "base/prometheus.h"

#include "base/utf8.h"

/* The clean text starts in the middle of out: escaping at most doubles its
 * length, so output never reaches unread input. */
char *prometheus_label(char *out, size_t size, const char *text)
{
	const char *from = utf8_clean(out + size, size, text);
	char *to = out;

	for (; *from; from++) {
		if (*from == '"' || *from == '\\')
			*to++ = '\\';
		*to++ = *from;
	}
	*to = 0;
	return out;
}

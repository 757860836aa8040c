// SPDX-License-Identifier: MIT
#include "base/base64.h"

void base64_put(FILE *out, const void *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i += 3) {
		unsigned group = (unsigned)at[i] << 16;

		if (i + 1 < len)
			group |= (unsigned)at[i + 1] << 8;
		if (i + 2 < len)
			group |= at[i + 2];
		putc(digits[group >> 18], out);
		putc(digits[group >> 12 & 63], out);
		putc(i + 1 < len ? digits[group >> 6 & 63] : '=', out);
		putc(i + 2 < len ? digits[group & 63] : '=', out);
	}
}

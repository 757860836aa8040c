// SPDX-License-Identifier: MIT
/* The input is appended to a mark file, in two writes. */
#include "fuzz.h"
#include "input.h"

#include <string.h>

#include "recorder/marks.h"

static void take_mark(
    void *context, int64_t time_ns, int64_t kib, const char *label)
{
	(void)context;
	(void)time_ns;
	(void)kib;
	if (strnlen(label, MARKS_LABEL) == MARKS_LABEL || strchr(label, '\n'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sink sink = {.mark = take_mark};
	struct sink_tick tick = {.time_ns = 1000000000, .sampled = true};
	struct marks marks = {.fd = input_file(data, size / 2)};
	struct sampler_hook hook = marks_hook(&marks);

	hook.tick(hook.context, &tick, &sink);
	input_file(data, size);
	tick.time_ns++;
	hook.tick(hook.context, &tick, &sink);
	if (hook.end)
		hook.end(hook.context, &tick, &sink);
	return 0;
}

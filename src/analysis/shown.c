// SPDX-License-Identifier: MIT
#include "analysis/shown.h"

#include <string.h>

#include "base/mem.h"

static bool is_machinery(const struct frame *frame)
{
	return strncmp(frame->file, "<frozen importlib", 17) == 0;
}

struct stack shown_stack(const struct stack *stack)
{
	struct stack shown = {.id = stack->id,
	    .frames = mem_zero(stack->len + 1, sizeof(*shown.frames))};

	for (size_t i = 0; i < stack->len; i++)
		if (!is_machinery(&stack->frames[i]))
			shown.frames[shown.len++] = stack->frames[i];
	for (size_t i = 0; shown.len == 0 && i < stack->len; i++)
		shown.frames[i] = stack->frames[i];
	if (shown.len == 0)
		shown.len = stack->len;
	return shown;
}

// SPDX-License-Identifier: MIT
#include "proc/metric.h"

#include <stdlib.h>
#include <string.h>

#include "proc/procfs.h"

/* More pages than an address space has are no figure. */
static int64_t metric_read_pages(const char *text, int64_t page_kib)
{
	uint64_t pages = 0;

	while (*text >= '0' && *text <= '9')
		pages = pages * 10 + (uint64_t)(*text++ - '0');
	return pages >> 52 ? -1 : (int64_t)pages * page_kib;
}

/* "size resident shared text lib data dt", in pages */
static int64_t metric_read_size(const char *text, int64_t page_kib)
{
	return metric_read_pages(text, page_kib);
}

static const char *metric_next_field(const char *text)
{
	while (*text && *text != ' ')
		text++;
	return *text == ' ' ? text + 1 : text;
}

static int64_t metric_read_resident(const char *text, int64_t page_kib)
{
	return metric_read_pages(metric_next_field(text), page_kib);
}

static int64_t metric_read_shared(const char *text, int64_t page_kib)
{
	return metric_read_pages(
	    metric_next_field(metric_next_field(text)), page_kib);
}

static int64_t metric_read_code(const char *text, int64_t page_kib)
{
	return metric_read_pages(
	    metric_next_field(metric_next_field(metric_next_field(text))),
	    page_kib);
}

static int64_t metric_read_swap(const char *text, int64_t page_kib)
{
	(void)page_kib;
	return procfs_kib(text, "VmSwap");
}

static int64_t metric_read_anonymous(const char *text, int64_t page_kib)
{
	(void)page_kib;
	return procfs_kib(text, "RssAnon");
}

static int64_t metric_read_proportional(const char *text, int64_t page_kib)
{
	(void)page_kib;
	return procfs_kib(text, "Pss");
}

static int64_t metric_read_unique(const char *text, int64_t page_kib)
{
	static const char *const keys[] = {
	    "Private_Clean", "Private_Dirty", "Private_Hugetlb"};
	int64_t sum = 0;

	(void)page_kib;
	if (procfs_kib(text, keys[0]) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int64_t kib = procfs_kib(text, keys[i]);

		sum += kib > 0 ? kib : 0;
	}
	return sum;
}

static const struct metric metrics[] = {
    {
	.measure = &measures[MEASURE_RSS],
	.file = METRIC_STATM,
	.read_program = metric_read_code,
	.read = metric_read_resident,
	.read_shared = metric_read_shared,
	.mark = "VmHWM",
    },
    {
	.measure = &measures[MEASURE_PSS],
	.file = METRIC_ROLLUP,
	.read = metric_read_proportional,
    },
    {
	.measure = &measures[MEASURE_USS],
	.file = METRIC_ROLLUP,
	.read = metric_read_unique,
    },
    {
	.measure = &measures[MEASURE_SWAP],
	.file = METRIC_STATUS,
	.read = metric_read_swap,
    },
    {
	.measure = &measures[MEASURE_VMS],
	.file = METRIC_STATM,
	.read_program = metric_read_code,
	.read = metric_read_size,
	.mark = "VmPeak",
    },
    {
	.measure = &measures[MEASURE_ANON],
	.file = METRIC_STATUS,
	.read = metric_read_anonymous,
    },
    {
	.measure = &measures[MEASURE_CGROUP],
	.file = METRIC_CGROUP,
    },
};

static const struct {
	const char *name, *ours;
} aliases[] = {
    {"psutil", "rss"},
    {"psutil_pss", "pss"},
    {"psutil_uss", "uss"},
    {"posix", "rss"},
};

const struct metric *metric_find(const char *name)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strcmp(aliases[i].name, name) == 0)
			name = aliases[i].ours;
	}
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		if (strcmp(metrics[i].measure->name, name) == 0)
			return &metrics[i];
	}
	return NULL;
}

const struct metric *metric_at(size_t index)
{
	return index < sizeof(metrics) / sizeof(metrics[0]) ? &metrics[index]
							    : NULL;
}

const char *metric_file_name(const struct metric *metric)
{
	static const char *const names[] = {
	    [METRIC_STATM] = "statm",
	    [METRIC_STATUS] = "status",
	    [METRIC_ROLLUP] = "smaps_rollup",
	};

	return metric->file == METRIC_CGROUP ? NULL : names[metric->file];
}

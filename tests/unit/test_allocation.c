// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "allocation/gate.h"
#include "allocation/log.h"
#include "allocation/mappings.h"
#include "allocation/poisson.h"
#include "allocation/slots.h"
#include "scratch.h"

static void chances_are_those_of_libm(void **state)
{
	(void)state;
	for (double size = 1; size < 1e9; size *= 1.7) {
		double truth = -expm1(-floor(size) / 65536);
		double chance = poisson_chance((uint64_t)size, 65536);

		assert_true(fabs(chance - truth) < 1e-9 * truth);
		assert_true(fabs((double)poisson_weight((uint64_t)size, 65536) -
				 floor(size) / truth) <= 0.6);
	}
	assert_int_equal(poisson_weight(0, 65536), 0);
}

static void steps_have_the_mean_and_the_spread_of_the_period(void **state)
{
	uint64_t seed = 1;
	double sum = 0, squares = 0;
	const int n = 200000;

	(void)state;
	for (int i = 0; i < n; i++) {
		double step = (double)poisson_next(&seed, 65536);

		sum += step;
		squares += step * step;
	}
	assert_true(fabs(sum / n / 65536 - 1) < 0.02);
	assert_true(fabs(squares / n / (2.0 * 65536 * 65536) - 1) < 0.04);
}

/* Thinned sums are as right as those of the longer period. */
static void what_is_thinned_has_the_longer_period(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (uint64_t size = 16; size < 1 << 20; size *= 8) {
		double chance = poisson_chance(size, 4096), truth;
		int kept = 0;
		const int n = 400000;

		for (int i = 0; i < n; i++)
			kept += poisson_thin(&seed, size, 4096, 65536);
		truth = n * poisson_chance(size, 65536) / chance;
		assert_true(fabs(kept - truth) < 5 * sqrt(truth) + 1);
	}
}

struct table {
	struct slots slots;
	struct addresses *addresses;
	char directory[SCRATCH_MAX];
};

static void table_open(struct table *table, uint64_t period)
{
	assert_int_equal(scratch_directory(table->directory), 0);
	table->addresses =
	    aligned_alloc(ADDRESSES_PAGE, sizeof(*table->addresses));
	assert_non_null(table->addresses);
	*table->addresses = (struct addresses){0};
	table->slots = (struct slots){.seed = 7};
	rate_init(&table->slots.rate, period, 0);
	assert_int_equal(
	    file_create(&table->slots.file, table->directory, 1, 0), 0);
}

static void table_close(struct table *table)
{
	char path[160];

	munmap(table->slots.file.header, ALLOCATION_FILE);
	snprintf(path, sizeof(path), "%s/1.0", table->directory);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(table->directory), 0);
	free(table->addresses);
}

static void table_sum(const struct table *table, double *sum, double *variance)
{
	*sum = *variance = 0;
	for (uint64_t i = 0; i < table->slots.file.header->used; i++) {
		const struct allocation_slot *slot =
		    &table->slots.file.slots[i];

		if (slot->serial == 0)
			continue;
		*sum += (double)slot->weight;
		*variance +=
		    (double)slot->weight * (double)(slot->weight - slot->size);
	}
}

/* 40 MB in pieces of 24 to 4,023 bytes, some of 1 MiB, of which every one is
 * sampled at first: far more than there are slots. */
static void a_full_table_is_thinned_and_stays_right(void **state)
{
	struct table table;
	uint64_t seed = 3, address = 1 << 20;
	double truth = 0, sum, variance;

	(void)state;
	table_open(&table, 16);
	for (int i = 0; i < 200000; i++, address += 4096) {
		uint64_t size = i % 2000 == 0 ? 1 << 20 : 24 + i % 200 * 20;
		uint64_t period = table.slots.rate.least;
		struct allocation_slot slot = {
		    .address = address, .size = size};

		truth += (double)size;
		slot.weight = poisson_weight(size, period);
		if (poisson_coin(&seed, poisson_chance(size, period)))
			slots_put(
			    &table.slots, table.addresses, &slot, CALLERS_NONE);
	}
	table_sum(&table, &sum, &variance);
	assert_true(table.slots.file.header->thinned > 10000);
	assert_true(table.slots.rate.least > 16);
	assert_int_equal(table.slots.file.header->used, ALLOCATION_SLOTS);
	assert_true(fabs(sum - truth) < 5 * sqrt(variance));
	assert_true(sqrt(variance) < 0.02 * truth);
	table_close(&table);
}

static void what_is_removed_leaves_no_trace(void **state)
{
	struct allocation_slot kept;
	struct table table;
	double sum, variance;

	(void)state;
	table_open(&table, 4096);
	for (uint64_t i = 1; i <= 5000; i++)
		slots_put(&table.slots, table.addresses,
		    &(struct allocation_slot){
			.address = i * 256, .size = i, .weight = i},
		    CALLERS_NONE);
	/* An address has one sample: the last. */
	slots_put(&table.slots, table.addresses,
	    &(struct allocation_slot){.address = 256, .size = 9, .weight = 9},
	    CALLERS_NONE);
	for (uint64_t i = 2; i <= 5000; i++) {
		void *address = (void *)(uintptr_t)(i * 256);

		assert_true(addresses_may_have(table.addresses, address));
		assert_true(slots_remove(
		    &table.slots, table.addresses, address, &kept));
		assert_int_equal(kept.size, i);
		assert_false(slots_remove(
		    &table.slots, table.addresses, address, &kept));
	}
	table_sum(&table, &sum, &variance);
	assert_int_equal((int)sum, 9);
	for (uint64_t i = 2; i <= 5000; i++)
		assert_false(addresses_may_have(
		    table.addresses, (void *)(uintptr_t)(i * 256)));
	table_close(&table);
}

static void a_private_table_gets_a_file_with_all_that_is_in_it(void **state)
{
	struct allocation_header header;
	struct allocation_slot before[3];
	struct table table;
	char path[160], text[16];
	int fd;

	(void)state;
	table_open(&table, 1000);
	file_close(&table.slots.file);
	snprintf(path, sizeof(path), "%s/1.0", table.directory);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_create_private(&table.slots.file, 1, 2), 0);
	for (uint64_t i = 1; i <= 3; i++) {
		const struct allocation_slot slot = {
		    .address = i << 12, .size = i, .weight = 1000 * i};

		slots_put(&table.slots, table.addresses, &slot, 0);
	}
	assert_int_equal(table.slots.held, 6000);
	strcpy(file_log_room(&table.slots.file, 16), "in the log");
	file_log_add(&table.slots.file, 16);
	table.slots.file.header->taken = 3;
	memcpy(before, table.slots.file.slots, sizeof(before));
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(file_publish(&table.slots.file, table.directory), 0);
	assert_false(table.slots.file.is_private);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &header, sizeof(header), 0), sizeof(header));
	assert_memory_equal(&header, table.slots.file.header, sizeof(header));
	assert_int_equal(header.magic, ALLOCATION_MAGIC);
	assert_int_equal(header.used, 3);
	assert_int_equal(header.taken, 3);
	assert_int_equal(header.flags, 2);
	assert_memory_equal(before, table.slots.file.slots, sizeof(before));
	assert_int_equal(
	    pread(fd, text, sizeof(text), ALLOCATION_LOG_AT), sizeof(text));
	assert_string_equal(text, "in the log");
	close(fd);
	table_close(&table);
}

static void a_limit_of_private_memory_is_the_program_s(void **state)
{
	struct rlimit before, limit, now;
	struct file file = {0};
	int failed;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_DATA, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)1 << 40;
	if (limit.rlim_max < limit.rlim_cur)
		skip();
	assert_int_equal(setrlimit(RLIMIT_DATA, &limit), 0);
	assert_int_equal(getrlimit(RLIMIT_DATA, &now), 0);
	if (now.rlim_cur != limit.rlim_cur)
		skip(); /* qemu-user says that it set it, and did not */
	failed = file_create_private(&file, 1, 2);
	assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
	assert_int_equal(failed, -1);
	assert_null(file.header);
}

/* 100 pages at 1 MiB, sampled as if they were 300. */
static void of_a_mapping_the_rest_is_kept(void **state)
{
	const uint64_t page = 4096, at = 1 << 20;
	static struct mappings mappings;
	struct allocation_slot first;
	struct table table;
	double sum, variance;

	(void)state;
	table_open(&table, 65536);
	assert_true(mappings_put(&mappings, &table.slots, table.addresses,
	    &(struct allocation_slot){
		.address = at, .size = 100 * page, .weight = 300 * page}));
	assert_false(mappings_cut(&mappings, &table.slots, table.addresses,
	    at + 10 * page, at + 50 * page, &first));
	assert_int_equal(mappings.len, 2);
	table_sum(&table, &sum, &variance);
	assert_int_equal((int)sum, 180 * page);
	assert_true(mappings_cut(&mappings, &table.slots, table.addresses,
	    at + 50 * page, at + 60 * page, &first));
	assert_int_equal(first.size, 50 * page);
	/* Another takes the place of one whose end was missed. */
	assert_true(mappings_put(&mappings, &table.slots, table.addresses,
	    &(struct allocation_slot){
		.address = at, .size = 20 * page, .weight = 20 * page}));
	table_sum(&table, &sum, &variance);
	assert_int_equal((int)sum, (20 + 120) * page);
	assert_false(mappings_cut(
	    &mappings, &table.slots, table.addresses, 0, at * 2, &first));
	table_sum(&table, &sum, &variance);
	assert_int_equal((int)sum, 0);
	assert_int_equal(mappings.len, 0);
	table_close(&table);
}

static void the_period_follows_what_samples_cost(void **state)
{
	uint64_t now = 0, first;
	struct rate rate;

	(void)state;
	rate_init(&rate, 65536, now);
	first = rate.period;
	assert_int_equal(rate_shortest(&rate), 65536);
	/* 5 us each, one behind the other. */
	for (int i = 0; i < 2000; i++, now += 5000)
		if (rate_spend(&rate, 5000))
			rate_judge(&rate, now);
	assert_in_range(rate.period, 65536 * 16, 65536 * 64);
	/* A place that keeps all its blocks has a short period all the same. */
	assert_int_equal(rate_shortest(&rate), RATE_KEEPER_TIMES * 65536);
	/* Then one in 10 ms. */
	for (int i = 0; i < 2000; i++, now += 10000000)
		if (rate_spend(&rate, 5000))
			rate_judge(&rate, now);
	assert_int_equal(rate.period, first);
}

static void places_that_keep_have_short_periods(void **state)
{
	const uint32_t keeps = 12345, churns = 777;
	struct callers *callers = calloc(1, sizeof(*callers));
	struct rate rate;

	(void)state;
	assert_non_null(callers);
	rate_init(&rate, 65536, 0);
	rate.period = 1 << 20; /* samples are dear */
	assert_int_equal(callers_period(callers, keeps, &rate), 1 << 20);
	for (int i = 0; i < 100; i++) {
		callers_hold(callers, callers_add(callers, keeps), 65536);
		callers_hold(callers, callers_add(callers, churns), 65536);
		callers_release(callers, callers_add(callers, churns), 65536);
	}
	assert_int_equal(
	    callers_period(callers, keeps, &rate), RATE_KEEPER_TIMES * 65536);
	/* No place has a shorter one, so there are no points in between. */
	assert_int_equal(rate_shortest(&rate), RATE_KEEPER_TIMES * 65536);
	assert_true(callers_period(callers, churns, &rate) >= 8 << 20);
	/* 1 GiB needs no samples of 128 KiB. */
	for (int i = 0; i < 1000; i++)
		callers_hold(callers, callers_add(callers, keeps), 2 << 20);
	assert_true(callers_period(callers, keeps, &rate) > 2 << 20);
	rate.period = 1; /* samples are cheap */
	assert_int_equal(callers_period(callers, churns, &rate), 65536);
	free(callers);
}

/* All but one of those that belong to one number have a place of their own: as
 * many as are tried. */
static void places_that_meet_are_kept_apart(void **state)
{
	struct callers *callers = calloc(1, sizeof(*callers));
	uint32_t at[5];

	(void)state;
	assert_non_null(callers);
	for (uint32_t i = 0; i < 5; i++) {
		at[i] = callers_add(callers, 4095 + i * (CALLERS - 4) * 7);
		callers_hold(callers, at[i], 65536);
	}
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(at[i], at[0] + i);
		assert_int_equal(callers->list[at[i]].held, i == 0 ? 2 : 1);
	}
	/* The last one shares. */
	assert_int_equal(at[4], at[0]);
	/* Places at the end of the table stay within it. */
	for (uint32_t i = 0; i < 5; i++) {
		at[i] = callers_add(
		    callers, (CALLERS - 5) + (i + 1) * (CALLERS - 4));
		callers_hold(callers, at[i], 65536);
		assert_true(at[i] > CALLERS_NONE && at[i] < CALLERS);
	}
	assert_int_equal(callers->at[CALLERS - 1], at[3]);
	free(callers);
}

/* As many as there may be, which a small table can't hold. */
static void what_is_written_once_is_found_again(void **state)
{
	struct log *log = calloc(1, sizeof(*log));
	struct log_search to = {log, NULL};
	uint32_t *at = calloc(LOG_PLACES, sizeof(*at)), many = 0;
	struct table table;

	(void)state;
	assert_non_null(log);
	assert_non_null(at);
	table_open(&table, 4096);
	to.file = &table.slots.file;
	for (int again = 0; again < 2; again++) {
		for (uint32_t i = 0; i < LOG_PLACES; i++) {
			struct allocation_frame frame = {
			    .entry = {ALLOCATION_FRAME, sizeof(frame)},
			    .line = i};
			uint32_t found = log_intern(&to, &frame.entry);

			assert_true(!again || found == at[i]);
			at[i] = found;
			many += found != LOG_NONE;
		}
	}
	assert_true(many > LOG_PLACES && many % 2 == 0);
	assert_int_equal(log->len, many / 2);
	for (uint32_t i = 1; i < log->len; i++)
		assert_true(at[i] > at[i - 1]);
	table_close(&table);
	free(at);
	free(log);
}

static void nobody_enters_while_threads_fork(void **state)
{
	struct gate gate = {0};

	(void)state;
	assert_true(gate_enter(&gate));
	gate_close(&gate, 1);
	gate_close(&gate, 1);
	assert_false(gate_enter(&gate));
	gate_open(&gate);
	assert_false(gate_enter(&gate));
	gate_open(&gate);
	assert_true(gate_enter(&gate));
	/* They are waited for once. */
	gate_close(&gate, 0);
	assert_int_equal(gate.lost, 2);
	gate_close(&gate, 0);
	assert_int_equal(gate.forks, 2);
	gate = (struct gate){0};
	gate_open(&gate);
	gate_leave(&gate);
	assert_int_equal(gate.forks, 0);
	assert_int_equal(gate.inside, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_enters_while_threads_fork),
	    cmocka_unit_test(chances_are_those_of_libm),
	    cmocka_unit_test(steps_have_the_mean_and_the_spread_of_the_period),
	    cmocka_unit_test(what_is_thinned_has_the_longer_period),
	    cmocka_unit_test(places_that_keep_have_short_periods),
	    cmocka_unit_test(places_that_meet_are_kept_apart),
	    cmocka_unit_test(what_is_written_once_is_found_again),
	    cmocka_unit_test(a_full_table_is_thinned_and_stays_right),
	    cmocka_unit_test(what_is_removed_leaves_no_trace),
	    cmocka_unit_test(
		a_private_table_gets_a_file_with_all_that_is_in_it),
	    cmocka_unit_test(a_limit_of_private_memory_is_the_program_s),
	    cmocka_unit_test(of_a_mapping_the_rest_is_kept),
	    cmocka_unit_test(the_period_follows_what_samples_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

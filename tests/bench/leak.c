// SPDX-License-Identifier: MIT
//
// leak [COUNT [FIRST-SEED [-v]]]: the verdicts on COUNT labelled recordings;
// with -v also each recording that was judged wrongly.
// leak make KIND SEED: one of them as a .dat file on standard output.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/leak.h"
#include "recordings.h"

struct tally {
	size_t verdicts[4], count;
	size_t found_above_noise, above_noise;
	size_t denied; /* steady, of a leak as large as would have shown */
};

static void print_wrong(enum recording_kind kind, uint64_t seed,
    const struct recording_facts *facts, const struct leak *leak)
{
	printf("%s %llu: %s (%d), of %.2f MiB in noise of %.2f, "
	       "%.3g MiB/s where %.3g shows\n",
	    recording_name(kind), (unsigned long long)seed,
	    leak_word(leak->verdict), (int)leak->reason, facts->leak_mib,
	    facts->noise_mib, facts->mib_per_s, leak->visible_mib_per_s);
}

static void tally_add(
    struct tally *t, enum recording_kind kind, uint64_t seed, bool verbose)
{
	struct profile profile;
	struct recording_facts facts;
	struct leak_run leak;
	struct run *run;

	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	recording_make(kind, seed, run, &facts);
	leak_judge_run(run, &leak);
	t->verdicts[leak.worst.verdict]++;
	t->count++;
	if (facts.leak_mib > 2 * facts.noise_mib) {
		t->above_noise++;
		t->found_above_noise += leak.worst.verdict == LEAK_LEAKING;
	}
	if (leak.worst.verdict == LEAK_STEADY)
		t->denied += facts.mib_per_s > leak.worst.visible_mib_per_s;
	if (verbose &&
	    (facts.leak_mib > 0) != (leak.worst.verdict == LEAK_LEAKING))
		print_wrong(kind, seed, &facts, &leak.worst);
	leak_run_finish(&leak);
	profile_finish(&profile);
}

struct sums {
	size_t sound, called, leaks, found;
};

static void print_kind(enum recording_kind kind, const struct tally *t)
{
	printf("%-15s %6zu %8zu %8zu %8zu %10zu %7zu\n", recording_name(kind),
	    t->count, t->verdicts[LEAK_LEAKING], t->verdicts[LEAK_GROWING],
	    t->verdicts[LEAK_STEADY], t->verdicts[LEAK_UNDECIDED], t->denied);
}

static void print_sums(const char *of, const struct sums *s)
{
	printf("%swithout a leak, called leaking: %zu of %zu (%.2f %%)\n", of,
	    s->called, s->sound, 100.0 * (double)s->called / (double)s->sound);
	printf("%sleaks above the noise, found: %zu of %zu (%.2f %%)\n", of,
	    s->found, s->leaks, 100.0 * (double)s->found / (double)s->leaks);
}

static int print_table(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000;
	uint64_t first = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	struct sums sums[2] = {{0}, {0}};

	printf("%-15s %6s %8s %8s %8s %10s %7s\n", "recording", "count",
	    "leaking", "growing", "steady", "undecided", "denied");
	for (int k = 0; k < RECORDING_KINDS; k++) {
		enum recording_kind kind = (enum recording_kind)k;
		struct sums *s = &sums[recording_has_edges(kind)];
		struct tally t = {0};

		for (size_t i = 0; i <= (count - 1) / RECORDING_START_FLAT; i++)
			tally_add(&t, kind, first + i, argc > 3);
		print_kind(kind, &t);
		if (!recording_leaks(kind)) {
			s->sound += t.count;
			s->called += t.verdicts[LEAK_LEAKING];
		}
		if (recording_is_open(kind))
			continue;
		s->leaks += t.above_noise;
		s->found += t.found_above_noise;
	}
	print_sums("", &sums[0]);
	print_sums("with edges: ", &sums[1]);
	return 0;
}

static int make_recording(const char *name, uint64_t seed)
{
	struct recording_facts facts;
	struct profile profile;
	struct run *run;
	int kind = 0;

	while (kind < RECORDING_KINDS &&
	       strcmp(recording_name((enum recording_kind)kind), name) != 0)
		kind++;
	if (kind == RECORDING_KINDS) {
		fprintf(stderr, "leak: %s: no such kind of recording\n", name);
		return 2;
	}
	profile_init(&profile, "made");
	run = profile_add_run(&profile);
	recording_make((enum recording_kind)kind, seed, run, &facts);
	printf("CMDLINE %s, seed %llu\n", name, (unsigned long long)seed);
	for (size_t i = 0; i < run->total.len; i++) {
		double time_s = run->total.items[i].time_s;

		printf("MEM %.6f %.4f\n", run->total.items[i].mib, time_s);
		for (size_t p = 0; p < run->processes.len; p++) {
			const struct series *m =
			    &run->processes.items[p].memory;
			size_t at = series_find(m, time_s);

			if (at < m->len && m->items[at].time_s == time_s)
				printf("CHLD %s %.6f %.4f\n",
				    run->processes.items[p].key,
				    m->items[at].mib, time_s);
		}
	}
	profile_finish(&profile);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "make") == 0)
		return make_recording(argv[2], strtoull(argv[3], NULL, 10));
	return print_table(argc, argv);
}

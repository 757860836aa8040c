// SPDX-License-Identifier: MIT
#include "profile/peak.h"

#include <math.h>

/* Less than the last digit that is written. */
#define ROUNDING_MIB 1e-6

/* The time to show for a high-water mark, which only tells that it was reached
 * since the mark was last read: that of the highest sample in between. */
static double peak_placed_s(const struct run *run, const struct sample *marked)
{
	struct series since;
	const struct sample *highest;

	if (!(run->peak_since_s > 0) || run->peak_since_s > marked->time_s)
		return marked->time_s;
	since = series_part(&run->total, run->peak_since_s, marked->time_s);
	highest = series_peak(&since);
	return highest ? highest->time_s : marked->time_s;
}

bool run_peak_above(
    const struct run *run, const struct sample *sampled, struct sample *peak)
{
	const struct sample *marked = series_peak(&run->peaks);

	if (marked && (!sampled || marked->mib > sampled->mib)) {
		*peak =
		    (struct sample){peak_placed_s(run, marked), marked->mib};
		return true;
	}
	if (sampled)
		*peak = *sampled;
	return sampled != NULL;
}

bool run_peak(const struct run *run, struct sample *peak)
{
	return run_peak_above(run, series_peak(&run->total), peak);
}

/* The kernel's high-water mark may be higher than every sample. */
bool process_peak(const struct process *process, double *mib)
{
	const struct sample *best = series_peak(&process->memory);

	if (!best && process->thinned_mib <= 0)
		return false;
	*mib = fmax(best ? best->mib : 0, process->thinned_mib);
	if (process->exit.recorded && process->exit.mib > *mib)
		*mib = process->exit.mib;
	return true;
}

/* Margin by which the kernel's counters may differ at one moment. */
static double peak_slack_mib(double mib)
{
	return 2 + mib / 128;
}

bool run_peak_is_sampled(const struct run *run)
{
	const struct sample *sampled = series_peak(&run->total);
	struct sample peak;

	return sampled && run_peak(run, &peak) &&
	       peak.mib <= sampled->mib + peak_slack_mib(sampled->mib);
}

/* A record that is hardly higher than the known peak, while all samples since
 * the last record were far lower, is the same peak: the kernel's counters
 * differ by that much. Version 0.1.0 wrote such records. */
static bool profile_peak_only_confirms(
    double mib, double highest, double sampled)
{
	double slack = peak_slack_mib(highest);

	return mib <= highest + slack && sampled < highest - slack;
}

/* The last PEAK of a run repeats its peak, whenever that was. */
void run_unsampled_peaks(const struct run *run, struct series *news)
{
	const struct series *total = &run->total;
	double highest = -INFINITY;
	size_t at = 0;

	*news = (struct series){0};
	for (size_t i = 0; i < run->peaks.len; i++) {
		const struct sample *peak = &run->peaks.items[i];
		double sampled = -INFINITY;

		for (;
		     at < total->len && total->items[at].time_s <= peak->time_s;
		     at++)
			sampled = fmax(sampled, total->items[at].mib);
		highest = fmax(highest, sampled);
		if (peak->mib > highest + ROUNDING_MIB &&
		    !(news->len > 0 && profile_peak_only_confirms(
					   peak->mib, highest, sampled)))
			series_add(news, peak->time_s, peak->mib);
		highest = fmax(highest, peak->mib);
	}
}

// SPDX-License-Identifier: MIT
//
// The sampler's peak of the whole: the highest sampled sum, or the highest
// high-water mark of one process or of the control group, with its moment.
#include "base/clock.h"
#include "recorder/sample.h"

/* Peaks between samples are told at most this often. */
#define TELL_PEAK_NS NS_PER_S

/* How often the control group's mark is read; each process's has its turn. */
#define GROUP_NS NS_PER_S

static bool of_group(const struct sampler *s)
{
	return s->plan.metric->file == METRIC_CGROUP;
}

void peaks_begin(struct sampler *s)
{
	s->peak_kib = -1;
	s->marks_ns = s->peak_told_ns = s->result.start_ns;
	highest_restart(&s->group, -1, s->result.start_ns);
	s->cgroup_peak_kib = cgroup_peak_kib(&s->cgroup);
}

/* A new process was not there at the tick before. */
void peaks_take_member(struct sampler *s, struct member *member)
{
	if (member->high.since_ns == 0)
		highest_restart(&member->high, -1,
		    s->told_ns ? s->told_ns : s->result.start_ns);
	highest_take(&member->high, member->kib, s->tick.time_ns);
}

void peaks_take_sum(struct sampler *s)
{
	highest_take(&s->group, s->tick.total_kib, s->tick.time_ns);
	if (s->tick.total_kib <= s->peak_kib)
		return;
	s->peak_kib = s->tick.total_kib;
	s->peak_time_ns = s->tick.time_ns;
	s->peak_since_ns = s->marks_ns;
	s->peak_untold = false;
}

/* A later mark of the same peak may be higher by this much. Linux 6.2 and later
 * count a process's pages on each processor and add them up in lots, by which
 * VmHWM, wait4() and a sample of one moment differ. */
static int64_t slack_kib(int64_t kib)
{
	return 2048 + kib / 128;
}

/* A mark that is hardly higher, while all samples since the last mark were far
 * below, belongs to the peak that is known already. */
static bool peaks_only_confirms(
    const struct sampler *s, const struct high_water_mark *mark)
{
	int64_t slack = slack_kib(s->peak_kib);

	return s->peak_kib >= 0 && mark->kib - s->peak_kib <= slack &&
	       mark->high.kib < s->peak_kib - slack;
}

void peaks_note_mark(struct sampler *s, const struct high_water_mark *mark)
{
	if (mark->kib <= s->peak_kib)
		return;
	if (!peaks_only_confirms(s, mark)) {
		s->peak_time_ns = mark->high.time_ns;
		s->peak_since_ns = mark->high.since_ns;
	}
	s->peak_kib = mark->kib;
	s->peak_untold = true;
}

static void look_at_group(struct sampler *s, const struct high_water_look *look)
{
	int64_t kib = cgroup_peak_kib(&s->cgroup);
	struct high_water_mark mark = {kib, s->group};

	/* The mark from before the recording may be of another time. */
	if (kib > s->cgroup_peak_kib)
		peaks_note_mark(s, &mark);
	highest_restart(
	    &s->group, look->sampled ? s->tick.total_kib : -1, look->now_ns);
}

static void peaks_tell(struct sampler *s)
{
	const struct sink_peak peak = {.time_ns = s->peak_time_ns,
	    .since_ns = s->peak_since_ns,
	    .kib = s->peak_kib};

	if (s->sink->peak)
		s->sink->peak(s->sink->context, &peak);
	s->peak_untold = false;
}

void peaks_look(struct sampler *s, int64_t elapsed_ns)
{
	const struct high_water_look look = {s->tick.time_ns, true};
	/* At once where marks may stand from before the recording. */
	bool first = s->result.samples <= 1 && !s->plan.launched;
	struct high_water_mark mark =
	    first ? high_water_all(&s->high_water, &s->tree.members, &look)
		  : high_water_step(
			&s->high_water, &s->tree.members, elapsed_ns, &look);

	if (mark.kib >= 0)
		s->marks_ns = s->tick.time_ns;
	peaks_note_mark(s, &mark);
	if (of_group(s) && s->tick.time_ns - s->group.since_ns >= GROUP_NS)
		look_at_group(s, &look);
	if (!s->peak_untold || s->tick.time_ns - s->peak_told_ns < TELL_PEAK_NS)
		return;
	peaks_tell(s);
	s->peak_told_ns = s->tick.time_ns;
}

static void peaks_check_all(struct sampler *s)
{
	const struct high_water_look look = {sample_now_ns(s), false};
	struct high_water_mark mark =
	    high_water_all(&s->high_water, &s->tree.members, &look);

	peaks_note_mark(s, &mark);
	if (of_group(s))
		look_at_group(s, &look);
	s->marks_ns = look.now_ns;
}

void peaks_look_at_all(struct sampler *s)
{
	peaks_check_all(s);
	if (s->peak_untold)
		peaks_tell(s);
}

void peaks_last(struct sampler *s)
{
	peaks_check_all(s);
}

void peaks_tell_last(struct sampler *s)
{
	if (s->peak_kib >= 0)
		peaks_tell(s);
}

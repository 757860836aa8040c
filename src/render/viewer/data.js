// SPDX-License-Identifier: MIT
//
// The recording as it came in the page: decoding, and questions to series.
"use strict";

const STEPS_PER_MIB = 1024;

const SMALL = 2 ** 31;

// Most integers are small, for which there are quicker ways.
function unzigzag(value)
{
	if (value < SMALL)
		return value >>> 1 ^ -(value & 1);
	return value % 2 ? -(value + 1) / 2 : value / 2;
}

function half(value)
{
	return value < SMALL ? value >>> 1 : Math.floor(value / 2);
}

// Integers of seven bits a byte, the low ones first. They are multiplied rather
// than shifted, since they may exceed 32 bits.
class IntegerReader {
	constructor(text)
	{
		this.bytes = atob(text);
		this.at = 0;
	}

	more()
	{
		return this.at < this.bytes.length;
	}

	next()
	{
		let byte = this.bytes.charCodeAt(this.at++);

		if (byte < 128)
			return byte;
		let value = byte & 127, weight = 128;

		while (byte > 127) {
			byte = this.bytes.charCodeAt(this.at++);
			value += (byte & 127) * weight;
			weight *= 128;
		}
		return value;
	}
}

// The samples that no line leads to, by their indices.
class Breaks {
	constructor(count)
	{
		this.flags = new Uint8Array(count + 1);
	}

	add(index)
	{
		this.flags[index] = 1;
	}

	has(index)
	{
		return this.flags[index] === 1;
	}
}

// Two integers a sample: the time since the sample before in ticks (zigzag in
// the first), and the change of memory in KiB, zigzag, times two, and one more
// where no line comes from the sample before.
function decodeSamples(series, ticksPerSecond)
{
	const integers = new IntegerReader(series.data);
	let ticks = 0, steps = 0;

	series.time = new Float64Array(series.count);
	series.memory = new Float64Array(series.count);
	series.breaks = new Breaks(series.count);
	for (let i = 0; i < series.count; i++) {
		const step = integers.next(), change = integers.next();

		ticks += i ? step : unzigzag(step);
		steps += unzigzag(half(change));
		if (change % 2)
			series.breaks.add(i);
		series.time[i] = ticks / ticksPerSecond;
		series.memory[i] = steps / STEPS_PER_MIB;
	}
	series.data = null;
}

// A thinned series has the mean of all samples for each step: two
// integers a step that has samples, how many steps after the one before, and
// the change of the mean in KiB, zigzag.
function decodeMeans(series)
{
	const integers = new IntegerReader(series.means || "");
	const steps = [], means = [];
	let step = 0, mean = 0;

	while (integers.more()) {
		step += integers.next();
		mean += unzigzag(integers.next());
		steps.push(step);
		means.push(mean / STEPS_PER_MIB);
	}
	series.stepMeans = new Float64Array(step + 1).fill(NaN);
	steps.forEach((at, i) => {
		series.stepMeans[at] = means[i];
	});
	series.means = null;
}

// Colours repeat where there are many processes; dashes tell those apart.
function loadSeries(list, ticksPerSecond)
{
	const uses = new Map();

	for (const series of list) {
		const used = uses.get(series.role) || 0;
		const many = series.kind === "process" ||
			series.kind === "layer";

		decodeSamples(series, ticksPerSecond);
		decodeMeans(series);
		uses.set(series.role, used + 1);
		series.dash = many ? used % 3 : 0;
		series.hidden = false;
	}
}

// The entries of the legend: of several recordings the highest first.
function listedSeries(data)
{
	const listed = data.series.filter((one) => one.legend);
	const runs = listed.filter((one) => one.kind === "run");

	runs.sort((a, b) => b.highest - a.highest);
	return runs.concat(listed.filter((one) => one.kind !== "run"));
}

// A stack of the program's own making takes the lines' place, but for trends.
function chooseSeries(data, stacked)
{
	data.series = stacked && data.layers.length ?
		data.layers.concat(data.lines.filter((one) =>
			one.kind === "trend")) :
		data.lines;
}

function loadRecording(data)
{
	loadSeries(data.series, data.ticks);
	loadSeries(data.layers, data.ticks);
	for (const panel of data.panels)
		loadSeries(panel.series, data.ticks);
	data.lines = data.series;
	chooseSeries(data, data.stacked);
	data.lanes = 0;
	for (const span of data.spans)
		data.lanes = Math.max(data.lanes, span.lane + 1);
	return data;
}

// The first index whose time is at or after `time`.
function lowerBound(series, time)
{
	let low = 0, high = series.count;

	while (low < high) {
		const middle = (low + high) >> 1;

		if (series.time[middle] < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

// The samples in [from, to], with one more on either side for the lines that
// cross the edges: [first, behind the last].
function visibleRange(series, from, to)
{
	const first = lowerBound(series, from);
	let last = lowerBound(series, to);

	while (last < series.count && series.time[last] <= to)
		last++;
	return [Math.max(0, first - 1), Math.min(series.count, last + 1)];
}

function nearestSample(series, time)
{
	const after = lowerBound(series, time);

	if (after === 0)
		return series.count ? 0 : -1;
	if (after === series.count)
		return after - 1;
	return series.time[after] - time < time - series.time[after - 1] ?
		after : after - 1;
}

// The highest sample in [from, to]; where none is in it, the nearest.
function highestSample(series, from, to)
{
	let best = -1;

	for (let i = lowerBound(series, from);
		i < series.count && series.time[i] <= to; i++) {
		if (best < 0 || series.memory[i] > series.memory[best])
			best = i;
	}
	return best >= 0 ? best : nearestSample(series, (from + to) / 2);
}

// Memory at a time: between two samples the earlier one; NaN outside the
// series' life and in gaps. `slack` seconds are allowed at either end.
function memoryAt(series, time, slack)
{
	const count = series.count;

	if (count === 0 || time < series.time[0] - slack ||
		time > series.time[count - 1] + slack)
		return NaN;
	const after = lowerBound(series, time);
	if (after < count && series.time[after] === time)
		return series.memory[after];
	if (after > 0 && after < count && series.breaks.has(after))
		return NaN;
	return series.memory[Math.max(0, after - 1)];
}

function extremesOf(memory, first, last)
{
	let highest = -Infinity, lowest = Infinity;

	for (let i = first; i < last; i++) {
		const mib = memory[i];

		if (mib > highest)
			highest = mib;
		if (mib < lowest)
			lowest = mib;
	}
	return [lowest, highest];
}

// Samples whose extremes are found once for all views.
const BLOCK = 64;

function blockExtremes(series)
{
	if (!series.lows) {
		const blocks = Math.floor(series.count / BLOCK);

		series.lows = new Float64Array(blocks);
		series.highs = new Float64Array(blocks);
		for (let i = 0; i < blocks; i++)
			[series.lows[i], series.highs[i]] = extremesOf(
				series.memory, i * BLOCK, (i + 1) * BLOCK);
	}
	return series;
}

// The extremes of a line in sight, which reaches beyond it by a sample on either
// side.
function extremesAround(series, from, to)
{
	const [first, last] = visibleRange(series, from, to);
	const { memory, lows, highs } = blockExtremes(series);
	const start = Math.min(last, Math.ceil(first / BLOCK) * BLOCK);
	const end = Math.max(start, Math.floor(last / BLOCK) * BLOCK);
	const parts = [extremesOf(memory, first, start),
		extremesOf(memory, end, last)];

	if (end > start)
		parts.push([
			extremesOf(lows, start / BLOCK, end / BLOCK)[0],
			extremesOf(highs, start / BLOCK, end / BLOCK)[1]]);
	return [Math.min(...parts.map((one) => one[0])),
		Math.max(...parts.map((one) => one[1]))];
}

// The calls that were running at a time, outermost first: a list a thread.
function callsAt(data, time)
{
	const threads = new Map();

	for (const span of data.spans) {
		const key = threadText(span);

		if (span.from[0] > time || time > span.to[0])
			continue;
		if (!threads.has(key))
			threads.set(key, []);
		threads.get(key).push(span);
	}
	return [...threads.values()].map((calls) =>
		calls.sort((a, b) => a.lane - b.lane));
}

function threadText(span)
{
	if (!span.pid)
		return "";
	return span.tid ? `process ${span.pid}, thread ${span.tid}` :
		`process ${span.pid}, its main thread`;
}

function fullName(span)
{
	return span.full || span.name;
}

// The lowest and the highest sample in [from, to], what was held at its start
// among them; null where there is none.
function extremesIn(series, from, to)
{
	const held = memoryAt(series, from, 0);
	let lowest = isNaN(held) ? Infinity : held;
	let highest = isNaN(held) ? -Infinity : held;

	for (let i = lowerBound(series, from);
		i < series.count && series.time[i] <= to; i++) {
		lowest = Math.min(lowest, series.memory[i]);
		highest = Math.max(highest, series.memory[i]);
	}
	return lowest <= highest ? [lowest, highest] : null;
}

// The mean over time, each sample held until the next one. Of a thinned series
// each step counts with its mean and as much of it as lies in [from, to].
function meanIn(series, from, to)
{
	const end = series.time[series.count - 1];
	let area = 0, time = 0;

	function add(start, stop, mib)
	{
		const part = Math.min(stop, to, end) - Math.max(start, from);

		if (part > 0 && !isNaN(mib)) {
			area += part * mib;
			time += part;
		}
	}

	if (series.step > 0 && from <= series.time[0] && to >= end)
		return series.mean;
	if (series.step > 0) {
		const most = series.stepMeans.length - 1;
		const low = Math.floor((from - series.first) / series.step);
		const high = Math.floor((to - series.first) / series.step);

		for (let k = Math.max(0, low); k <= Math.min(most, high); k++)
			add(series.first + k * series.step,
				series.first + (k + 1) * series.step,
				series.stepMeans[k]);
	} else {
		const first = Math.max(0, lowerBound(series, from) - 1);

		for (let i = first; i + 1 < series.count &&
			series.time[i] <= to; i++)
			add(series.time[i], series.time[i + 1],
				series.memory[i]);
	}
	return time > 0 ? area / time :
		memoryAt(series, Math.max(from, series.time[0]), 0);
}

// Returns the figures of a series in [from, to]; null where it has no sample
// there.
function rangeFigures(series, from, to)
{
	const extremes = series.count ? extremesIn(series, from, to) : null;

	if (!extremes)
		return null;
	const start = Math.max(from, series.time[0]);
	const end = Math.min(to, series.time[series.count - 1]);
	const before = series.memory[Math.max(0, lastAtOrBefore(series, start))];
	const after = series.memory[Math.max(0, lastAtOrBefore(series, end))];
	const mean = meanIn(series, from, to);
	const growth = after - before;

	return {
		lowest: extremes[0], highest: extremes[1], growth,
		mean: isNaN(mean) ? before : mean,
		perMinute: end > start ? growth / (end - start) * 60 : 0,
	};
}

function lastAtOrBefore(series, time)
{
	const after = lowerBound(series, time);

	return after < series.count && series.time[after] === time ? after :
		after - 1;
}

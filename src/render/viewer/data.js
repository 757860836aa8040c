// SPDX-License-Identifier: MIT
//
// The recording as it came in the page: decoding, and questions to series.
"use strict";

const STEPS_PER_MIB = 1024;

function unzigzag(value)
{
	return value % 2 ? -(value + 1) / 2 : value / 2;
}

// Two integers a sample, low seven bits first: the time since the sample
// before in ticks (zigzag in the first), and the change of memory in KiB,
// zigzag, times two, and one more where no line comes from the sample before.
// They are multiplied rather than shifted, since they may exceed 32 bits.
function decodeSamples(series, ticksPerSecond)
{
	const bytes = atob(series.data);
	let at = 0, ticks = 0, steps = 0;

	function integer()
	{
		let value = 0, weight = 1, byte;

		do {
			byte = bytes.charCodeAt(at++);
			value += (byte & 127) * weight;
			weight *= 128;
		} while (byte > 127);
		return value;
	}

	series.time = new Float64Array(series.count);
	series.memory = new Float64Array(series.count);
	series.breaks = new Set();
	for (let i = 0; i < series.count; i++) {
		const step = integer(), change = integer();

		ticks += i ? step : unzigzag(step);
		steps += unzigzag(Math.floor(change / 2));
		if (change % 2)
			series.breaks.add(i);
		series.time[i] = ticks / ticksPerSecond;
		series.memory[i] = steps / STEPS_PER_MIB;
	}
	series.data = null;
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
		uses.set(series.role, used + 1);
		series.dash = many ? used % 3 : 0;
		series.hidden = false;
	}
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

function highestIn(series, from, to)
{
	const [first, last] = visibleRange(series, from, to);
	let highest = -Infinity, lowest = Infinity;

	for (let i = first; i < last; i++) {
		highest = Math.max(highest, series.memory[i]);
		lowest = Math.min(lowest, series.memory[i]);
	}
	return [lowest, highest];
}

// The calls that were running at a time, outermost first.
function callsAt(data, time)
{
	return data.spans
		.filter((one) => one.from[0] <= time && time <= one.to[0])
		.sort((a, b) => a.lane - b.lane);
}

// SPDX-License-Identifier: MIT
//
// The areas of the canvas, and conversions of data to pixels and back.
"use strict";

const LANE_HEIGHT = 20;
const PANEL_HEIGHT = 84;
const AXIS_HEIGHT = 30;
const LEAST_PLOT = 280;

// From top to bottom: the unit of memory, the plot of it, the panels of other
// figures, the time axis, the lanes of calls. A flame graph has its lanes above
// its axis.
function makeLayout(width, height, data)
{
	const left = data.flame ? 14 : width < 480 ? 48 : 64;
	const lanesHeight = heightOfLanes(data.lanes);
	const top = data.flame ? 14 : 28;
	const axis = data.flame ? lanesHeight :
		height - AXIS_HEIGHT - lanesHeight;
	const bottom = axis - data.panels.length * PANEL_HEIGHT;

	return {
		width, height, left, right: width - 14, top, bottom, axis,
		panels: data.panels.map((panel, i) => ({
			top: bottom + i * PANEL_HEIGHT + 24,
			bottom: bottom + (i + 1) * PANEL_HEIGHT,
		})),
		lanesTop: data.flame ? 8 : height - lanesHeight + 8,
		lanesHeight,
	};
}

// Returns how high all is that stands below the plot of memory.
function heightBesidePlot(data)
{
	return heightOfLanes(data.lanes) + data.panels.length * PANEL_HEIGHT;
}

function heightOfLanes(lanes)
{
	return lanes ? lanes * LANE_HEIGHT + 14 : 0;
}

// Conversions of many times or sizes: what is the same for all is computed once.
function xScale(view)
{
	const { left, right } = view.layout;
	const { from } = view;
	const scale = (right - left) / (view.to - from);

	return (time) => left + (time - from) * scale;
}

function yScale(view)
{
	const { top, bottom } = view.layout;
	const { low } = view;
	const scale = (bottom - top) / (view.high - low);

	return (mib) => bottom - (mib - low) * scale;
}

function timeToX(view, time)
{
	return xScale(view)(time);
}

function xToTime(view, x)
{
	const { left, right } = view.layout;

	return view.from + (x - left) / (right - left) * (view.to - view.from);
}

function memoryToY(view, mib)
{
	return yScale(view)(mib);
}

function yToMemory(view, y)
{
	const { top, bottom } = view.layout;

	return view.low + (bottom - y) / (bottom - top) *
		(view.high - view.low);
}

// A limit farther above what is seen than this would crush it.
const LIMIT_NEAR = 2;

// A memory axis over what is seen, from zero unless `fit` asks for closeness. Its
// unit is that of the highest memory in sight, as labels have it, whatever the
// limit.
function scaleMemory(view, data)
{
	let low = Infinity, high = -Infinity;

	for (const series of data.series) {
		if (series.hidden || series.count === 0)
			continue;
		const [least, most] = extremesAround(series, view.from, view.to);
		low = Math.min(low, least);
		high = Math.max(high, most);
	}
	for (const mark of data.marks) {
		if (mark.kind === "peak" && mark.at >= view.from &&
			mark.at <= view.to)
			high = Math.max(high, mark.mib);
	}
	if (view.stacked)
		high = Math.max(high, stackHeight(view, data));
	const held = high;

	for (const mark of data.marks) {
		if (mark.kind === "limit" && mark.mib <= LIMIT_NEAR * high)
			high = Math.max(high, mark.mib);
	}
	if (!isFinite(high))
		[low, high] = [0, 1];
	if (!view.fit || view.stacked)
		low = Math.min(0, low);
	const span = high - low || Math.max(high, 1 / 1024) * 0.1;
	view.unit = memoryUnit(Math.max(isFinite(held) ? held : high, -low));
	view.low = view.fit && !view.stacked ? low - span * 0.06 : low;
	view.high = high + span * 0.06;
}

function memoryTicks(view)
{
	const unit = view.unit;
	const room = (view.layout.bottom - view.layout.top) / 48;
	const span = (view.high - view.low) / unit.mib;
	const step = roundStep(span / Math.max(2, room));
	const digits = stepDigits(step);

	return {
		unit: unit.name,
		ticks: ticksBetween(view.low / unit.mib, view.high / unit.mib,
			step, 0).map((value) => ({
			at: value * unit.mib,
			label: value ? value.toFixed(digits) : "0",
		})),
	};
}

// The axis of a flame graph.
function growthTicks(view)
{
	const room = (view.layout.right - view.layout.left) / 96;
	const unit = memoryUnit(view.to);
	const step = roundStep((view.to - view.from) / unit.mib /
		Math.max(2, room));
	const digits = stepDigits(step);

	return ticksBetween(view.from / unit.mib, view.to / unit.mib, step, 0)
		.map((value) => ({
			at: value * unit.mib,
			label: value ? `${value.toFixed(digits)} ${unit.name}` :
				"0",
		}));
}

// Ticks that are round in local time where the clock is shown.
function timeTicks(view, data)
{
	if (data.flame)
		return growthTicks(view);
	const room = (view.layout.right - view.layout.left) / 96;
	const step = timeStep((view.to - view.from) / Math.max(2, room));
	const digits = Math.min(view.clock ? 3 : 6, stepDigits(step));
	let offset = 0;

	if (view.clock) {
		const zone = new Date(data.origin * 1000).getTimezoneOffset();
		offset = data.origin - zone * 60;
		offset -= Math.floor(offset / 604800) * 604800;
	}
	return ticksBetween(view.from, view.to, step, offset).map((at) => ({
		at,
		label: view.clock ?
			axisClockText(data.origin + at, step, digits) :
			axisTimeText(at, step, digits),
	}));
}

// A midnight is its day, so that a reader sees it go by.
function axisClockText(epoch, step, digits)
{
	const when = new Date(Math.round(epoch) * 1000);
	const midnight = when.getHours() === 0 && when.getMinutes() === 0 &&
		when.getSeconds() === 0;

	if (step >= 86400 || (midnight && step >= 60))
		return dateText(epoch);
	return clockText(epoch, step < 60 ? digits : -1);
}

function axisTimeText(at, step, digits)
{
	if (Math.abs(at) < step / 2)
		return "0";
	return elapsedText(at, step < 60 ? digits : 0);
}

// SPDX-License-Identifier: MIT
//
// The picture: grid, axes, series, marks and lanes on a canvas.
"use strict";

const DASHES = [[], [6, 3], [2, 2]];

function themeOf(data)
{
	const print = document.documentElement.classList.contains("print");
	const dark = matchMedia("(prefers-color-scheme: dark)").matches;

	return data.palette[dark && !print ? "dark" : "light"];
}

function chartFont(size, weight)
{
	return `${weight || 400} ${size}px system-ui, -apple-system, ` +
		'"Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif';
}

// A canvas as sharp as the screen; its context counts in CSS pixels.
function fitCanvas(canvas, width, height)
{
	const ratio = window.devicePixelRatio || 1;
	const context = canvas.getContext("2d");

	canvas.width = Math.round(width * ratio);
	canvas.height = Math.round(height * ratio);
	context.setTransform(ratio, 0, 0, ratio, 0, 0);
	context.clearRect(0, 0, width, height);
	return context;
}

// The last text that fits in `width`, with an ellipsis where it was cut.
function fittingText(context, text, width)
{
	if (context.measureText(text).width <= width)
		return text;
	let low = 0, high = text.length;

	while (low < high) {
		const middle = (low + high + 1) >> 1;
		const shorter = text.slice(0, middle) + "\u2026";

		if (context.measureText(shorter).width <= width)
			low = middle;
		else
			high = middle - 1;
	}
	return low > 1 ? text.slice(0, low) + "\u2026" : "";
}

function drawMemoryAxis(context, view, theme)
{
	const { left, right, top } = view.layout;
	const { ticks, unit } = memoryTicks(view);

	context.font = chartFont(11.5);
	context.textAlign = "right";
	context.textBaseline = "middle";
	context.lineWidth = 1;
	for (const tick of ticks) {
		const y = Math.round(memoryToY(view, tick.at)) + 0.5;

		context.strokeStyle = theme.grid;
		context.beginPath();
		context.moveTo(left, y);
		context.lineTo(right, y);
		context.stroke();
		context.fillStyle = theme["text-soft"];
		if (y > top + 16)
			context.fillText(tick.label, left - 8, y);
	}
	context.font = chartFont(11.5, 600);
	context.fillText(unit, left - 8, top + 1);
}

function drawTimeAxis(context, view, data, theme)
{
	const { left, right, bottom } = view.layout;
	let behind = -Infinity;

	context.strokeStyle = theme.frame;
	context.beginPath();
	context.moveTo(left, bottom + 0.5);
	context.lineTo(right, bottom + 0.5);
	context.stroke();
	context.font = chartFont(11.5);
	context.textAlign = "center";
	context.textBaseline = "top";
	context.fillStyle = theme["text-soft"];
	for (const tick of timeTicks(view, data)) {
		const x = timeToX(view, tick.at);
		const half = context.measureText(tick.label).width / 2;
		const middle = Math.min(Math.max(x, half), right + 14 - half);

		context.beginPath();
		context.moveTo(Math.round(x) + 0.5, bottom);
		context.lineTo(Math.round(x) + 0.5, bottom + 4);
		context.stroke();
		if (middle - half < behind + 8)
			continue;
		context.fillText(tick.label, middle, bottom + 8);
		behind = middle + half;
	}
}

// Adds the series' line to the path. Where more samples than pixels are in
// sight, each pixel column keeps its first, lowest, highest and last, so that
// no spike is lost. Calls `lift(end)` where a part of the line ends, `lift(null,
// start)` before one begins, and `lone(x, y)` for a part of one sample.
function tracePath(path, view, series, lift, lone)
{
	const [first, last] = visibleRange(series, view.from, view.to);
	const columns = view.layout.right - view.layout.left;
	const dense = last - first > 4 * columns;
	let column = null, lastX = null;

	for (let i = first; i < last; i++) {
		const mib = series.memory[i];
		const place = timeToX(view, series.time[i]);
		const x = dense ? Math.floor(place) : place;
		const starts = i === first || series.breaks.has(i);

		if (starts || !column || column.x !== x)
			column = flushColumn(path, view, column);
		if (starts) {
			if (lastX !== null)
				lift(lastX);
			lift(null, x);
			path.moveTo(x, memoryToY(view, mib));
			if (isLone(series, i))
				lone(x, memoryToY(view, mib));
		}
		column = growColumn(column, x, mib);
		lastX = x;
	}
	flushColumn(path, view, column);
	if (lastX !== null)
		lift(lastX);
}

function growColumn(column, x, mib)
{
	if (!column)
		return { x, first: mib, low: mib, high: mib, last: mib };
	column.low = Math.min(column.low, mib);
	column.high = Math.max(column.high, mib);
	column.last = mib;
	return column;
}

function flushColumn(path, view, column)
{
	if (column) {
		path.lineTo(column.x, memoryToY(view, column.first));
		if (column.low !== column.high) {
			path.lineTo(column.x, memoryToY(view, column.low));
			path.lineTo(column.x, memoryToY(view, column.high));
			path.lineTo(column.x, memoryToY(view, column.last));
		}
	}
	return null;
}

function isLone(series, index)
{
	return index + 1 === series.count || series.breaks.has(index + 1);
}

function drawFill(context, view, series, colour)
{
	const { top, bottom } = view.layout;
	const area = new Path2D();
	const floor = memoryToY(view, Math.max(0, view.low));
	const shade = context.createLinearGradient(0, top, 0, bottom);

	tracePath({
		moveTo: (x, y) => area.lineTo(x, y),
		lineTo: (x, y) => area.lineTo(x, y),
	}, view, series, (end, start) => {
		if (end !== null) {
			area.lineTo(end, floor);
			area.closePath();
		} else {
			area.moveTo(start, floor);
		}
	}, () => {});
	shade.addColorStop(0, colour + "38");
	shade.addColorStop(1, colour + "0a");
	context.fillStyle = shade;
	context.fill(area);
}

function drawSeries(context, view, series, theme)
{
	const colour = theme[series.role];
	const path = new Path2D();
	const strong = series.kind === "total" || series.kind === "run";

	if (series.kind === "total" && !view.stacked)
		drawFill(context, view, series, colour);
	// A sample with a gap on both sides has no line: a short stroke shows it.
	tracePath(path, view, series, () => {}, (x, y) => {
		path.moveTo(x - 2, y);
		path.lineTo(x + 2, y);
	});
	context.strokeStyle = colour;
	context.lineWidth = view.lit === series ? 3 : strong ? 2 : 1.4;
	context.lineJoin = "round";
	context.setLineDash(series.kind === "trend" ? [7, 5] :
		DASHES[series.dash]);
	context.globalAlpha = view.lit !== null && view.lit !== series ?
		0.25 : 1;
	context.stroke(path);
	context.globalAlpha = 1;
	context.setLineDash([]);
}

function visibleLayers(data)
{
	return data.series.filter((series) => series.kind === "layer" &&
		!series.hidden);
}

// The layers have samples at the same times: the highest stack of those in
// [from, to), else the one before; -1 in a gap and beside the recording.
function highestStack(layers, from, to)
{
	const { time, count, breaks } = layers[0];
	const height = (at) => layers.reduce((sum, one) =>
		sum + one.memory[at], 0);
	const after = lowerBound(layers[0], to);
	let best = after - 1;

	if (best < 0 || time[best] < from)
		return best >= 0 && after < count && !breaks.has(after) ?
			best : -1;
	for (let at = best - 1; at >= 0 && time[at] >= from; at--) {
		if (height(at) > height(best))
			best = at;
	}
	return best;
}

// Calls `each(x, base, top, series)` for every second pixel column, from the
// lowest layer to the highest one.
function stackColumns(view, data, each)
{
	const { left, right } = view.layout;
	const layers = visibleLayers(data);

	for (let x = left; layers.length > 0 && x <= right; x += 2) {
		const at = highestStack(layers, xToTime(view, x),
			xToTime(view, x + 2));
		let base = 0;

		for (const one of layers) {
			const top = base + (at < 0 ? 0 : one.memory[at]);

			each(x, base, top, one);
			base = top;
		}
	}
}

function stackHeight(view, data)
{
	let highest = 0;

	stackColumns(view, data, (x, base, top) => {
		highest = Math.max(highest, top);
	});
	return highest;
}

function drawStack(context, view, data, theme)
{
	const edges = new Map();

	stackColumns(view, data, (x, base, top, series) => {
		if (!edges.has(series))
			edges.set(series, []);
		edges.get(series).push([x, base, top]);
	});
	for (const [series, points] of edges) {
		const area = new Path2D();

		for (const [x, , top] of points)
			area.lineTo(x, memoryToY(view, top));
		for (const [x, base] of points.slice().reverse())
			area.lineTo(x, memoryToY(view, base));
		area.closePath();
		context.globalAlpha = view.lit !== null &&
			view.lit !== series ? 0.25 : 0.85;
		context.fillStyle = theme[series.role];
		context.fill(area);
	}
	context.globalAlpha = 1;
}

// A limit of memory is a level, no moment.
function drawLimit(context, view, mark, theme)
{
	const { left, right, top, bottom } = view.layout;
	const y = memoryToY(view, mark.mib);

	if (y < top || y > bottom)
		return;
	context.strokeStyle = theme[mark.role];
	context.lineWidth = 1.2;
	context.setLineDash([7, 4]);
	context.beginPath();
	context.moveTo(left, y);
	context.lineTo(right, y);
	context.stroke();
	context.setLineDash([]);
}

function drawMark(context, view, mark, theme)
{
	const { left, right, top, bottom } = view.layout;
	const x = timeToX(view, mark.at);

	if (mark.kind === "gap") {
		context.fillStyle = theme.gap + "88";
		const end = timeToX(view, mark.until);
		context.fillRect(Math.max(left, x), top,
			Math.min(right, end) - Math.max(left, x), bottom - top);
		return;
	}
	if (mark.kind === "phase") {
		const end = timeToX(view, mark.until);
		context.fillStyle = theme[mark.role] + "66";
		context.fillRect(Math.max(left, x), top,
			Math.min(right, end) - Math.max(left, x), bottom - top);
		return;
	}
	if (mark.kind === "limit") {
		drawLimit(context, view, mark, theme);
		return;
	}
	if (x < left || x > right)
		return;
	context.strokeStyle = context.fillStyle = theme[mark.role];
	context.lineWidth = 1.2;
	if (mark.kind === "peak") {
		context.beginPath();
		context.arc(x, memoryToY(view, mark.mib), 3.5, 0, 7);
		context.fill();
	} else {
		context.setLineDash([4, 3]);
		context.beginPath();
		context.moveTo(x, top);
		context.lineTo(x, bottom);
		context.stroke();
		context.setLineDash([]);
	}
}

// Labels keep out of each other's way: the first row at the top that is free
// there; where none is, the label is left to the table.
function drawMarkLabel(context, view, mark, theme)
{
	const { left, right, top } = view.layout;
	const level = mark.kind === "limit";
	const x = level ? left : timeToX(view, mark.at);
	const high = level || mark.kind === "peak";

	if (mark.kind === "gap" || x < left || x > right ||
		(level && mark.mib > view.high))
		return;
	context.font = chartFont(11.5, 600);
	const text = fittingText(context, mark.label, (right - left) / 2);
	const width = context.measureText(text).width;
	const flip = x + width + 12 > right;
	const start = flip ? Math.max(left, x - width - 7) : x + 7;
	let y = high ? Math.max(top, memoryToY(view, mark.mib) - 16) : top;
	const taken = (box) => start < box.end + 6 &&
		start + width > box.start - 6 && Math.abs(y - box.y) < 14;

	for (let row = 0; row < 6 && view.labels.some(taken); row++)
		y += 15;
	if (!text || view.labels.some(taken))
		return;
	view.labels.push({ start, end: start + width, y });
	context.textAlign = "left";
	context.textBaseline = "top";
	context.fillStyle = theme.background;
	context.globalAlpha = 0.8;
	context.fillRect(start - 2, y - 1, width + 4, 14);
	context.globalAlpha = 1;
	context.fillStyle = theme[mark.kind === "phase" ? "text-soft" :
		mark.role];
	context.fillText(text, start, y);
}

function drawLanes(context, view, data, theme)
{
	const { left, right, lanesTop, lanesHeight } = view.layout;
	const behind = [];

	context.save();
	context.beginPath();
	context.rect(left, lanesTop, right - left, lanesHeight);
	context.clip();
	context.font = chartFont(11);
	context.textAlign = "left";
	context.textBaseline = "middle";
	for (const span of data.spans) {
		const start = Math.max(left, timeToX(view, span.from[0]));
		const end = Math.min(right, timeToX(view, span.to[0]));

		// Bars below half a pixel beside a drawn one add nothing.
		if (end < left || start > right ||
			end < (behind[span.lane] || -1) + 0.5)
			continue;
		behind[span.lane] = end;
		drawSpan(context, view, span, start, end, theme);
	}
	context.restore();
}

function drawSpan(context, view, span, start, end, theme)
{
	const y = view.layout.lanesTop + span.lane * LANE_HEIGHT;
	const width = Math.max(1, end - start - 0.5);

	context.fillStyle = theme[span.role];
	context.globalAlpha = span === view.litSpan ? 0.55 : 0.28;
	context.beginPath();
	context.roundRect(start, y, width, LANE_HEIGHT - 3,
		Math.min(3, width / 2));
	context.fill();
	context.globalAlpha = 1;
	context.fillRect(start, y, Math.min(2, width), LANE_HEIGHT - 3);
	if (width < 24)
		return;
	context.fillStyle = theme.text;
	context.fillText(fittingText(context, span.name, width - 12),
		start + 7, y + (LANE_HEIGHT - 3) / 2);
}

// The peak is the total's, and goes with it.
function shownMarks(data)
{
	const total = data.series.find((one) => one.kind === "total");
	const hidden = total ? total.hidden :
		data.series.every((one) => one.hidden);

	return data.marks.filter((mark) => mark.kind !== "peak" || !hidden);
}

function drawChart(context, view, data)
{
	const theme = themeOf(data);
	const { left, right, top, bottom } = view.layout;

	scaleMemory(view, data);
	drawMemoryAxis(context, view, theme);
	context.save();
	context.beginPath();
	context.rect(left - 4, top - 4, right - left + 8, bottom - top + 4);
	context.clip();
	if (view.stacked)
		drawStack(context, view, data, theme);
	for (const series of data.series) {
		const flat = !view.stacked || series.kind !== "layer";

		if (flat && !series.hidden)
			drawSeries(context, view, series, theme);
	}
	view.labels = [];
	for (const mark of shownMarks(data))
		drawMark(context, view, mark, theme);
	for (const mark of shownMarks(data))
		drawMarkLabel(context, view, mark, theme);
	context.restore();
	drawTimeAxis(context, view, data, theme);
	if (view.layout.lanesHeight)
		drawLanes(context, view, data, theme);
}

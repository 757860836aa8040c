// SPDX-License-Identifier: MIT
//
// The picture: grid, axes, series, marks and lanes on a canvas.
"use strict";

const DASHES = [[], [6, 3], [2, 2]];

function themeOf(data)
{
	const root = document.documentElement.classList;
	const dark = root.contains("dark") || (!root.contains("light") &&
		matchMedia("(prefers-color-scheme: dark)").matches);

	return data.palette[dark && !root.contains("print") ? "dark" : "light"];
}

function chartFont(size, weight)
{
	return `${weight || 400} ${size}px system-ui, -apple-system, ` +
		'"Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif';
}

// A canvas as sharp as the screen; its context counts in CSS pixels, and is as if
// it were new. One that has its size already keeps its memory.
function fitCanvas(canvas, width, height)
{
	const ratio = window.devicePixelRatio || 1;
	const context = canvas.getContext("2d");
	const columns = Math.round(width * ratio);
	const rows = Math.round(height * ratio);

	if (canvas.width !== columns || canvas.height !== rows) {
		canvas.width = columns;
		canvas.height = rows;
	} else {
		context.restore();
	}
	context.save();
	context.clearRect(0, 0, columns, rows);
	context.setTransform(ratio, 0, 0, ratio, 0, 0);
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
		context.fillText(tick.label, left - 8, y);
	}
	context.font = chartFont(11.5, 600);
	context.fillText(unit, left - 8, top - 14);
}

function drawTimeAxis(context, view, data, theme)
{
	const { left, right, axis: bottom } = view.layout;
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

		if (dense && (starts || !column || column.x !== x))
			column = flushColumn(path, view, column);
		if (starts) {
			if (lastX !== null)
				lift(lastX);
			lift(null, x);
			path.moveTo(x, memoryToY(view, mib));
			if (isLone(series, i))
				lone(x, memoryToY(view, mib));
		} else if (!dense) {
			path.lineTo(x, memoryToY(view, mib));
		}
		if (dense)
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

const STROKE = 2;
const DENSE_SAMPLES = 16, MEAN_COLUMNS = 3;
// Among so many lines columns as wide as a stroke show the same in half the time.
const CROWD = 32;

// Columns of a series that has more samples than can be told apart: pixels or,
// of a restless one or in a crowd, as wide as a stroke and with samples enough
// for an edge; the steps that a thinned series has where those are wider. Each has
// its ends, its lowest and highest sample and their sum; starts where no line comes
// from the one before.
function denseColumns(view, series)
{
	const [first, last] = visibleRange(series, view.from, view.to);
	const span = view.to - view.from;
	const pixel = span / (view.layout.right - view.layout.left);
	const least = view.crowded ? STROKE * pixel : pixel;
	const block = isBlock(view, series, first, last);
	const enough = series.step > 0 ? 0 : DENSE_SAMPLES *
		sampledTime(series, first, last) / (last - first);
	const width = Math.max(series.step, least,
		block ? Math.max(STROKE * pixel, enough) : 0);
	const origin = series.step >= width ? series.first : view.from;
	const { time, memory, breaks } = series;
	const columns = [];
	let now = null;

	for (let i = first; i < last; i++) {
		const mib = memory[i];

		if (!now || time[i] >= now.to) {
			const at = Math.floor((time[i] - origin) / width);

			now = { at, from: origin + at * width,
				to: origin + (at + 1) * width, low: mib,
				high: mib, sum: 0, count: 0, starts: !now ||
					breaks.has(i) };
			columns.push(now);
		}
		if (mib < now.low)
			now.low = mib;
		else if (mib > now.high)
			now.high = mib;
		now.sum += mib;
		now.count++;
	}
	columns.each = block && series.step < width ? MEAN_COLUMNS : 1;
	return columns;
}

// The time of a view in which there are samples.
function sampledTime(series, first, last)
{
	const { time, breaks } = series;
	let sum = 0;

	for (let i = first + 1; i < last; i++) {
		if (!breaks.has(i))
			sum += time[i] - time[i - 1];
	}
	return sum;
}

// The means of some columns each where a line through every one would be as
// restless as the samples.
function meanColumns(columns, series)
{
	const means = [];
	let now = null;

	for (const one of columns) {
		const at = Math.floor(one.at / columns.each);

		if (now && now.at === at && !one.starts) {
			now.to = one.to;
			now.sum += one.sum;
			now.count += one.count;
		} else {
			now = { at, from: one.from, to: one.to, sum: one.sum,
				count: one.count, starts: one.starts };
			means.push(now);
		}
	}
	for (const one of means)
		one.mean = series.step > 0 ?
			meanOfSteps(series, one) : one.sum / one.count;
	return means;
}

// The mean of the steps whose middles lie in a column.
function meanOfSteps(series, column)
{
	const from = Math.ceil((column.from - series.first) / series.step - 0.5);
	const to = (column.to - series.first) / series.step - 0.5;
	let sum = 0, count = 0;

	for (let k = Math.max(0, from); k < to &&
		k < series.stepMeans.length; k++) {
		if (!isNaN(series.stepMeans[k])) {
			sum += series.stepMeans[k];
			count++;
		}
	}
	return count ? sum / count : column.sum / column.count;
}

// Whether the strokes would paint all that they run through, and half of it
// twice: a block in which no line can be told.
function isBlock(view, series, first, last)
{
	const reach = 4 * STROKE;
	const few = 0.75 * (view.layout.right - view.layout.left);
	const { time, memory, breaks } = series;
	const toX = xScale(view), toY = yScale(view);
	let ink = 0, area = 0, end = -Infinity, low = 0, high = 0, before = 0;

	if (last - first < few)
		return false;
	for (let i = first; i < last; i++) {
		const x = toX(time[i]), y = toY(memory[i]);
		const starts = i === first || breaks.has(i);
		const from = starts ? y : before;

		if (starts || x >= end) {
			end = x + reach;
			low = high = from;
			area += reach * STROKE;
		}
		area += reach * (Math.max(high, y) - Math.min(low, y) -
			(high - low));
		low = Math.min(low, y);
		high = Math.max(high, y);
		ink += STROKE * Math.abs(y - from);
		before = y;
	}
	return ink > 1.5 * area;
}

function isDense(view, series)
{
	const [first, last] = visibleRange(series, view.from, view.to);

	return series.step > 0 ||
		last - first > 3 * (view.layout.right - view.layout.left) ||
		isBlock(view, series, first, last);
}

// Adds the outline of each part without a gap to a path: along `upper` and back
// along `lower`, which give heights in MiB.
function traceBand(path, view, columns, upper, lower)
{
	const toX = xScale(view), toY = yScale(view);

	for (let first = 0, end; first < columns.length; first = end) {
		for (end = first + 1; end < columns.length &&
			!columns[end].starts;)
			end++;
		for (let i = first; i < end; i++) {
			const y = toY(upper(columns[i]));

			if (i === first)
				path.moveTo(toX(columns[i].from), y);
			path.lineTo(toX(columns[i].to), y);
		}
		for (let i = end - 1; i >= first; i--) {
			const y = Math.max(toY(lower(columns[i])),
				toY(upper(columns[i])) + 1);

			path.lineTo(toX(columns[i].to), y);
			if (i === first)
				path.lineTo(toX(columns[i].from), y);
		}
		path.closePath();
	}
}

// Adds the line of the means to the path; calls `lift` as tracePath does.
function traceMeans(path, view, means, lift)
{
	const toX = xScale(view), toY = yScale(view);

	means.forEach((one, i) => {
		const from = toX(one.from), to = toX(one.to);
		const y = toY(one.mean);

		if (one.starts) {
			lift(null, from);
			path.moveTo(from, y);
		}
		path.lineTo((from + to) / 2, y);
		if (i + 1 === means.length || means[i + 1].starts) {
			path.lineTo(to, y);
			lift(to);
		}
	});
}

function isLone(series, index)
{
	return index + 1 === series.count || series.breaks.has(index + 1);
}

// Fills from a line down to the floor: trace(pen, lift) draws the line.
function traceFill(area, floor, trace)
{
	const pen = {
		moveTo: (x, y) => area.lineTo(x, y),
		lineTo: (x, y) => area.lineTo(x, y),
	};

	trace(pen, (end, start) => {
		if (end !== null) {
			area.lineTo(end, floor);
			area.closePath();
		} else {
			area.moveTo(start, floor);
		}
	});
}

// The paths of a series where the view stands: its line, the band from the lowest
// to the highest sample of one that is dense, the area below a total.
function tracePaths(context, view, series)
{
	const columns = isDense(view, series) ? denseColumns(view, series) : null;
	const means = columns ? meanColumns(columns, series) : null;
	const line = newPath(context);
	const band = columns ? newPath(context) : null;
	const area = series.kind === "total" ? newPath(context) : null;

	// A sample with a gap on both sides has no line: a short stroke shows it.
	if (columns) {
		traceBand(band, view, columns, (one) => one.high,
			(one) => one.low);
		traceMeans(line, view, means, () => {});
	} else {
		tracePath(line, view, series, () => {}, (x, y) => {
			line.moveTo(x - 2, y);
			line.lineTo(x + 2, y);
		});
	}
	if (area)
		traceFill(area, memoryToY(view, Math.max(0, view.low)),
			(pen, lift) => means ?
				traceMeans(pen, view, means, lift) :
				tracePath(pen, view, series, lift, () => {}));
	return { line, band, area };
}

function pathPlace(view)
{
	const { left, right, top, bottom } = view.layout;

	return [view.from, view.to, view.low, view.high, left, right, top,
		bottom, view.crowded];
}

// A redraw because of the pointer, a search or a theme has the paths that the
// one before had.
function seriesPaths(context, view, series)
{
	const place = pathPlace(view);

	if (context instanceof SvgContext)
		return tracePaths(context, view, series);
	if (!series.paths || place.some((at, i) => at !== series.place[i])) {
		series.paths = tracePaths(context, view, series);
		series.place = place;
	}
	return series.paths;
}

function drawFill(context, view, area, colour)
{
	const { top, bottom } = view.layout;
	const shade = context.createLinearGradient(0, top, 0, bottom);

	shade.addColorStop(0, colour + "38");
	shade.addColorStop(1, colour + "0a");
	context.fillStyle = shade;
	context.fill(area);
}

function drawSeries(context, view, series, theme)
{
	const colour = theme[series.role];
	const strong = series.kind === "total" || series.kind === "run";
	const { line, band, area } = seriesPaths(context, view, series);

	if (area && !view.stacked)
		drawFill(context, view, area, colour);
	context.globalAlpha = isFaded(view, series) ? 0.25 : 1;
	if (band) {
		context.fillStyle = colour + "59";
		context.fill(band);
	}
	context.strokeStyle = colour;
	context.lineWidth = view.lit === series ? 3 : strong ? 2 : 1.4;
	// Round joins of a line with a sample a pixel take longest, and show least.
	context.lineJoin = series.count > view.layout.right ? "bevel" : "round";
	context.setLineDash(["trend", "difference"].includes(series.kind) ?
		[7, 5] : DASHES[series.dash]);
	context.stroke(line);
	context.globalAlpha = 1;
	context.setLineDash([]);
}

// A series stands back beside one that is lit, and where a search missed it.
function isFaded(view, series)
{
	return (view.lit !== null && view.lit !== series) ||
		(view.search !== "" && !isFound(view, series.name));
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

// Fills the layers, which columns(each) tells from left to right: each(x, base,
// top, series).
function fillLayers(context, view, theme, columns)
{
	const edges = new Map();

	columns((x, base, top, series) => {
		if (!edges.has(series))
			edges.set(series, []);
		edges.get(series).push([x, base, top]);
	});
	for (const [series, points] of edges) {
		const area = newPath(context);

		for (const [x, , top] of points)
			area.lineTo(x, memoryToY(view, top));
		for (const [x, base] of points.slice().reverse())
			area.lineTo(x, memoryToY(view, base));
		area.closePath();
		context.globalAlpha = isFaded(view, series) ? 0.25 : 0.85;
		context.fillStyle = theme[series.role];
		context.fill(area);
	}
	context.globalAlpha = 1;
}

function drawStack(context, view, data, theme)
{
	fillLayers(context, view, theme, each => stackColumns(view, data, each));
}

// Above it a difference is more than nothing, below it less.
function drawZero(context, view, theme)
{
	const y = Math.round(memoryToY(view, 0)) + 0.5;

	context.strokeStyle = theme["text-soft"];
	context.lineWidth = 1;
	context.beginPath();
	context.moveTo(view.layout.left, y);
	context.lineTo(view.layout.right, y);
	context.stroke();
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

// A stretch of time, which is drawn below the lines.
function isShade(mark)
{
	return mark.kind === "gap" || mark.kind === "phase";
}

// A run or process among others ends where its line does.
function endsLine(mark)
{
	return mark.kind === "end" && typeof mark.mib === "number";
}

function drawCross(context, x, y)
{
	context.lineWidth = 1.8;
	context.beginPath();
	context.moveTo(x - 4, y - 4);
	context.lineTo(x + 4, y + 4);
	context.moveTo(x - 4, y + 4);
	context.lineTo(x + 4, y - 4);
	context.stroke();
}

function drawMark(context, view, mark, theme)
{
	const { left, right, top, bottom, axis } = view.layout;
	const x = timeToX(view, mark.at);

	if (isShade(mark)) {
		const start = Math.max(left, x);
		const end = Math.min(right, timeToX(view, mark.until));

		context.fillStyle = mark.kind === "gap" ?
			theme.gap + "88" : theme[mark.role] + "66";
		context.fillRect(start, top, end - start, bottom - top);
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
	} else if (endsLine(mark)) {
		drawCross(context, x, memoryToY(view, mark.mib));
	} else {
		context.setLineDash([4, 3]);
		context.beginPath();
		context.moveTo(x, top);
		context.lineTo(x, axis);
		context.stroke();
		context.setLineDash([]);
	}
}

// Names that users give may be long; what happened to the program is said in
// full where it can be.
function labelRoom(view, mark)
{
	const { left, right } = view.layout;
	const given = mark.kind === "label" || mark.kind === "phase";

	return given ? (right - left) / 2 : right - left - 14;
}

// Labels keep out of each other's way: the first row at the top that is free
// there; where none is, the label is left to the table.
function drawMarkLabel(context, view, mark, theme)
{
	const { left, right, top } = view.layout;
	const level = mark.kind === "limit";
	const x = level ? left : timeToX(view, mark.at);
	const high = level || mark.kind === "peak" || endsLine(mark);

	if (mark.kind === "gap" || x < left || x > right ||
		(level && mark.mib > view.high))
		return;
	context.font = chartFont(11.5, 600);
	const text = fittingText(context, mark.label, labelRoom(view, mark));
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
	view.labels.push({ start, end: start + width, y, text });
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

// The peak is the total's, and goes with it.
function shownMarks(data)
{
	const total = data.series.find((one) => one.kind === "total");
	const hidden = total ? total.hidden :
		data.series.every((one) => one.hidden);

	return data.marks.filter((mark) => mark.kind !== "peak" || !hidden);
}

// The names of more ends of lines would hide the lines; the table has them.
const MOST_NAMED_ENDS = 3;

function namedMarks(data)
{
	const marks = shownMarks(data);

	return marks.filter(endsLine).length > MOST_NAMED_ENDS ?
		marks.filter((mark) => !endsLine(mark)) : marks;
}

function drawChart(context, view, data)
{
	const theme = themeOf(data);
	const { left, right, top, bottom, axis } = view.layout;

	if (data.flame) {
		drawTimeAxis(context, view, data, theme);
		drawLanes(context, view, data, theme);
		return;
	}
	const panels = panelViews(view, data);

	view.crowded = data.series.filter((one) => !one.hidden).length > CROWD;
	scaleMemory(view, data);
	drawMemoryAxis(context, view, theme);
	if (view.low < 0)
		drawZero(context, view, theme);
	context.save();
	context.beginPath();
	context.rect(left - 4, top - 4, right - left + 8, axis - top + 4);
	context.clip();
	drawPanels(context, panels, theme);
	for (const mark of data.marks.filter(isShade))
		drawMark(context, view, mark, theme);
	if (view.stacked)
		drawStack(context, view, data, theme);
	const painted = paintedSeries(context, view, data);

	paintCrowd(context, view, painted, theme);
	for (const series of data.series) {
		const flat = !view.stacked || series.kind !== "layer";

		if (flat && !series.hidden && !painted.includes(series))
			drawSeries(context, view, series, theme);
	}
	view.labels = [];
	for (const mark of shownMarks(data).filter((one) => !isShade(one)))
		drawMark(context, view, mark, theme);
	for (const mark of namedMarks(data))
		drawMarkLabel(context, view, mark, theme);
	context.restore();
	drawPanelTitles(context, panels, theme);
	drawTimeAxis(context, view, data, theme);
	if (view.layout.lanesHeight)
		drawLanes(context, view, data, theme);
}

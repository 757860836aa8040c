// SPDX-License-Identifier: MIT
//
// The crosshair, the tooltip and the spoken line at the cursor.
"use strict";

const MOST_ROWS = 12;

function leadSeries(data)
{
	return data.series.find((one) => !one.hidden && one.count > 0 &&
		!["trend", "difference"].includes(one.kind));
}

// The cursor rests on a sample: the highest that its pixel stands for, so
// that a spike one pixel wide can be read.
function snapTime(view, data, time)
{
	const lead = leadSeries(data);
	const half = (view.to - view.from) /
		(view.layout.right - view.layout.left) * 2;

	if (!lead)
		return time;
	const layers = view.stacked ? visibleLayers(data) : [];
	const at = layers.length ?
		Math.max(0, highestStack(layers, time - half, time + half)) :
		highestSample(lead, time - half, time + half);
	const found = lead.time[at];
	return found >= view.from && found <= view.to ? found : time;
}

// Decimals of a second that tell neighbouring pixels apart.
function cursorDigits(view)
{
	const step = (view.to - view.from) /
		(view.layout.right - view.layout.left);

	return Math.min(6, Math.max(1, stepDigits(step)));
}

function cursorTimeText(view, data, time)
{
	const digits = cursorDigits(view);
	const epoch = data.origin + time;

	return [elapsedText(time, digits),
		dateText(epoch) + " " + clockText(epoch, Math.min(3, digits))];
}

function seriesAt(view, data, time)
{
	const slack = 2 * (view.to - view.from) /
		(view.layout.right - view.layout.left);

	return data.series
		.filter((one) => !one.hidden && one.kind !== "trend")
		.map((series) => ({
			series, mib: memoryAt(series, time, slack),
		}))
		.filter((row) => !isNaN(row.mib));
}

function tooltipRow(theme, row)
{
	return element("tr", {},
		element("td", {}, swatch(theme, row.series)),
		element("th", { textContent: row.series.name }),
		element("td", { textContent: row.series.kind === "difference" ?
			changeText(row.mib) : memoryText(row.mib) }));
}

// The layer of a stack at the pointer's height, and all of them together.
function layerUnder(view, data, time)
{
	const mib = yToMemory(view, view.pointerY);
	const layers = visibleLayers(data).map((series) => ({
		series, mib: memoryAt(series, time, 0),
	})).filter((row) => !isNaN(row.mib));
	let base = 0;

	for (const row of layers) {
		base += row.mib;
		if (mib >= base - row.mib && mib < base)
			return row;
	}
	return null;
}

function layerParts(view, data, time, total)
{
	const under = view.stacked && view.pointerY !== null &&
		layerUnder(view, data, time);

	if (!under)
		return [];
	return [element("p", { className: "layer" },
		swatch(themeOf(data), under.series),
		element("strong", { textContent: under.series.name }),
		element("span", { textContent: memoryText(under.mib) +
			(total.length ? ` of ${memoryText(total[0].mib)}` : "") }))];
}

function panelParts(view, data, time)
{
	const theme = themeOf(data);
	const rows = panelsAt(data, time);

	if (rows.length === 0)
		return [];
	return [element("table", { className: "others" }, ...rows.map((row) =>
		element("tr", {},
			element("td", {}, swatch(theme, row.series)),
			element("th", { textContent: row.series.name }),
			element("td", { textContent: panelValueText(row) }))))];
}

// A line a thread: calls of different threads are no chain.
function callParts(data, time)
{
	return callsAt(data, time).slice(0, MOST_ROWS).map((calls) =>
		element("p", {
			className: "calls",
			textContent: calls.map((one) => one.name)
				.join(" \u203a "),
		}));
}

function stackTotal(rows)
{
	const layers = rows.filter((row) => row.series.kind === "layer");
	const series = {
		name: "visible total", kind: "total", role: "total", dash: 0,
	};

	return layers.length < 2 ? [] : [{
		series, mib: layers.reduce((sum, row) => sum + row.mib, 0),
	}];
}

// The total stays first; the rest by size, so that those left out are small.
function fillTooltip(view, data, time)
{
	const theme = themeOf(data);
	const [elapsed, clock] = cursorTimeText(view, data, time);
	const rows = seriesAt(view, data, time);
	const total = view.stacked ? stackTotal(rows) :
		rows.filter((row) => row.series.kind === "total");
	const rest = rows.filter((row) => row.series.kind !== "total" &&
		(row.series.kind !== "layer" || row.mib > 0))
		.sort((a, b) => b.mib - a.mib);
	const listed = total.concat(rest), shown = listed.slice(0, MOST_ROWS);
	const parts = [element("p", { className: "when" },
		element("strong", { textContent: elapsed }),
		element("span", { textContent: clock })),
	...layerParts(view, data, time, total),
	element("table", {}, ...shown.map((row) => tooltipRow(theme, row)))];

	if (listed.length > shown.length)
		parts.push(element("p", {
			className: "soft",
			textContent: `and ${listed.length - shown.length} more`,
		}));
	byId("tooltip").replaceChildren(...parts,
		...panelParts(view, data, time), ...callParts(data, time));
}

function placeTooltip(view, x)
{
	const tooltip = byId("tooltip");
	const { width, top } = view.layout;
	const own = tooltip.offsetWidth;
	let left = x + 16;

	if (left + own > width)
		left = x - 16 - own;
	tooltip.style.left = Math.max(0, Math.min(left, width - own)) + "px";
	tooltip.style.top = top + 8 + "px";
}

function drawCursor(context, view, data, time)
{
	const theme = themeOf(data);
	const { top, bottom, axis, lanesHeight, height } = view.layout;
	const x = Math.round(timeToX(view, time)) + 0.5;

	context.strokeStyle = theme["text-soft"];
	context.lineWidth = 1;
	context.setLineDash([3, 3]);
	context.beginPath();
	context.moveTo(x, top);
	context.lineTo(x, lanesHeight ? height : axis);
	context.stroke();
	context.setLineDash([]);
	for (const row of seriesAt(view, data, time)) {
		const stacked = view.stacked && row.series.kind === "layer";
		const y = memoryToY(view, row.mib);

		if (stacked || y < top - 4 || y > bottom + 4)
			continue;
		context.beginPath();
		context.arc(x, y, 3.5, 0, 7);
		context.fillStyle = theme[row.series.role];
		context.fill();
		context.lineWidth = 1.5;
		context.strokeStyle = theme.background;
		context.stroke();
	}
}

function drawSelection(context, view, data, from, to)
{
	const theme = themeOf(data);
	const { top, axis: bottom } = view.layout;
	const start = timeToX(view, Math.min(from, to));
	const end = timeToX(view, Math.max(from, to));

	context.fillStyle = theme.total + "22";
	context.fillRect(start, top, end - start, bottom - top);
	context.strokeStyle = theme.total;
	context.lineWidth = 1;
	context.strokeRect(start + 0.5, top + 0.5, end - start, bottom - top);
}

function spokenAt(view, data, time)
{
	const rows = seriesAt(view, data, time).slice(0, 3).map((row) =>
		`${row.series.name} ${memoryText(row.mib)}`);
	const calls = callsAt(data, time);
	const inside = calls.length ?
		`, in ${calls.map((one) => one.at(-1).name).join(" and ")}` : "";

	return `${elapsedText(time, cursorDigits(view))}: ` +
		`${rows.join(", ") || "no sample"}${inside}`;
}

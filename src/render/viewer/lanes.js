// SPDX-License-Identifier: MIT
//
// Calls as bars in lanes, and the frames of a flame graph.
"use strict";

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

function spanAlpha(view, span)
{
	if (view.search !== "" && !isFound(view, fullName(span)))
		return 0.08;
	return span === view.litSpan || view.search !== "" ? 0.55 : 0.28;
}

function drawSpan(context, view, span, start, end, theme)
{
	const y = view.layout.lanesTop + span.lane * LANE_HEIGHT;
	const width = Math.max(1, end - start - 0.5);

	context.fillStyle = theme[span.role];
	context.globalAlpha = spanAlpha(view, span);
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

// The bar under a place on the canvas, the nearest within three pixels; null
// where there is none.
function spanAt(view, data, x, y)
{
	const lane = Math.floor((y - view.layout.lanesTop) / LANE_HEIGHT);
	const time = xToTime(view, x);
	let best = null, nearest = 3 * (view.to - view.from) /
		(view.layout.right - view.layout.left);

	if (data.lanes === 0 || lane < 0 || lane >= data.lanes)
		return null;
	for (const span of data.spans) {
		const away = distanceTo(span, time);

		if (span.lane === lane && away <= nearest) {
			best = span;
			nearest = away;
		}
	}
	return best;
}

// Lists what is known of a call: [what, figure] each.
function spanFacts(data, span)
{
	const [from, before] = span.from, [to, after] = span.to;
	const known = (mib) => typeof mib === "number" ?
		memoryText(mib) : "unknown";
	const digits = Math.min(6, Math.max(1, stepDigits((to - from) / 100)));

	if (data.flame)
		return [["memory", memoryText(to - from)],
			["of the total", shareText(data, to - from)]];
	return [
		["thread", threadText(span) || "not recorded"],
		["start", elapsedText(from, digits)],
		["duration", elapsedText(to - from, digits)],
		["memory before", known(before)],
		["memory after", known(after)],
	];
}

function shareText(data, mib)
{
	const percent = 100 * mib / (data.to - data.from);

	return percent > 0 && percent < 0.05 ? "<0.1 %" :
		`${percent.toFixed(1)} %`;
}

function fillSpanTooltip(data, span)
{
	const rows = spanFacts(data, span).map(([what, figure]) =>
		element("tr", {},
			element("th", { textContent: what }),
			element("td", { textContent: figure })));

	byId("tooltip").replaceChildren(
		element("p", { className: "full" },
			element("strong", { textContent: fullName(span) })),
		element("table", {}, ...rows),
		element("p", { className: "soft",
			textContent: "Click to zoom in." }));
}

// The bar beside another: 1 and -1 on its lane, or above and below.
function neighbourSpan(data, span, sideways, downwards)
{
	const middle = (span.from[0] + span.to[0]) / 2;
	const lane = data.spans.filter((one) =>
		one.lane === span.lane + downwards);
	const others = sideways === 0 ? lane : lane.filter((one) =>
		(one.from[0] - span.from[0]) * sideways > 0);

	return others.sort((a, b) => distanceTo(a, middle) -
		distanceTo(b, middle))[0] || span;
}

function distanceTo(span, time)
{
	return Math.max(span.from[0] - time, time - span.to[0], 0);
}

// Sums up the frames of each function, with and without what they called. A
// function that calls itself counts once. The outermost frame stands lowest.
function frameFigures(data)
{
	const frames = new Map(), lanes = [];

	for (const span of data.spans)
		(lanes[span.lane] ||= []).push(span);
	for (const span of data.spans) {
		const found = frames.get(span.name) ||
			{ name: span.name, self: 0, parts: [] };

		found.parts.push([span.from[0], span.to[0]]);
		found.self += span.to[0] - span.from[0] -
			sizeWithin(lanes[span.lane - 1] || [], span);
		frames.set(span.name, found);
	}
	return [...frames.values()].map((one) => ({
		...one, total: unionLength(one.parts),
	})).sort((a, b) => b.self - a.self);
}

function unionLength(parts)
{
	let length = 0, until = -Infinity;

	for (const [from, to] of parts.sort((a, b) => a[0] - b[0])) {
		length += Math.max(0, to - Math.max(from, until));
		until = Math.max(until, to);
	}
	return length;
}

// Sums up the frames of a lane, in order, that lie within a frame.
function sizeWithin(lane, span)
{
	let low = 0, high = lane.length, size = 0;

	while (low < high) {
		const middle = (low + high) >> 1;

		if (lane[middle].to[0] <= span.from[0])
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < lane.length && lane[low].from[0] < span.to[0]; low++)
		size += Math.min(lane[low].to[0], span.to[0]) -
			Math.max(lane[low].from[0], span.from[0]);
	return size;
}

// SPDX-License-Identifier: MIT
//
// The state of the view, and what a mouse, a finger and the keys do to it.
"use strict";

const data = loadRecording(JSON.parse(byId("recording").textContent));
const canvas = byId("chart"), overlay = byId("overlay");
const view = {
	from: data.from, to: data.to, low: 0, high: 1, layout: null,
	clock: data.clock, fit: false, stacked: data.stacked,
	cursor: null, drag: null, lit: null, litSpan: null, labels: [],
};
let frame = 0, speech = 0;

function draw()
{
	const box = byId("stage").getBoundingClientRect();

	frame = 0;
	view.layout = makeLayout(box.width, box.height, data.lanes);
	drawChart(fitCanvas(canvas, box.width, box.height), view, data);
	drawOverlay();
	showRange();
}

function redraw()
{
	frame = frame || requestAnimationFrame(draw);
}

function drawOverlay()
{
	const { width, height } = view.layout;
	const context = fitCanvas(overlay, width, height);
	const tooltip = byId("tooltip");

	tooltip.hidden = view.cursor === null;
	if (view.drag && view.drag.moved)
		drawSelection(context, view, data, view.drag.from,
			view.drag.to);
	if (view.cursor === null)
		return;
	drawCursor(context, view, data, view.cursor);
	fillTooltip(view, data, view.cursor);
	placeTooltip(view, timeToX(view, view.cursor));
}

function showRange()
{
	const whole = view.from <= data.from && view.to >= data.to;

	byId("reset").disabled = whole;
	byId("range").textContent = whole ? "" :
		`${elapsedText(view.from, cursorDigits(view))} \u2013 ` +
		`${elapsedText(view.to, cursorDigits(view))}`;
	for (const name of ["clock", "fit", "stacked"])
		byId(name).setAttribute("aria-pressed", view[name]);
}

function say(text)
{
	clearTimeout(speech);
	speech = setTimeout(() => {
		byId("spoken").textContent = text;
	}, 150);
}

function shortestSpan()
{
	return Math.max((data.to - data.from) * 1e-7, 0.001);
}

function setRange(from, to)
{
	const span = Math.min(Math.max(to - from, shortestSpan()),
		data.to - data.from);
	const start = Math.min(Math.max(from, data.from), data.to - span);

	view.from = start;
	view.to = start + span;
	redraw();
}

function resetRange()
{
	setRange(data.from, data.to);
}

function zoomAbout(time, factor)
{
	const span = Math.max((view.to - view.from) * factor, shortestSpan());
	const part = (time - view.from) / (view.to - view.from);

	setRange(time - part * span, time + (1 - part) * span);
}

function moveCursor(time, snap)
{
	const inside = Math.min(Math.max(time, view.from), view.to);

	view.cursor = snap ? snapTime(view, data, inside) : inside;
	drawOverlay();
	say(spokenAt(view, data, view.cursor));
}

function hideCursor()
{
	view.cursor = null;
	drawOverlay();
}

function toggleOption(name)
{
	view[name] = !view[name];
	if (name === "stacked") {
		chooseSeries(data, view.stacked);
		view.lit = null;
		buildLegend(data, toggleSeries, lightSeries);
	}
	redraw();
}

// With shift: this series alone, or all again where it was alone already.
function toggleSeries(series, alone)
{
	const others = data.series.filter((one) => one !== series);

	if (alone) {
		const hide = others.some((one) => !one.hidden);

		series.hidden = false;
		for (const one of others)
			one.hidden = hide;
	} else {
		series.hidden = !series.hidden;
	}
	for (const one of data.series) {
		if (one.button)
			one.button.setAttribute("aria-pressed", !one.hidden);
	}
	say(`${series.name} ${series.hidden ? "hidden" : "shown"}`);
	redraw();
}

function lightSeries(series)
{
	view.lit = series && !series.hidden ? series : null;
	redraw();
}

function eventTime(event)
{
	const { left, right } = view.layout;
	const x = event.clientX - overlay.getBoundingClientRect().left;

	return xToTime(view, Math.min(Math.max(x, left), right));
}

function onPointerDown(event)
{
	if (event.button !== 0)
		return;
	const time = eventTime(event);

	overlay.setPointerCapture(event.pointerId);
	view.drag = { from: time, to: time, x: event.clientX, moved: false };
}

function onPointerMove(event)
{
	const time = eventTime(event);

	if (view.drag) {
		view.drag.to = time;
		view.drag.moved ||= Math.abs(event.clientX - view.drag.x) > 4;
	}
	moveCursor(time, true);
}

function onPointerUp()
{
	const drag = view.drag;

	view.drag = null;
	if (drag && drag.moved)
		setRange(Math.min(drag.from, drag.to),
			Math.max(drag.from, drag.to));
	else
		drawOverlay();
}

function onWheel(event)
{
	const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
	const span = view.to - view.from;

	event.preventDefault();
	if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(pixels)) {
		const shift = (event.deltaX || pixels) / 600 * span;
		setRange(view.from + shift, view.to + shift);
	} else {
		zoomAbout(eventTime(event), Math.exp(pixels * 0.002));
	}
}

// One pixel to the side; to the next sample where that is further away.
function stepCursor(direction, far)
{
	const pixel = (view.to - view.from) /
		(view.layout.right - view.layout.left);
	const now = view.cursor === null ?
		(view.from + view.to) / 2 : view.cursor;
	const lead = leadSeries(view, data);
	let time = now + direction * pixel * (far ? 25 : 1);

	if (lead) {
		const at = direction > 0 ? lowerBound(lead, time) :
			lowerBound(lead, time + pixel * 1e-6) - 1;
		if (at >= 0 && at < lead.count)
			time = lead.time[at];
	}
	if (time < view.from || time > view.to) {
		const shift = direction * (view.to - view.from) / 4;
		setRange(view.from + shift, view.to + shift);
	}
	moveCursor(time, false);
}

function cursorOrMiddle()
{
	return view.cursor === null ? (view.from + view.to) / 2 : view.cursor;
}

function pan(part)
{
	const shift = (view.to - view.from) * part;

	setRange(view.from + shift, view.to + shift);
}

const KEYS = {
	ArrowLeft: (event) => stepCursor(-1, event.shiftKey),
	ArrowRight: (event) => stepCursor(1, event.shiftKey),
	ArrowUp: () => zoomAbout(cursorOrMiddle(), 0.5),
	ArrowDown: () => zoomAbout(cursorOrMiddle(), 2),
	PageUp: () => pan(-0.8),
	PageDown: () => pan(0.8),
	Home: () => moveCursor(view.from, false),
	End: () => moveCursor(view.to, false),
	p: () => moveCursor(peakTime(), false),
};
const KEYS_ANYWHERE = {
	"+": () => zoomAbout(cursorOrMiddle(), 0.5),
	"=": () => zoomAbout(cursorOrMiddle(), 0.5),
	"-": () => zoomAbout(cursorOrMiddle(), 2),
	"0": resetRange,
	c: () => toggleOption("clock"),
	f: () => toggleOption("fit"),
	s: () => byId("stacked").hidden || toggleOption("stacked"),
	"?": showHelp,
};

// A stack has no line of the total, whose peak is marked.
function peakTime()
{
	const lead = leadSeries(view, data);
	const mark = view.stacked &&
		data.marks.find((one) => one.kind === "peak");

	return mark ? mark.at : lead ? lead.peak[0] : data.from;
}

function showHelp()
{
	const help = byId("help");

	if (help.open)
		help.close();
	else
		help.showModal();
}

function toggleByDigit(digit)
{
	const listed = data.series.filter((one) => one.legend);

	if (listed[digit - 1])
		toggleSeries(listed[digit - 1], false);
}

function onKey(event)
{
	const onChart = event.target === overlay;
	const act = onChart && KEYS[event.key] || KEYS_ANYWHERE[event.key];

	if (event.ctrlKey || event.metaKey || event.altKey)
		return;
	if (event.key === "Escape" && !byId("help").open) {
		hideCursor();
		resetRange();
	} else if (/^[1-9]$/.test(event.key)) {
		toggleByDigit(Number(event.key));
	} else if (act) {
		event.preventDefault();
		act(event);
	}
}

function onTheme()
{
	repaintSwatches(data);
	redraw();
}

// Paper is white: print in the light theme, drawn anew before the snapshot.
function onPrint(printing)
{
	document.documentElement.classList.toggle("print", printing);
	hideCursor();
	repaintSwatches(data);
	draw();
}

function listen()
{
	overlay.addEventListener("pointerdown", onPointerDown);
	overlay.addEventListener("pointermove", onPointerMove);
	overlay.addEventListener("pointerup", onPointerUp);
	overlay.addEventListener("pointercancel", onPointerUp);
	overlay.addEventListener("pointerleave", hideCursor);
	overlay.addEventListener("blur", hideCursor);
	overlay.addEventListener("dblclick", resetRange);
	overlay.addEventListener("wheel", onWheel, { passive: false });
	document.addEventListener("keydown", onKey);
	byId("reset").addEventListener("click", resetRange);
	byId("keys").addEventListener("click", showHelp);
	for (const name of ["clock", "fit", "stacked"])
		byId(name).addEventListener("click",
			() => toggleOption(name));
	matchMedia("(prefers-color-scheme: dark)")
		.addEventListener("change", onTheme);
	addEventListener("beforeprint", () => onPrint(true));
	addEventListener("afterprint", () => onPrint(false));
	new ResizeObserver(redraw).observe(byId("stage"));
}

document.title = data.title + " \u2013 mprof";
byId("title").textContent = data.title;
overlay.setAttribute("aria-label", describeChart(data));
byId("stacked").hidden = !data.stacked && data.layers.length === 0;
byId("stage").classList.toggle("with-lanes", data.lanes > 0);
byId("stage").style.minHeight =
	`${LEAST_PLOT + heightOfLanes(data.lanes)}px`;
buildFacts(data);
buildLegend(data, toggleSeries, lightSeries);
buildTable(data);
listen();
draw();

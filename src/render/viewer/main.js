// SPDX-License-Identifier: MIT
//
// The state of the view, and what the page's buttons and the keys do to it.
"use strict";

const THEMES = ["system", "light", "dark"];
const data = loadRecording(JSON.parse(byId("recording").textContent));
const canvas = byId("chart"), overlay = byId("overlay");
const view = {
	from: data.from, to: data.to, low: 0, high: 1, layout: null,
	clock: data.clock, fit: false, stacked: data.stacked,
	measure: null, search: "", theme: data.theme, past: [],
	cursor: null, pointerY: null, drag: null, lit: null, litSpan: null,
	labels: [], moving: false, rough: false,
};
let frame = 0, speech = 0, settled = 0;

function draw()
{
	const box = byId("stage").getBoundingClientRect();

	frame = 0;
	view.layout = makeLayout(box.width, box.height, data);
	view.moving = settled !== 0;
	view.rough = false;
	drawChart(fitCanvas(canvas, box.width, box.height), view, data);
	view.moving = false;
	if (!data.flame)
		drawOverview(view, data);
	drawOverlay();
	showRange();
	clearTimeout(settled);
	settled = setTimeout(onSettled, 150);
}

function redraw()
{
	frame = frame || requestAnimationFrame(draw);
}

// Does what need not follow each step of a movement.
function onSettled()
{
	const fragment = viewToFragment(view, data);

	settled = 0;
	if (view.rough) {
		draw();
		return;
	}
	buildTable(data);
	if (!data.flame)
		fillRangeFigures(view, data);
	if (fragment !== location.hash.slice(1))
		history.replaceState(null, "", fragment ? "#" + fragment :
			location.pathname + location.search);
}

function drawOverlay()
{
	const { width, height } = view.layout;
	const context = fitCanvas(overlay, width, height);
	const stretch = view.drag && view.drag.stretch || view.measure;

	byId("tooltip").hidden = view.cursor === null && !view.litSpan;
	if (stretch)
		drawSelection(context, view, data, ...stretch);
	if (view.litSpan) {
		fillSpanTooltip(data, view.litSpan);
		placeTooltip(view, timeToX(view, Math.min(Math.max(
			view.litSpan.from[0], view.from), view.to)));
	} else if (view.cursor !== null) {
		drawCursor(context, view, data, view.cursor);
		fillTooltip(view, data, view.cursor);
		placeTooltip(view, timeToX(view, view.cursor));
	}
}

function axisText(value)
{
	return data.flame ? memoryText(value) :
		elapsedText(value, cursorDigits(view));
}

function isWhole()
{
	return view.from <= data.from && view.to >= data.to;
}

// A text that stays the same is left alone, or the next drawing would wait for
// the whole page's layout.
function setText(id, text)
{
	if (byId(id).textContent !== text)
		byId(id).textContent = text;
}

function showRange()
{
	byId("reset").disabled = isWhole();
	byId("back").disabled = view.past.length === 0;
	setText("range", isWhole() ? "" :
		`${axisText(view.from)} \u2013 ${axisText(view.to)}`);
	for (const name of ["clock", "fit", "stacked"])
		byId(name).setAttribute("aria-pressed", view[name]);
	setText("found", foundText(view, data));
	setText("finest", data.flame ? "" : finestText(view, data));
	byId("unmeasure").hidden = view.measure === null;
	placeWindow(view, data);
	markLegend(view, data);
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

// Goes to another part and remembers this one. Turns of a wheel that follow each
// other are one movement.
function goTo(from, to, turns)
{
	remember(turns);
	setRange(from, to);
}

let turned = -Infinity;

function remember(turns)
{
	const now = performance.now();
	const last = view.past.at(-1);
	const goesOn = turns && now - turned < 500;

	if (!goesOn && !(last && last[0] === view.from && last[1] === view.to))
		view.past.push([view.from, view.to]);
	turned = turns ? now : -Infinity;
}

function goBack()
{
	const last = view.past.pop();

	turned = -Infinity;
	if (last)
		setRange(...last);
}

function resetRange()
{
	if (!isWhole())
		goTo(data.from, data.to);
}

function zoomAbout(time, factor)
{
	const span = Math.max((view.to - view.from) * factor, shortestSpan());
	const part = (time - view.from) / (view.to - view.from);

	goTo(time - part * span, time + (1 - part) * span, true);
}

function zoomToSpan(span)
{
	const length = Math.max(span.to[0] - span.from[0], shortestSpan());
	const room = data.flame ? 0 : 0.05 * length;

	goTo(span.from[0] - room, span.from[0] + length + room);
}

function lightSpan(span)
{
	if (span === view.litSpan)
		return;
	view.litSpan = span;
	if (span)
		say([fullName(span)].concat(spanFacts(data, span)
			.map((fact) => fact.join(" "))).join(", "));
	redraw();
}

function moveCursor(time, snap)
{
	const inside = Math.min(Math.max(time, view.from), view.to);

	if (data.flame)
		return;
	view.cursor = snap ? snapTime(view, data, inside) : inside;
	drawOverlay();
	say(spokenAt(view, data, view.cursor));
}

function hideCursor()
{
	view.cursor = view.pointerY = null;
	lightSpan(null);
	drawOverlay();
}

function setMeasure(stretch)
{
	view.measure = stretch;
	if (stretch)
		say(spokenFigures(view, data));
	redraw();
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

function setSearch(text)
{
	view.search = text.trim().toLowerCase();
	redraw();
}

function goToFound()
{
	const span = nextFound(view, data);

	if (!span)
		return;
	view.litSpan = span;
	zoomToSpan(span);
	say(fullName(span));
}

function applyTheme()
{
	const root = document.documentElement.classList;

	for (const name of THEMES)
		root.toggle(name, name === view.theme);
	byId("theme").textContent = `Theme: ${view.theme}`;
	repaintSwatches(data);
	redraw();
}

function nextTheme()
{
	view.theme = THEMES[(THEMES.indexOf(view.theme) + 1) % THEMES.length];
	applyTheme();
}

// One pixel to the side; to the next sample where that is further away.
function stepCursor(direction, far)
{
	const pixel = (view.to - view.from) /
		(view.layout.right - view.layout.left);
	const lead = leadSeries(data);
	let time = cursorOrMiddle() + direction * pixel * (far ? 25 : 1);

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

function stepFrame(sideways, downwards)
{
	const outermost = data.spans.find((one) => one.lane === data.lanes - 1);

	lightSpan(view.litSpan ? neighbourSpan(data, view.litSpan, sideways,
		downwards) : outermost || null);
	drawOverlay();
}

function cursorOrMiddle()
{
	return view.cursor === null ? (view.from + view.to) / 2 : view.cursor;
}

function pan(part)
{
	const shift = (view.to - view.from) * part;

	goTo(view.from + shift, view.to + shift);
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
	m: () => measureFromCursor(),
};
const FLAME_KEYS = {
	ArrowLeft: () => stepFrame(-1, 0),
	ArrowRight: () => stepFrame(1, 0),
	ArrowUp: () => stepFrame(0, -1),
	ArrowDown: () => stepFrame(0, 1),
	Enter: () => view.litSpan && zoomToSpan(view.litSpan),
	PageUp: () => pan(-0.8),
	PageDown: () => pan(0.8),
};
const KEYS_ANYWHERE = {
	"+": () => zoomAbout(cursorOrMiddle(), 0.5),
	"=": () => zoomAbout(cursorOrMiddle(), 0.5),
	"-": () => zoomAbout(cursorOrMiddle(), 2),
	"0": resetRange,
	b: goBack,
	c: () => data.flame || toggleOption("clock"),
	f: () => data.flame || toggleOption("fit"),
	s: () => byId("stacked").hidden || toggleOption("stacked"),
	t: nextTheme,
	"/": () => byId("search").focus(),
	"?": showHelp,
};

// The first press marks a point, the second measures up to the cursor, the
// third forgets it.
function measureFromCursor()
{
	const time = cursorOrMiddle();

	if (view.measure) {
		setMeasure(null);
	} else if (view.point === undefined) {
		view.point = time;
		say(`selection starts at ${axisText(time)}`);
		return;
	} else if (time !== view.point) {
		setMeasure([Math.min(view.point, time),
			Math.max(view.point, time)]);
	}
	view.point = undefined;
}

// A stack has no line of the total, whose peak is marked.
function peakTime()
{
	const lead = leadSeries(data);
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
	const listed = listedSeries(data);

	if (listed[digit - 1])
		toggleSeries(listed[digit - 1], false);
}

function onEscape()
{
	if (byId("help").open)
		return;
	hideCursor();
	if (view.measure)
		setMeasure(null);
	else
		resetRange();
}

function onKey(event)
{
	const onChart = event.target === overlay;
	const own = data.flame ? FLAME_KEYS : KEYS;
	const act = onChart && own[event.key] || KEYS_ANYWHERE[event.key];

	if (event.ctrlKey || event.metaKey || event.altKey ||
		event.target === byId("search"))
		return;
	if (event.key === "Escape") {
		onEscape();
	} else if (/^[1-9]$/.test(event.key)) {
		toggleByDigit(Number(event.key));
	} else if (act) {
		event.preventDefault();
		act(event);
	}
}

function onSearchKey(event)
{
	if (event.key === "Enter") {
		event.preventDefault();
		goToFound();
	} else if (event.key === "Escape") {
		byId("search").value = "";
		setSearch("");
		overlay.focus();
	}
}

// Paper is white: print in the light theme, drawn anew before the snapshot, all
// on one sheet, of which this is a part that any printer has.
const SHEET = { width: 980, height: 690 };

function onPrint(printing)
{
	const body = document.body;

	document.documentElement.classList.toggle("print", printing);
	hideCursor();
	buildTable(data);
	repaintSwatches(data);
	body.style.zoom = "";
	body.style.width = printing ? `${SHEET.width}px` : "";
	draw();
	if (printing)
		body.style.zoom = String(Math.min(1,
			SHEET.height / body.scrollHeight));
	draw();
}

function listen()
{
	listenToPointers();
	overlay.addEventListener("blur", hideCursor);
	document.addEventListener("keydown", onKey);
	byId("search").addEventListener("keydown", onSearchKey);
	byId("search").addEventListener("input", (event) =>
		setSearch(event.target.value));
	byId("reset").addEventListener("click", resetRange);
	byId("back").addEventListener("click", goBack);
	byId("keys").addEventListener("click", showHelp);
	byId("theme").addEventListener("click", nextTheme);
	byId("unmeasure").addEventListener("click", () => setMeasure(null));
	for (const kind of Object.keys(SAVERS))
		byId("save-" + kind).addEventListener("click",
			() => saveAs(kind, view, data));
	for (const name of ["clock", "fit", "stacked"])
		byId(name).addEventListener("click",
			() => toggleOption(name));
	matchMedia("(prefers-color-scheme: dark)")
		.addEventListener("change", applyTheme);
	addEventListener("beforeprint", () => onPrint(true));
	addEventListener("afterprint", () => onPrint(false));
	addEventListener("hashchange", readAddress);
	new ResizeObserver(redraw).observe(byId("stage"));
}

function readAddress()
{
	viewFromFragment(view, data, location.hash.slice(1));
	byId("search").value = view.search;
	setRange(view.from, view.to);
	buildLegend(data, toggleSeries, lightSeries);
	applyTheme();
}

// The outermost frames are the widest, and at the bottom: a deep stack would
// show nothing but its narrow end at first.
function showOutermost()
{
	const end = byId("stage").getBoundingClientRect().bottom;

	if (end > innerHeight)
		scrollTo(0, scrollY + end + 16 - innerHeight);
}

function build()
{
	document.title = data.title + " \u2013 mprof";
	byId("title").textContent = data.title;
	overlay.setAttribute("aria-label", describeChart(data));
	byId("stacked").hidden = !data.stacked && data.layers.length === 0;
	for (const id of ["clock", "fit", "overview", "legend"])
		byId(id).hidden = data.flame;
	if (data.flame) {
		byId("chart-name").textContent = "Memory by call stack";
		fillFrameFigures(data);
	}
	byId("stage").classList.toggle("flame", data.flame);
	byId("stage").style.setProperty("--beside",
		`${heightBesidePlot(data)}px`);
	buildFacts(data);
	readAddress();
	listen();
	draw();
	if (data.flame)
		showOutermost();
}

build();
performance.mark("mprof-drawn");

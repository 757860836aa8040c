// SPDX-License-Identifier: MIT
//
// The page around the chart. All text from the recording is set as text,
// never as markup.
"use strict";

function element(name, properties, ...children)
{
	const made = document.createElement(name);

	for (const [key, value] of Object.entries(properties || {})) {
		if (key.startsWith("aria-") || key === "role" || key === "scope")
			made.setAttribute(key, value);
		else
			made[key] = value;
	}
	made.append(...children);
	return made;
}

function byId(id)
{
	return document.getElementById(id);
}

function swatch(theme, series)
{
	const made = element("span", { className: "swatch " + series.kind });

	made.style.color = theme[series.role];
	made.dataset.dash = series.dash;
	return made;
}

const TILES = ["Peak", "Duration", "Window", "Ended", "Samples", "Growth",
	"Held", "Touched", "Given back", "Finding"];

// "171.8 MiB after 12.5 s" is a figure and what belongs to it.
function tileParts(value)
{
	const parts = /^(.*?)(?:,? (after|at|of|in|by|\(.*)(.*))?$/.exec(value);

	return [parts[1], value.slice(parts[1].length).replace(/^, /, "")];
}

function buildTile([label, value])
{
	const [figure, more] = tileParts(value);

	return element("div", {
		className: "tile" + (/killed/.test(value) ? " alarm" : ""),
	},
	element("dt", { textContent: label }),
	element("dd", { textContent: figure, title: value }),
	element("dd", { className: "more", textContent: more }));
}

function buildFacts(data)
{
	const finding = data.facts.find(([label]) => label === "Finding");
	// The finding tells of a killed run: its signal is a fact below, or
	// said there.
	const isEnd = ([label]) => label === "Ended" && finding;
	const isSaid = (fact) => isEnd(fact) && finding[1].startsWith(fact[1]);

	for (const tile of TILES)
		byId("tiles").append(...data.facts.filter((fact) =>
			fact[0] === tile && !isEnd(fact)).map(buildTile));
	for (const [label, value] of data.facts) {
		if (isSaid([label, value]) ||
		    (TILES.includes(label) && !isEnd([label, value])))
			continue;
		byId("facts").append(element("div", {},
			element("dt", { textContent: label }),
			element("dd", { textContent: value, title: value })));
	}
	const notes = data.notes.concat(thinnedNote(data));
	byId("notes").append(...notes.map((note) =>
		element("li", { textContent: note })));
}

// Says what the page holds where it is not every sample.
function thinnedNote(data)
{
	const thinned = data.series.filter((one) => one.step > 0);
	const most = Math.max(...thinned.map((one) => one.step));
	let all = 0, kept = 0;

	if (thinned.length === 0)
		return [];
	for (const series of data.series) {
		all += series.samples;
		kept += series.count;
	}
	return [`This page has ${countText(kept)} of ${countText(all)} samples: ` +
		`for every ${elapsedText(most, 3)} the first, lowest, ` +
		"highest and last, and the mean of all"];
}

// Says where zooming in shows no more than before.
function finestText(view, data)
{
	const pixel = (view.to - view.from) /
		(view.layout.right - view.layout.left);
	const most = Math.max(0, ...data.series.filter((one) => !one.hidden)
		.map((one) => one.step));

	return most <= 2 * pixel ? "" : "Zooming in further shows no more: for " +
		`every ${elapsedText(most, cursorDigits(view))} this page ` +
		"has the lowest, the mean and the highest. To draw a part " +
		"with all its samples, use mprof plot --window.";
}

function buildLegend(data, onToggle, onLight)
{
	const legend = byId("legend"), theme = themeOf(data);

	legend.replaceChildren();
	for (const series of listedSeries(data)) {
		const button = element("button", {
			type: "button",
			title: "Hide or show (Shift click: show only this one)",
			"aria-pressed": !series.hidden,
		}, swatch(theme, series),
		element("span", { className: "name", textContent: series.name }),
		element("span", {
			className: "detail", textContent: series.detail,
		}));

		button.addEventListener("click", (event) =>
			onToggle(series, event.shiftKey));
		button.addEventListener("pointerenter", () => onLight(series));
		button.addEventListener("pointerleave", () => onLight(null));
		button.addEventListener("focus", () => onLight(series));
		button.addEventListener("blur", () => onLight(null));
		series.button = button;
		legend.append(element("li", {}, button));
	}
}

function repaintSwatches(data)
{
	const theme = themeOf(data);

	for (const series of data.series) {
		const mark = series.button && series.button.firstChild;

		if (mark)
			mark.style.color = theme[series.role];
	}
}

// Made once, after the first drawing, which need not wait for it.
function buildTable(data)
{
	const body = byId("figures");

	if (body.dataset.built)
		return;
	body.dataset.built = "yes";
	byId("figures-card").hidden = data.flame;
	for (const series of data.series) {
		if (series.kind === "trend" || series.count === 0)
			continue;
		const last = series.count - 1;
		const cells = [memoryText(series.peak[1]),
			elapsedText(series.peak[0], 1),
			memoryText(meanIn(series, -Infinity, Infinity)),
			memoryText(series.memory[last]),
			elapsedText(series.time[0], 1),
			elapsedText(series.time[last], 1),
			countText(series.samples)];

		body.append(element("tr", {},
			element("th", { scope: "row", textContent: series.name }),
			...cells.map((textContent) =>
				element("td", { textContent }))));
	}
	const events = data.marks.filter((one) => one.kind !== "peak" &&
		one.kind !== "limit")
		.sort((a, b) => a.at - b.at);
	for (const mark of events) {
		byId("events").append(element("tr", {},
			element("td", { textContent: elapsedText(mark.at, 1) }),
			element("td", { textContent: mark.label })));
	}
	byId("events-card").hidden = byId("events").children.length === 0;
}

// Describes the chart in words for those who can't see the canvas.
function describeChart(data)
{
	const facts = data.facts.filter(([label]) => TILES.includes(label))
		.map((fact) => fact.join(": "));

	if (data.flame)
		return `Memory by call stack. ${facts.join(". ")}. Arrow keys ` +
			"move between frames, Enter zooms into one; the " +
			"table below has the figures.";
	return `Memory over time. ${facts.join(". ")}. Arrow keys move the ` +
		"cursor, plus and minus zoom; the table below has the figures.";
}

// SPDX-License-Identifier: MIT
//
// The figures of what is in sight, or of what was measured.
"use strict";

const MOST_FIGURES = 200;

// The stretch that the figures are of: [from, to, how it is called].
function figuresRange(view)
{
	const digits = cursorDigits(view);
	const [from, to] = view.measure || [view.from, view.to];
	const text = `${elapsedText(from, digits)} to ${elapsedText(to, digits)}`;

	return [from, to, view.measure ?
		`Selected range: ${text}` : `Visible range: ${text}`];
}

function figuresRow(series, from, to)
{
	const figures = rangeFigures(series, from, to);
	const text = series.kind === "difference" ? changeText : memoryText;

	if (!figures)
		return null;
	return element("tr", {},
		element("th", { scope: "row", textContent: series.name }),
		...[text(figures.lowest), text(figures.mean),
			text(figures.highest), changeText(figures.growth),
			changeText(figures.perMinute)].map((textContent) =>
			element("td", { textContent })));
}

function fillRangeFigures(view, data)
{
	const [from, to, text] = figuresRange(view);
	const rows = [];

	for (const series of data.series) {
		const shown = !series.hidden && series.kind !== "trend" &&
			series.count > 0 && rows.length < MOST_FIGURES;
		const row = shown && figuresRow(series, from, to);

		if (row)
			rows.push(row);
	}
	byId("range-name").textContent = text;
	byId("range-figures").replaceChildren(...rows);
}

// The frames of a flame graph take the same place.
function fillFrameFigures(data)
{
	const frames = frameFigures(data).slice(0, MOST_FIGURES);

	byId("range-name").textContent = "Functions";
	byId("range-head").replaceChildren(...["Function", "Self", "Total",
		"Share"].map((textContent) =>
		element("th", { scope: "col", textContent })));
	byId("range-figures").replaceChildren(...frames.map((one) =>
		element("tr", {},
			element("th", { scope: "row", textContent: one.name }),
			...[memoryText(one.self), memoryText(one.total),
				shareText(data, one.total)].map((textContent) =>
				element("td", { textContent })))));
}

function spokenFigures(view, data)
{
	const [from, to, text] = figuresRange(view);
	const lead = leadSeries(data);
	const figures = lead && rangeFigures(lead, from, to);

	return figures ? `${text}: ${lead.name} lowest ` +
		`${memoryText(figures.lowest)}, mean ${memoryText(figures.mean)}, ` +
		`highest ${memoryText(figures.highest)}, growth ` +
		changeText(figures.growth) : text;
}

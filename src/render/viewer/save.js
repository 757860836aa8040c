// SPDX-License-Identifier: MIT
//
// Saves what is in sight: as a picture, or as a table of its samples.
"use strict";

const SAVE_HEAD = 40, SAVE_LEGEND = 20;

function shownInLegend(data)
{
	return listedSeries(data).filter((one) => !one.hidden);
}

// Places the names of the legend in a picture of that width: rows of
// [x, series], and how many rows there are.
function placeLegend(context, data, width)
{
	const places = [];
	let x = 14, row = 0;

	context.font = chartFont(12);
	for (const series of shownInLegend(data)) {
		const text = `${series.name}  ${series.detail}`;
		const size = 24 + context.measureText(text).width + 18;

		if (x > 14 && x + size > width) {
			x = 14;
			row++;
		}
		places.push({ x, row, text, series });
		x += size;
	}
	return { places, rows: places.length ? row + 1 : 0 };
}

function drawSavedLegend(context, legend, theme, top)
{
	context.textAlign = "left";
	context.textBaseline = "middle";
	context.font = chartFont(12);
	for (const { x, row, text, series } of legend.places) {
		const y = top + row * SAVE_LEGEND + SAVE_LEGEND / 2;

		context.fillStyle = theme[series.role];
		context.fillRect(x, y - 1.5, 16, 3);
		context.fillStyle = theme.text;
		context.fillText(text, x + 24, y);
	}
}

// The whole picture: title, chart and legend; make(width, height) gives its
// context.
function drawPicture(view, data, make)
{
	const { width, height } = view.layout;
	const ruler = document.createElement("canvas").getContext("2d");
	const legend = placeLegend(ruler, data, width);
	const whole = SAVE_HEAD + height + 10 + legend.rows * SAVE_LEGEND;
	const theme = themeOf(data);
	const context = make(width, whole);

	context.fillStyle = theme.background;
	context.fillRect(0, 0, width, whole);
	context.font = chartFont(15, 600);
	context.textAlign = "left";
	context.textBaseline = "middle";
	context.fillStyle = theme.text;
	context.fillText(fittingText(context, data.title, width - 28), 14, 22);
	drawSavedLegend(context, legend, theme, SAVE_HEAD + height + 4);
	context.save();
	context.translate(0, SAVE_HEAD);
	drawChart(context, view, data);
	context.restore();
	return context;
}

function pictureSvg(view, data)
{
	return String(drawPicture(view, data, (width, height) =>
		new SvgContext(width, height)));
}

function picturePng(view, data)
{
	const made = document.createElement("canvas");

	drawPicture(view, data, (width, height) =>
		fitCanvas(made, width, height));
	return new Promise((done) => {
		made.toBlob(done, "image/png");
	});
}

function csvCell(value)
{
	const text = String(value);

	return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

// A line a sample of what is in sight: what, when, how much, its unit.
function samplesCsv(view, data)
{
	const lines = [["series", "time_s", "value", "unit"]];
	const add = (series, unit) => {
		const end = lowerBound(series, view.to + 1e-9);

		for (let i = lowerBound(series, view.from); i < end; i++)
			lines.push([series.name, Number(series.time[i].toFixed(6)),
				Number(series.memory[i].toFixed(6)), unit]);
	};

	for (const series of data.series) {
		if (!series.hidden && series.kind !== "trend")
			add(series, "MiB");
	}
	for (const panel of data.panels) {
		for (const series of panel.series)
			add(series, panelUnit(panel.title));
	}
	return lines;
}

function framesCsv(view, data)
{
	return [["frame", "depth", "mib"]].concat(data.spans
		.filter((one) => one.to[0] >= view.from && one.from[0] <= view.to)
		.map((one) => [fullName(one), data.lanes - one.lane,
			Number((one.to[0] - one.from[0]).toFixed(6))]));
}

function pictureCsv(view, data)
{
	const lines = data.flame ? framesCsv(view, data) : samplesCsv(view, data);

	return lines.map((cells) => cells.map(csvCell).join(",") + "\r\n").join("");
}

const SAVERS = {
	png: picturePng,
	svg: (view, data) => new Blob([pictureSvg(view, data)],
		{ type: "image/svg+xml" }),
	csv: (view, data) => new Blob([pictureCsv(view, data)],
		{ type: "text/csv" }),
};

async function saveAs(kind, view, data)
{
	const url = URL.createObjectURL(await SAVERS[kind](view, data));
	const name = data.title.replace(/[^\w.-]+/g, "-").slice(0, 60);

	element("a", { href: url, download: `mprof-${name}.${kind}` }).click();
	setTimeout(() => URL.revokeObjectURL(url), 60000);
}

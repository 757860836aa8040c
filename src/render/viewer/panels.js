// SPDX-License-Identifier: MIT
//
// Panels below the memory, with its time axis, for whatever else was recorded.
"use strict";

// The view of a panel: the same times, its own place and scale.
function panelView(view, panel, { top, bottom })
{
	const { left, right } = view.layout;
	let high = 0;

	for (const series of panel.series) {
		if (series.count > 0 && series.kind !== "layer")
			high = Math.max(high,
				extremesAround(series, view.from, view.to)[1]);
	}
	high = Math.max(high, panelStack(view, panel));
	return {
		from: view.from, to: view.to, low: 0,
		high: high > 0 ? high * 1.08 : 1, lit: null,
		search: view.search, layout: { left, right, top, bottom },
	};
}

// Memory that is charged in layers: the highest of them together.
function panelStack(view, panel)
{
	let highest = 0;

	layerColumns(view, panel, (x, base, top) => {
		highest = Math.max(highest, top);
	});
	return highest;
}

// Calls `each(x, base, top, series)` for every second pixel column.
function layerColumns(view, panel, each)
{
	const { left, right } = view.layout;
	const layers = panel.series.filter((one) => one.kind === "layer");

	for (let x = left; layers.length > 0 && x <= right; x += 2) {
		let base = 0;

		for (const one of layers) {
			const value = memoryAt(one, xToTime(view, x), 0);
			const top = base + (isNaN(value) ? 0 : value);

			each(x, base, top, one);
			base = top;
		}
	}
}

function drawLayers(context, view, panel, theme)
{
	fillLayers(context, view, theme, each => layerColumns(view, panel, each));
}

// Returns [panel, its view] for each.
function panelViews(view, data)
{
	return data.panels.map((panel, i) =>
		[panel, panelView(view, panel, view.layout.panels[i])]);
}

function drawPanels(context, panels, theme)
{
	for (const [panel, own] of panels) {
		const { left, right, bottom } = own.layout;

		context.strokeStyle = theme.grid;
		context.lineWidth = 1;
		context.beginPath();
		context.moveTo(left, Math.round(bottom) - 0.5);
		context.lineTo(right, Math.round(bottom) - 0.5);
		context.stroke();
		drawLayers(context, own, panel, theme);
		for (const series of panel.series) {
			if (series.kind !== "layer")
				drawSeries(context, own, series, theme);
		}
	}
}

// The title, the names in their colours, and the axis: nothing and the most.
function drawPanelTitles(context, panels, theme)
{
	for (const [panel, own] of panels) {
		const { left, right, top, bottom } = own.layout;
		const step = roundStep(own.high * 0.4);
		let x = left;

		context.textBaseline = "middle";
		context.textAlign = "right";
		context.font = chartFont(11);
		context.fillStyle = theme["text-soft"];
		context.fillText("0", left - 8, bottom - 4);
		if (step <= own.high)
			context.fillText(stepText(step), left - 8,
				Math.max(top, memoryToY(own, step)));
		context.textAlign = "left";
		x = panelWord(context, panel.title, x, top - 11, right,
			chartFont(11.5, 600), theme.text);
		if (panel.series.length < 2)
			continue;
		for (const series of panel.series)
			x = panelWord(context, "\u25a0 " + series.name, x,
				top - 11, right, chartFont(11),
				theme[series.role]);
	}
}

function stepText(step)
{
	const digits = stepDigits(step);

	return digits ? step.toFixed(digits) : countText(step);
}

// Writes where there is room; returns where the next word goes.
function panelWord(context, text, x, y, right, font, colour)
{
	context.font = font;
	context.fillStyle = colour;
	const shown = fittingText(context, text, right - x);

	context.fillText(shown, x, y);
	return x + context.measureText(shown).width + 12;
}

// The figures of all panels at a time: [series, value] each.
function panelsAt(data, time)
{
	return data.panels.flatMap((panel) => panel.series
		.map((series) => ({
			series, title: panel.title,
			value: memoryAt(series, time, 0),
		})))
		.filter((row) => !isNaN(row.value));
}

// The unit in a panel's title: that of "CPU (%)" is "%".
function panelUnit(title)
{
	const unit = /\(([^)]*)\)$/.exec(title);

	return unit ? unit[1] : "";
}

// "98.2 %"
function panelValueText(row)
{
	const unit = panelUnit(row.title);

	return numberText(row.value) + (unit ? " " + unit : "");
}

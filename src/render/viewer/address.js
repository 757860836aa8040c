// SPDX-License-Identifier: MIT
//
// The view in the fragment of the page's address, so that it can be passed on:
// #t=10,20&m=11,12&o=cs&h=0,3&q=word&theme=dark
"use strict";

const OPTION_LETTERS = { clock: "c", fit: "f", stacked: "s" };

function rangeOf(text)
{
	const ends = (text || "").split(",").map(Number);

	return ends.length === 2 && ends.every(isFinite) && ends[0] < ends[1] ?
		ends : null;
}

function shortNumber(value)
{
	return String(Number(value.toPrecision(9)));
}

function viewToFragment(view, data)
{
	const parts = new URLSearchParams();
	const hidden = data.series.map((one, i) => one.hidden ? i : -1)
		.filter((i) => i >= 0);
	const options = Object.keys(OPTION_LETTERS).filter((name) => view[name])
		.map((name) => OPTION_LETTERS[name]).join("");

	if (view.from > data.from || view.to < data.to)
		parts.set("t", [view.from, view.to].map(shortNumber).join());
	if (view.measure)
		parts.set("m", view.measure.map(shortNumber).join());
	if (options !== optionLetters(data))
		parts.set("o", options || "-");
	if (hidden.length)
		parts.set("h", hidden.join());
	if (view.search)
		parts.set("q", view.search);
	if (view.theme !== data.theme)
		parts.set("theme", view.theme);
	return parts.toString().replace(/%2C/g, ",");
}

// The options that the page begins with.
function optionLetters(data)
{
	return (data.clock ? "c" : "") + (data.stacked ? "s" : "");
}

// Parts that make no sense are left out.
function viewFromFragment(view, data, text)
{
	const parts = new URLSearchParams(text);
	const options = parts.get("o") || optionLetters(data);
	const range = rangeOf(parts.get("t"));
	const theme = parts.get("theme");
	const canStack = data.stacked || data.layers.length > 0;

	[view.from, view.to] = range && range[0] < data.to &&
		range[1] > data.from ? range : [data.from, data.to];
	view.measure = rangeOf(parts.get("m"));
	for (const [name, letter] of Object.entries(OPTION_LETTERS))
		view[name] = options.includes(letter);
	view.stacked = view.stacked && canStack;
	view.search = (parts.get("q") || "").toLowerCase();
	view.theme = THEMES.includes(theme) ? theme : data.theme;
	chooseSeries(data, view.stacked);
	const hidden = (parts.get("h") || "").split(",");
	data.series.forEach((series, i) => {
		series.hidden = hidden.includes(String(i));
	});
}

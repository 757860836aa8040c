// SPDX-License-Identifier: MIT
//
// The strip with the whole recording, and the window in it that is in sight.
"use strict";

const STRIP_HEIGHT = 44;
let stripLook = [];

// A movement of the window leaves the strip as it is.
function drawOverview(view, data)
{
	const { width, left, right } = view.layout;
	const lead = leadSeries(data);
	const theme = themeOf(data);
	const look = [width, left, right, window.devicePixelRatio, lead, theme];

	if (isSame(look, stripLook))
		return;
	stripLook = look;
	paintOverview(view, data, lead, theme);
}

function paintOverview(view, data, lead, theme)
{
	const { width, left, right } = view.layout;
	const context = fitCanvas(byId("strip"), width, STRIP_HEIGHT);
	const own = {
		from: data.from, to: data.to, low: 0, high: 1, lit: null,
		search: "", stacked: false,
		layout: { left, right, top: 4, bottom: STRIP_HEIGHT - 4 },
	};

	context.strokeStyle = theme.grid;
	context.strokeRect(left + 0.5, 0.5, right - left - 1, STRIP_HEIGHT - 1);
	if (!lead)
		return;
	own.high = extremesAround(lead, data.from, data.to)[1] || 1;
	drawSeries(context, own, { ...lead, kind: "total" }, theme);
}

function placeWindow(view, data)
{
	const { left, right } = view.layout;
	const whole = data.to - data.from;
	const pane = byId("window");

	pane.style.left = `${left + (view.from - data.from) / whole *
		(right - left)}px`;
	pane.style.width = `${Math.max(6, (view.to - view.from) / whole *
		(right - left))}px`;
}

function stripTime(view, data, event)
{
	const { left, right } = view.layout;
	const x = event.clientX - byId("strip").getBoundingClientRect().left;

	return data.from + (x - left) / (right - left) * (data.to - data.from);
}

// A press on the strip takes hold of an end of the window, of the window
// itself, or, beside it, a stretch that is drawn anew.
function stripGrip(view, data, time)
{
	const { left, right } = view.layout;
	const near = 6 / (right - left) * (data.to - data.from);

	if (Math.abs(time - view.from) <= near)
		return { kind: "stretch", anchor: view.to };
	if (Math.abs(time - view.to) <= near)
		return { kind: "stretch", anchor: view.from };
	if (time > view.from && time < view.to &&
		view.to - view.from < data.to - data.from)
		return { kind: "move", offset: time - view.from };
	return { kind: "stretch", anchor: time };
}

function dragStrip(view, grip, time)
{
	const span = view.to - view.from;

	if (grip.kind === "move")
		return [time - grip.offset, time - grip.offset + span];
	return [Math.min(time, grip.anchor), Math.max(time, grip.anchor)];
}

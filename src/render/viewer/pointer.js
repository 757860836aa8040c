// SPDX-License-Identifier: MIT
//
// The mouse and fingers: over the chart they show values, zoom, pan and
// measure; on the strip below they move the window.
"use strict";

const CLICK_PIXELS = 4;
const fingers = new Map();
let scrolled = -Infinity;

function placeOf(event)
{
	const box = overlay.getBoundingClientRect();

	return [event.clientX - box.left, event.clientY - box.top];
}

function eventTime(event)
{
	const { left, right } = view.layout;
	const [x] = placeOf(event);

	return xToTime(view, Math.min(Math.max(x, left), right));
}

// A drag measures with Shift; it moves what is zoomed, and zooms the whole.
function dragKind(event)
{
	if (event.shiftKey && !data.flame)
		return "measure";
	if (!isWhole())
		return "pan";
	return event.pointerType === "touch" || data.flame ? "none" : "zoom";
}

function onPointerDown(event)
{
	if (event.button !== 0)
		return;
	fingers.set(event.pointerId, event);
	overlay.setPointerCapture(event.pointerId);
	if (fingers.size === 2) {
		view.drag = { kind: "pinch", from: view.from, to: view.to,
			...pinchOf() };
		remember();
		return;
	}
	const time = eventTime(event);

	view.drag = {
		kind: dragKind(event), from: time, x: event.clientX,
		view: [view.from, view.to], moved: false, stretch: null,
	};
	if (view.drag.kind === "pan")
		remember();
}

// Returns the middle between two fingers, and how far apart they are.
function pinchOf()
{
	const [one, other] = [...fingers.values()].map((finger) =>
		placeOf(finger)[0]);

	return { middle: (one + other) / 2,
		apart: Math.max(10, Math.abs(one - other)) };
}

// The time that was between the fingers stays there.
function pinch()
{
	const { left, right } = view.layout;
	const { drag } = view;
	const now = pinchOf();
	const before = drag.to - drag.from;
	const span = before * drag.apart / now.apart;
	const time = drag.from + (drag.middle - left) / (right - left) * before;
	const from = time - (now.middle - left) / (right - left) * span;

	setRange(from, from + span);
}

function dragTo(event)
{
	const { drag } = view;
	const time = eventTime(event);

	drag.moved ||= Math.abs(event.clientX - drag.x) > CLICK_PIXELS;
	if (!drag.moved)
		return;
	if (drag.kind === "pan") {
		const shift = (event.clientX - drag.x) /
			(view.layout.right - view.layout.left) *
			(drag.view[1] - drag.view[0]);
		setRange(drag.view[0] - shift, drag.view[1] - shift);
	} else if (drag.kind !== "none") {
		drag.stretch = [Math.min(drag.from, time),
			Math.max(drag.from, time)];
	}
}

function onPointerMove(event)
{
	const [x, y] = placeOf(event);

	if (fingers.has(event.pointerId))
		fingers.set(event.pointerId, event);
	if (view.drag && view.drag.kind === "pinch") {
		if (fingers.size === 2)
			pinch();
		return;
	}
	if (view.drag)
		dragTo(event);
	showAt(event, x, y);
}

function showAt(event, x, y)
{
	const span = view.drag && view.drag.moved ? null :
		spanAt(view, data, x, y);

	view.pointerY = y;
	lightSpan(span);
	overlay.style.cursor = span ? "pointer" : "";
	if (span || data.flame) {
		view.cursor = null;
		drawOverlay();
	} else {
		moveCursor(eventTime(event), true);
	}
}

function onPointerUp(event)
{
	const { drag } = view;

	fingers.delete(event.pointerId);
	if (fingers.size > 0)
		return;
	view.drag = null;
	if (!drag || drag.kind === "pinch")
		return;
	if (drag.stretch && drag.kind === "measure")
		setMeasure(drag.stretch);
	else if (drag.stretch)
		goTo(...drag.stretch);
	else if (!drag.moved && event.type === "pointerup")
		onTap(event);
	drawOverlay();
}

// A click on a bar zooms there; a finger's first one shows what it is.
function onTap(event)
{
	const [x, y] = placeOf(event);
	const span = spanAt(view, data, x, y);
	const known = span === view.litSpan;

	if (span && (event.pointerType !== "touch" || view.tapped === span) &&
		known)
		zoomToSpan(span);
	else
		showAt(event, x, y);
	view.tapped = span;
}

// The values that a tap shows stay when the finger is gone.
function onPointerLeave(event)
{
	if (event.pointerType !== "touch" && !view.drag)
		hideCursor();
}

// While all is in sight the wheel scrolls the page as far as it goes, and zooms
// in only when it is turned anew.
function wheelScrolls(event, pixels)
{
	const room = document.documentElement.scrollHeight - innerHeight;
	const scrolls = isWhole() && !event.ctrlKey && !event.shiftKey &&
		(pixels > 0 || (room > 0 && scrollY > 0) ||
			event.timeStamp - scrolled < 400);

	if (scrolls)
		scrolled = event.timeStamp;
	return scrolls;
}

function onWheel(event)
{
	const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
	const span = view.to - view.from;

	if (wheelScrolls(event, pixels))
		return;
	event.preventDefault();
	if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(pixels)) {
		const shift = (event.deltaX || pixels) / 600 * span;

		goTo(view.from + shift, view.to + shift, true);
	} else {
		zoomAbout(eventTime(event), Math.exp(pixels * 0.002));
	}
}

function onStripDown(event)
{
	const time = stripTime(view, data, event);

	event.preventDefault();
	byId("overview").setPointerCapture(event.pointerId);
	view.grip = stripGrip(view, data, time);
	remember();
}

function onStripMove(event)
{
	if (!view.grip)
		return;
	const [from, to] = dragStrip(view, view.grip,
		stripTime(view, data, event));

	if (to > from)
		setRange(from, to);
}

// A click beside the window brings its middle there.
function onStripUp(event)
{
	const { grip } = view;
	const time = stripTime(view, data, event);
	const half = (view.to - view.from) / 2;

	view.grip = null;
	if (grip && grip.kind === "stretch" &&
		Math.abs(time - grip.anchor) < 1e-9 * (data.to - data.from))
		setRange(time - half, time + half);
}

function listenToPointers()
{
	const strip = byId("overview");

	overlay.addEventListener("pointerdown", onPointerDown);
	overlay.addEventListener("pointermove", onPointerMove);
	overlay.addEventListener("pointerup", onPointerUp);
	overlay.addEventListener("pointercancel", onPointerUp);
	overlay.addEventListener("pointerleave", onPointerLeave);
	overlay.addEventListener("dblclick", resetRange);
	overlay.addEventListener("wheel", onWheel, { passive: false });
	strip.addEventListener("pointerdown", onStripDown);
	strip.addEventListener("pointermove", onStripMove);
	strip.addEventListener("pointerup", onStripUp);
	strip.addEventListener("pointercancel", () => {
		view.grip = null;
	});
}

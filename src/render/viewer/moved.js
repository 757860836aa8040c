// SPDX-License-Identifier: MIT
//
// A crowd of lines while the chart moves: the sheet that was painted last is shown
// where it belongs now, and only what comes into sight beside it is painted. When
// the chart rests, all of it is painted anew.
"use strict";

// A sheet that would be shown larger or smaller than this is painted anew.
const MOST_STRETCH = 2.5;
// A sheet that covers less than this part of the chart is painted anew, too.
const LEAST_COVER = 0.5;
// Strips grow by so many columns at a time, and have as many in which their lines
// and bands begin.
const STRIP_STEP = 64, STRIP_LEAD = 16;

const strips = { left: newSheet(), right: newSheet() };

// The place on the chart that a sheet has in a view other than its own. Lines end
// in its margins, which are left out.
function movedPlace(sheet, places)
{
	const { places: before, height } = sheet;
	const stretch = places.scaleX / before.scaleX;
	const rise = places.scaleY / before.scaleY;
	const margin = Math.ceil(4 * places.ratio);
	const whole = Math.abs(stretch - 1) < 1e-9;
	const left = (margin - before.zeroX) * stretch + places.zeroX;
	const wide = (before.width - 2 * margin) * stretch;

	return {
		stretch, rise, margin,
		left: whole ? Math.round(left) : left,
		right: (whole ? Math.round(left) : left) + wide,
		top: places.zeroY - before.zeroY * rise,
		tall: height * rise,
	};
}

// Whether the sheet shows enough of the chart where it belongs now.
function isNear(moved, places)
{
	const { width, ratio } = places;
	const least = LEAST_COVER * (width - 8 * ratio);
	const covered = Math.min(moved.right, width) - Math.max(moved.left, 0);
	const within = (factor) => factor < MOST_STRETCH &&
		factor > 1 / MOST_STRETCH;

	return covered > least && within(moved.stretch) && within(moved.rise);
}

// The places on a sheet that has only the columns from `start` on.
function stripPlaces(places, start, width)
{
	const zeroX = places.zeroX - start;

	return { ...places, x: places.x + start, width, zeroX,
		toX: (time) => zeroX + time * places.scaleX };
}

// Paints the columns [from, to) of the chart.
function showStrip(painting, sheet, from, to)
{
	const { context, view, crowd, theme, places } = painting;
	const needed = to - from;
	const width = Math.ceil(needed / STRIP_STEP) * STRIP_STEP;
	const own = stripPlaces(places, from, width);
	const toTime = (x) => (x - own.zeroX) / own.scaleX;
	const part = {
		...view, whole: view, from: toTime(-STRIP_LEAD),
		to: toTime(needed + STRIP_LEAD),
	};

	paintSheet(sheet, part, crowd, theme, own);
	context.drawImage(sheet.canvas, 0, 0, needed, own.height,
		own.x, own.y, needed, own.height);
}

function showMoved(painting, moved)
{
	const { context, places } = painting;
	const { canvas, columns, height } = crowdSheet;
	const { left, right, margin } = moved;
	const first = Math.max(0, Math.ceil(left));
	const last = Math.min(places.width, Math.floor(right));

	context.save();
	context.setTransform(1, 0, 0, 1, 0, 0);
	context.drawImage(canvas, margin, 0, columns - 2 * margin, height,
		places.x + left, places.y + moved.top, right - left, moved.tall);
	if (first > margin)
		showStrip(painting, strips.left, 0, first);
	if (last < places.width - margin)
		showStrip(painting, strips.right, last, places.width);
	context.restore();
}

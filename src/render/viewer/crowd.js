// SPDX-License-Identifier: MIT
//
// A crowd of lines, painted pixel by pixel: a browser's strokes of so many take
// a second.
"use strict";

// Up to this many samples in sight, the browser strokes the lines: that is finer.
const FEW_SAMPLES = 4000;
const CROWD_LINE = 1.4, CROWD_BAND = 0.35, BAND_PIXELS = 2;
// A line that rises more in a pixel is told by its width, not by its height.
const STEEP = 2;

// Columns that are painted at a time, which the processor holds in its nearest
// cache.
const TILE = 16;

// Layers wait until they are this many, whose memory has a bound however many
// series there are.
const MOST_LAYERS = 512;

function newSheet()
{
	return { canvas: document.createElement("canvas"), look: [], place: [],
		most: MOST_LAYERS };
}

// The sheet that crowds are painted on; kept, since a new one of each drawing
// would have to be cleaned up.
const crowdSheet = newSheet();

function isPainted(view, series)
{
	return series.dash === 0 && !series.hidden && view.lit !== series &&
		["run", "process"].includes(series.kind);
}

// The series of a view that are painted: none where the browser is to stroke
// all of them.
function paintedSeries(context, view, data)
{
	if (!view.crowded || context instanceof SvgContext)
		return [];
	const painted = data.series.filter((one) => isPainted(view, one));
	let samples = 0;

	for (const series of painted) {
		const [first, last] = visibleRange(series, view.from, view.to);

		samples += last - first;
	}
	return samples > FEW_SAMPLES ? painted : [];
}

// The area that a line or a band covers: its lowest and highest place in each
// column of pixels.
class Envelope {
	constructor(columns)
	{
		this.columns = columns;
		this.low = new Float32Array(columns);
		this.high = new Float32Array(columns);
		this.clear();
	}

	clear()
	{
		this.low.fill(Infinity);
		this.high.fill(-Infinity);
	}

	grow(column, low, high)
	{
		if (column < 0 || column >= this.columns)
			return;
		if (low < this.low[column])
			this.low[column] = low;
		if (high > this.high[column])
			this.high[column] = high;
	}

	rectangle(from, to, low, high)
	{
		const end = Math.min(Math.ceil(to), this.columns);

		for (let i = Math.max(0, Math.floor(from)); i < end; i++)
			this.grow(i, low, high);
	}

	// A line from a place to one that is not to the left of it.
	segment(x, y, toX, toY)
	{
		const first = Math.max(0, Math.floor(x));
		const last = Math.min(this.columns - 1, Math.floor(toX));
		const slope = toX > x ? (toY - y) / (toX - x) : 0;
		let here = first > x ? y + slope * (first - x) : y;

		for (let i = first; i <= last; i++) {
			const next = i + 1 < toX ? y + slope * (i + 1 - x) : toY;

			this.grow(i, Math.min(here, next), Math.max(here, next));
			here = next;
		}
	}
}

// The places on the sheet that a view's times and sizes have.
function crowdPlaces(context, view)
{
	const { a: ratio, e, f } = context.getTransform();
	const { left, right, top, bottom } = view.layout;
	const x = Math.floor((left - 4) * ratio + e);
	const y = Math.floor((top - 4) * ratio + f);
	const width = Math.ceil((right + 4) * ratio + e) - x;
	const height = Math.ceil((bottom + 4) * ratio + f) - y;
	const scaleX = (right - left) * ratio / (view.to - view.from);
	const scaleY = (bottom - top) * ratio / (view.high - view.low);
	const zeroX = left * ratio + e - x - view.from * scaleX;
	const zeroY = bottom * ratio + f - y + view.low * scaleY;

	return {
		x, y, width, height, ratio,
		scaleX, zeroX, scaleY, zeroY,
		toX: (time) => zeroX + time * scaleX,
		toY: (mib) => zeroY - mib * scaleY,
	};
}

// Returns how far the line goes up and down altogether. Samples in one column
// are taken together, which most are; neighbours meet half way.
function envelopLine(line, places, view, series)
{
	const { scaleX, zeroX, scaleY, zeroY, ratio } = places;
	const { time, memory, breaks: { flags } } = series;
	const [first, last] = visibleRange(series, view.from, view.to);
	let beforeX = 0, beforeY = 0, climb = 0;
	let column = -1, low = Infinity, high = -Infinity;

	for (let i = first; i < last; i++) {
		const x = zeroX + time[i] * scaleX;
		const y = zeroY - memory[i] * scaleY;
		const starts = i === first || flags[i] === 1;
		const here = Math.floor(x);

		if (here !== column) {
			const meets = here === column + 1 && !starts;
			const edge = (y + beforeY) / 2;

			if (meets && edge < low)
				low = edge;
			else if (meets && edge > high)
				high = edge;
			line.grow(column, low, high);
			low = high = meets ? edge : y;
			if (!meets && !starts)
				line.segment(beforeX, beforeY, x, y);
		}
		if (y < low)
			low = y;
		else if (y > high)
			high = y;
		climb += starts ? 0 : Math.abs(y - beforeY);
		if (starts && isLone(series, i))
			line.segment(x - 2 * ratio, y, x + 2 * ratio, y);
		column = here;
		beforeX = x;
		beforeY = y;
	}
	line.grow(column, low, high);
	return climb;
}

// As isBlock has it, of the columns that the line covers.
function isSolid(line, climb, places)
{
	const reach = Math.round(4 * STROKE * places.ratio);
	const { columns, low, high } = line;
	let area = 0;

	for (let i = 0; i < columns; i += reach) {
		let lowest = Infinity, highest = -Infinity;

		for (let k = i; k < i + reach && k < columns; k++) {
			if (low[k] < lowest)
				lowest = low[k];
			if (high[k] > highest)
				highest = high[k];
		}
		if (highest >= lowest)
			area += reach * (highest - lowest +
				STROKE * places.ratio);
	}
	return STROKE * places.ratio * climb > 1.5 * area;
}

// The bins of a series that has more samples than can be told apart, as
// denseColumns has them. Bins keep their places while the chart is moved.
function crowdBins(places, view, series)
{
	const width = Math.max(series.step,
		BAND_PIXELS * places.ratio / places.scaleX);

	return {
		width, origin: series.step >= width ? series.first :
			Math.floor(view.from / width) * width,
		each: series.step >= width ? 1 : MEAN_COLUMNS,
	};
}

// Covers the band with the lowest and the highest sample of each bin.
function envelopBand(band, places, view, series)
{
	const { toX, toY } = places;
	const { time, memory } = series;
	const [first, last] = visibleRange(series, view.from, view.to);
	const { width, origin } = crowdBins(places, view, series);
	let low = Infinity, high = -Infinity, until = -Infinity, from = 0;

	for (let i = first; i < last; i++) {
		if (time[i] >= until) {
			band.rectangle(toX(from), toX(until), toY(high),
				toY(low));
			from = origin +
				Math.floor((time[i] - origin) / width) * width;
			until = from + width;
			low = high = memory[i];
		} else if (memory[i] < low) {
			low = memory[i];
		} else if (memory[i] > high) {
			high = memory[i];
		}
	}
	band.rectangle(toX(from), toX(until), toY(high), toY(low));
}

// Leads the line through the means of some bins each.
function envelopMeans(line, places, view, series)
{
	const { time, memory, breaks } = series;
	const [first, last] = visibleRange(series, view.from, view.to);
	const { width, origin, each } = crowdBins(places, view, series);
	const mean = { from: 0, to: -Infinity, sum: 0, count: 0, before: null };

	for (let i = first; i < last; i++) {
		const starts = i > first && breaks.has(i);

		if (time[i] >= mean.to || starts) {
			leadToMean(line, places, series, mean);
			mean.from = origin + Math.floor((time[i] - origin) /
				(each * width)) * each * width;
			mean.to = mean.from + each * width;
			mean.sum = mean.count = 0;
			if (starts)
				mean.before = null;
		}
		mean.sum += memory[i];
		mean.count++;
	}
	leadToMean(line, places, series, mean);
}

function leadToMean(line, places, series, mean)
{
	if (mean.count === 0)
		return;
	const x = places.toX((mean.from + mean.to) / 2);
	const y = places.toY(series.step > 0 ? meanOfSteps(series, mean) :
		mean.sum / mean.count);

	if (mean.before)
		line.segment(...mean.before, x, y);
	else
		line.segment(places.toX(mean.from), y, x, y);
	mean.before = [x, y];
}

// A stroke is higher than what its middle covers. On a fine screen a steep one is
// as wide as a level one is high, and covers its neighbours.
function thicken(line, stroke, places)
{
	const { columns, low, high } = line;
	const half = CROWD_LINE * places.ratio / 2;
	const fine = places.ratio > 1.5;

	for (let i = 0; i < columns; i++) {
		const rise = high[i] - low[i];
		const more = fine || !(rise >= 0 && rise <= 1) ? half :
			half * (1 - 0.3 * rise);

		stroke.low[i] = low[i] - more;
		stroke.high[i] = high[i] + more;
	}
	for (let i = 0; fine && i < columns; i++) {
		if (!(high[i] - low[i] > STEEP))
			continue;
		stroke.grow(i - 1, low[i] - half, high[i] + half);
		stroke.grow(i + 1, low[i] - half, high[i] + half);
	}
}

// Lays a colour over a pixel; both are premultiplied, `part` is of 256.
function blend(pixels, at, colour, part)
{
	const below = pixels[at], rest = 256 - part;
	const redBlue = (Math.imul(colour & 0xff00ff, part) +
		Math.imul(below & 0xff00ff, rest)) >>> 8;
	const alphaGreen = Math.imul(colour >>> 8 & 0xff00ff, part) +
		Math.imul(below >>> 8 & 0xff00ff, rest);

	pixels[at] = redBlue & 0xff00ff | alphaGreen & 0xff00ff00;
}

// Lays a colour over the pixels from one place up to another.
function blendRun(pixels, from, to, colour, whole)
{
	if (whole === 256) {
		for (let at = from; at < to; at++)
			pixels[at] = colour;
		return;
	}
	const rest = 256 - whole;
	const redBlue = Math.imul(colour & 0xff00ff, whole);
	const alphaGreen = Math.imul(colour >>> 8 & 0xff00ff, whole);

	for (let at = from; at < to; at++) {
		const below = pixels[at];

		pixels[at] = (redBlue + Math.imul(below & 0xff00ff, rest)) >>>
			8 & 0xff00ff | (alphaGreen + Math.imul(below >>> 8 &
			0xff00ff, rest)) & 0xff00ff00;
	}
}

// Paints a layer over the tile, which has its pixels column by column.
function paintLayer(sheet, layer, left, right)
{
	const { pixels, height } = sheet;
	const { colour, envelope: { low: lows, high: highs } } = layer;
	const whole = Math.round(layer.alpha * 256);

	for (let i = left, top = left * height; i < right; i++, top += height) {
		const low = lows[i] > 0 ? lows[i] : 0;
		const high = highs[i] < height ? highs[i] : height;

		if (!(high > low))
			continue;
		const first = low | 0, last = high | 0;

		if (first === last) {
			blend(pixels, top + first, colour,
				whole * (high - low) | 0);
			continue;
		}
		blend(pixels, top + first, colour,
			whole * (first + 1 - low) | 0);
		blendRun(pixels, top + first + 1, top + last, colour, whole);
		if (last < height)
			blend(pixels, top + last, colour,
				whole * (high - last) | 0);
	}
}

// "#rrggbb" as the four bytes of a pixel in the order that they have in memory.
function pixelColour(hex)
{
	const rgb = parseInt(hex.slice(1), 16);

	return 0xff000000 | (rgb & 0xff) << 16 | rgb & 0xff00 | rgb >> 16;
}

// A premultiplied pixel as an image has it.
function plainPixel(pixel, alpha)
{
	const part = 255 / alpha;

	return alpha << 24 | (pixel >>> 16 & 0xff) * part << 16 |
		((pixel >>> 8 & 0xff) * part & 0xff) << 8 |
		(pixel & 0xff) * part;
}

// Brings the tile to the image, which has its pixels row by row.
function fillImage(sheet, left, right)
{
	const { pixels, columns, height, plain } = sheet;

	for (let y = 0, start = left * height; y < height; y++, start++) {
		const end = y * columns + right;

		for (let at = y * columns + left, from = start; at < end;
			at++, from += height) {
			const pixel = pixels[from], alpha = pixel >>> 24;

			plain[at] = pixel === 0 || alpha === 255 ? pixel :
				plainPixel(pixel, alpha);
		}
	}
}

// Paints the layers that wait, over those that were painted before. The last of
// them complete the image.
function paintLayers(sheet, last)
{
	const { pixels, columns, height } = sheet;
	const layers = sheet.layers.slice(0, sheet.used);

	for (let left = 0; left < columns; left += TILE) {
		const right = Math.min(left + TILE, columns);

		if (!sheet.begun)
			pixels.fill(0, left * height, right * height);
		for (const layer of layers)
			paintLayer(sheet, layer, left, right);
		if (last)
			fillImage(sheet, left, right);
	}
	sheet.begun = true;
	sheet.used = 0;
}

function finishSheet(sheet)
{
	paintLayers(sheet, true);
	sheet.canvas.getContext("2d").putImageData(sheet.image, 0, 0);
}

// Brings the sheet to the canvas.
function showSheet(context, sheet, places)
{
	context.save();
	context.setTransform(1, 0, 0, 1, 0, 0);
	context.drawImage(sheet.canvas, places.x, places.y);
	context.restore();
}

function cleanSheet(sheet, places)
{
	const { width, height } = places;

	if (sheet.columns !== width || sheet.height !== height) {
		const image = new ImageData(width, height);

		Object.assign(sheet, { columns: width, height, image,
			pixels: new Int32Array(width * height),
			plain: new Int32Array(image.data.buffer),
			line: new Envelope(width), layers: [] });
		sheet.canvas.width = width;
		sheet.canvas.height = height;
	}
	sheet.used = 0;
	sheet.begun = false;
}

// Returns the envelope of a further layer, to be filled.
function addLayer(sheet, colour, alpha)
{
	const { layers, columns } = sheet;

	if (sheet.used >= sheet.most)
		paintLayers(sheet, false);
	const layer = layers[sheet.used] ||= { envelope: new Envelope(columns) };

	sheet.used++;
	layer.colour = colour;
	layer.alpha = alpha;
	return layer.envelope;
}

// Whether a series has too many samples in sight for a line.
function isTooFine(view, series)
{
	const [first, last] = visibleRange(series, view.from, view.to);

	return series.step > 0 ||
		last - first > 3 * (view.layout.right - view.layout.left);
}

// Whether a series is told by a band; envelops its line where that is to be seen.
// A part of the chart follows the whole.
function isBand(line, places, view, series)
{
	if (isTooFine(view.whole || view, series))
		return true;
	const climb = view.whole && series.solid ? 0 :
		envelopLine(line, places, view, series);

	if (!view.whole)
		series.solid = isSolid(line, climb, places);
	return series.solid;
}

// Adds the layers of a series: its line, the band below it where it has one.
function layerSeries(sheet, places, view, series, theme)
{
	const colour = pixelColour(theme[series.role]);
	const alpha = isFaded(view, series) ? 0.25 : 1;
	const { line } = sheet;

	line.clear();
	if (isBand(line, places, view, series)) {
		const band = addLayer(sheet, colour, CROWD_BAND * alpha);

		band.clear();
		envelopBand(band, places, view, series);
		line.clear();
		envelopMeans(line, places, view, series);
	}
	thicken(line, addLayer(sheet, colour, alpha), places);
}

// The look of a sheet depends on these, and on where the view stands.
function crowdLook(places, view, crowd, theme)
{
	const { x, y, width, height } = places;

	return [x, y, width, height, theme,
		...crowd.flatMap((one) => [one, isFaded(view, one)])];
}

function crowdPlace(places, view)
{
	const { scaleX, zeroX, scaleY, zeroY } = places;

	return [scaleX, zeroX, scaleY, zeroY, view.from, view.to];
}

function isSame(list, other)
{
	return list.length === other.length &&
		list.every((part, i) => part === other[i]);
}

function paintSheet(sheet, view, crowd, theme, places)
{
	cleanSheet(sheet, places);
	for (const series of crowd)
		layerSeries(sheet, places, view, series, theme);
	finishSheet(sheet);
	sheet.places = places;
}

// A redraw because of what stands around it has the sheet of the one before; a
// movement has it moved, and leaves a view that is rough.
function paintCrowd(context, view, crowd, theme)
{
	if (crowd.length === 0)
		return;
	const places = crowdPlaces(context, view);
	const look = crowdLook(places, view, crowd, theme);
	const place = crowdPlace(places, view);
	const same = isSame(look, crowdSheet.look);
	const rests = same && isSame(place, crowdSheet.place);
	const moved = same && !rests && view.moving ?
		movedPlace(crowdSheet, places) : null;

	if (moved && isNear(moved, places)) {
		showMoved({ context, view, crowd, theme, places }, moved);
		view.rough = true;
		return;
	}
	if (!rests)
		paintSheet(crowdSheet, view, crowd, theme, places);
	Object.assign(crowdSheet, { look, place });
	showSheet(context, crowdSheet, places);
}

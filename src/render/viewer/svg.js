// SPDX-License-Identifier: MIT
//
// As much of a canvas' context as the chart is drawn with, which writes SVG:
// text stays text.
"use strict";

function svgNumber(value)
{
	return String(Math.round(value * 100) / 100);
}

function svgEscape(text)
{
	const names = { "&": "amp", "<": "lt", ">": "gt", '"': "quot" };

	return String(text).replace(/[&<>"]/g, (one) => `&${names[one]};`);
}

// A path for a canvas or, for an SvgContext, its text.
class SvgPath {
	constructor()
	{
		this.text = "";
	}

	add(letter, ...numbers)
	{
		this.text += letter + numbers.map(svgNumber).join(" ");
	}

	moveTo(x, y)
	{
		this.add("M", x, y);
	}

	// A canvas begins a path with its first point, whatever it is.
	lineTo(x, y)
	{
		this.add(this.text ? "L" : "M", x, y);
	}

	closePath()
	{
		this.text += "Z";
	}

	rect(x, y, width, height)
	{
		this.add("M", x, y);
		this.add("h", width);
		this.add("v", height);
		this.add("h", -width);
		this.text += "Z";
	}

	roundRect(x, y, width, height)
	{
		this.rect(x, y, width, height);
	}

	// Whole circles alone are drawn.
	arc(x, y, radius)
	{
		this.add("M", x - radius, y);
		this.add("a", radius, radius, 0, 1, 0, 2 * radius, 0);
		this.add("a", radius, radius, 0, 1, 0, -2 * radius, 0);
	}
}

class SvgGradient {
	constructor(id, x0, y0, x1, y1)
	{
		this.id = id;
		this.ends = [x0, y0, x1, y1];
		this.stops = [];
	}

	// "#rrggbbaa"
	addColorStop(at, colour)
	{
		this.stops.push(`<stop offset="${at}" ` +
			`stop-color="${colour.slice(0, 7)}" stop-opacity="` +
			`${svgNumber(parseInt(colour.slice(7), 16) / 255)}"/>`);
	}

	toString()
	{
		const [x1, y1, x2, y2] = this.ends.map(svgNumber);

		return `<linearGradient id="${this.id}" x1="${x1}" ` +
			`y1="${y1}" x2="${x2}" y2="${y2}" ` +
			`gradientUnits="userSpaceOnUse">${this.stops.join("")}` +
			"</linearGradient>";
	}
}

const SVG_STATE = {
	fillStyle: "#000000", strokeStyle: "#000000", lineWidth: 1,
	font: "10px sans-serif", textAlign: "left", textBaseline: "alphabetic",
	globalAlpha: 1, lineJoin: "miter", dash: [], open: 0,
};
const SVG_ANCHORS = { left: "start", center: "middle", right: "end" };
// How far the baseline is below y, in parts of the font's size.
const SVG_BASELINES = { top: 0.8, middle: 0.35, alphabetic: 0, bottom: -0.2 };

class SvgContext {
	constructor(width, height)
	{
		Object.assign(this, SVG_STATE, {
			width, height, parts: [], definitions: [], states: [],
			path: new SvgPath(), clips: 0,
			ruler: document.createElement("canvas").getContext("2d"),
		});
	}

	save()
	{
		const state = {};

		for (const name of Object.keys(SVG_STATE))
			state[name] = this[name];
		this.states.push(state);
		this.open = 0;
	}

	restore()
	{
		this.parts.push("</g>".repeat(this.open));
		Object.assign(this, this.states.pop());
	}

	begin(attributes)
	{
		this.parts.push(`<g ${attributes}>`);
		this.open++;
	}

	translate(x, y)
	{
		this.begin(`transform="translate(${svgNumber(x)} ` +
			`${svgNumber(y)})"`);
	}

	clip()
	{
		const id = `clip${++this.clips}`;

		this.definitions.push(`<clipPath id="${id}">` +
			`<path d="${this.path.text}"/></clipPath>`);
		this.begin(`clip-path="url(#${id})"`);
	}

	setLineDash(dash)
	{
		this.dash = dash;
	}

	createLinearGradient(...ends)
	{
		const made = new SvgGradient(
			`shade${this.definitions.length}`, ...ends);

		this.definitions.push(made);
		return made;
	}

	// "#rrggbb" or "#rrggbbaa" or a gradient.
	paint(name, style)
	{
		const alpha = this.globalAlpha;

		if (style instanceof SvgGradient)
			return `${name}="url(#${style.id})"`;
		const own = style.length > 7 ?
			parseInt(style.slice(7), 16) / 255 : 1;
		const opacity = own * alpha < 1 ?
			` ${name}-opacity="${svgNumber(own * alpha)}"` : "";
		return `${name}="${style.slice(0, 7)}"${opacity}`;
	}

	beginPath()
	{
		this.path = new SvgPath();
	}

	fill(path)
	{
		this.parts.push(`<path d="${(path || this.path).text}" ` +
			`${this.paint("fill", this.fillStyle)}/>`);
	}

	stroke(path)
	{
		const dash = this.dash.length ?
			` stroke-dasharray="${this.dash.join(" ")}"` : "";

		this.parts.push(`<path d="${(path || this.path).text}" ` +
			`fill="none" ${this.paint("stroke", this.strokeStyle)} ` +
			`stroke-width="${this.lineWidth}" ` +
			`stroke-linejoin="${this.lineJoin}"${dash}/>`);
	}

	fillRect(x, y, width, height)
	{
		this.beginPath();
		this.path.rect(x, y, width, height);
		this.fill();
	}

	measureText(text)
	{
		this.ruler.font = this.font;
		return this.ruler.measureText(text);
	}

	fillText(text, x, y)
	{
		const [, weight, size] = /^(\d+) ([\d.]+)px/.exec(this.font) ||
			[null, "400", "10"];
		const lower = y + SVG_BASELINES[this.textBaseline] * size;

		this.parts.push(`<text x="${svgNumber(x)}" ` +
			`y="${svgNumber(lower)}" font-size="${size}" ` +
			`font-weight="${weight}" text-anchor="` +
			`${SVG_ANCHORS[this.textAlign]}" ` +
			`${this.paint("fill", this.fillStyle)}>` +
			`${svgEscape(text)}</text>`);
	}

	toString()
	{
		return '<svg xmlns="http://www.w3.org/2000/svg" ' +
			`width="${this.width}" height="${this.height}" ` +
			'font-family="system-ui, sans-serif">\n' +
			`<defs>${this.definitions.join("")}</defs>\n` +
			`${this.parts.join("\n")}\n</svg>\n`;
	}
}

for (const name of ["moveTo", "lineTo", "closePath", "rect", "roundRect",
	"arc"])
	SvgContext.prototype[name] = function (...numbers) {
		this.path[name](...numbers);
	};

function newPath(context)
{
	return context instanceof SvgContext ? new SvgPath() : new Path2D();
}

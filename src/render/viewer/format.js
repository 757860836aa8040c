// SPDX-License-Identifier: MIT
//
// Numbers as people read them: memory, times, counts.
"use strict";

performance.mark("mprof-begins");

// From `least` MiB on sizes are said in the unit, as in pictures and tables.
const MEMORY_UNITS = [
	{ name: "KiB", mib: 1 / 1024, least: 0 },
	{ name: "MiB", mib: 1, least: 0.9995 },
	{ name: "GiB", mib: 1024, least: 1023.5 },
	{ name: "TiB", mib: 1048576, least: 1048064 },
];

// The unit in which three digits say the size: 1023.9 MiB is 1.00 GiB.
function memoryUnit(mib)
{
	return mib === 0 ? MEMORY_UNITS[1] :
		MEMORY_UNITS.filter((unit) => Math.abs(mib) >= unit.least)
			.at(-1);
}

// Three digits: 3.20, 32.0, 812; KiB are whole.
function memoryText(mib)
{
	const unit = memoryUnit(mib);
	const value = mib / unit.mib, size = Math.abs(value);

	return value.toFixed(unit.name === "KiB" || size >= 99.95 ? 0 :
		size >= 9.995 ? 1 : 2) + " " + unit.name;
}

function padded(value)
{
	return String(Math.floor(value)).padStart(2, "0");
}

const TIME_UNITS = [["d", 86400], ["h", 3600], ["min", 60]];

// Elapsed seconds as "1 h 2 min 3.5 s"; `digits` decimals of a second. What is
// nothing is left out.
function elapsedText(seconds, digits)
{
	const sign = seconds < 0 ? "\u2212" : "";
	const scale = 10 ** digits;
	let rest = Math.round(Math.abs(seconds) * scale) / scale;
	const parts = [];

	for (const [name, size] of TIME_UNITS) {
		const count = Math.floor(rest / size);

		if (count > 0)
			parts.push(`${count} ${name}`);
		rest -= count * size;
	}
	rest = Math.round(rest * scale) / scale;
	if (rest > 0 || parts.length === 0)
		parts.push(`${rest.toFixed(digits)} s`);
	return sign + parts.join(" ");
}

// Time of day in the reader's zone; `digits` decimals of a second (up to 3),
// -1 for hours and minutes alone.
function clockText(epoch, digits)
{
	const scale = 10 ** Math.max(0, digits);
	const when = new Date(Math.round(epoch * scale) / scale * 1000);
	let text = padded(when.getHours()) + ":" + padded(when.getMinutes());

	if (digits >= 0)
		text += ":" + padded(when.getSeconds());
	if (digits > 0)
		text += "." + String(when.getMilliseconds())
			.padStart(3, "0").slice(0, digits);
	return text;
}

function dateText(epoch)
{
	const when = new Date(epoch * 1000);

	return when.getFullYear() + "-" + padded(when.getMonth() + 1) + "-" +
		padded(when.getDate());
}

// Three digits, or all before the point.
function numberText(value)
{
	const size = Math.abs(value);

	if (size >= 100)
		return countText(Math.round(value));
	return value.toFixed(size >= 10 ? 1 : size === 0 ? 0 : 2);
}

// "+12.5 MiB", "−3 KiB"
function changeText(mib)
{
	const sign = mib < 0 ? "\u2212" : mib > 0 ? "+" : "";

	return sign + memoryText(Math.abs(mib));
}

function countText(count)
{
	return String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

// Round steps between ticks: 1, 2, 5 and their powers of ten.
function roundStep(rough)
{
	const power = 10 ** Math.floor(Math.log10(rough));

	for (const factor of [1, 2, 5]) {
		if (factor * power >= rough * 0.999)
			return factor * power;
	}
	return 10 * power;
}

const LONG_STEPS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600,
	43200, 86400, 172800, 604800];

function timeStep(rough)
{
	if (rough <= 1)
		return roundStep(rough);
	for (const step of [2, 5, 10, 15, 30].concat(LONG_STEPS)) {
		if (step >= rough)
			return step;
	}
	return 86400 * roundStep(rough / 86400);
}

function ticksBetween(low, high, step, offset)
{
	const ticks = [];
	const first = Math.ceil((low + offset) / step - 1e-9);

	for (let i = first; i * step - offset <= high + step * 1e-9; i++)
		ticks.push(i * step - offset);
	return ticks;
}

function stepDigits(step)
{
	return Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
}

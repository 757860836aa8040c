// SPDX-License-Identifier: MIT
//
// Search among the series and the calls.
"use strict";

function isFound(view, name)
{
	return name.toLowerCase().includes(view.search);
}

function foundSpans(view, data)
{
	return view.search === "" ? [] :
		data.spans.filter((one) => isFound(view, fullName(one)));
}

function foundText(view, data)
{
	const spans = foundSpans(view, data);

	if (view.search === "")
		return "";
	if (data.flame) {
		const mib = unionLength(spans.map((one) =>
			[one.from[0], one.to[0]]));

		return `${spans.length} frames, ${memoryText(mib)}, ` +
			shareText(data, mib);
	}
	const series = data.series.filter((one) => isFound(view, one.name));
	return `${series.length} of ${data.series.length} series, ` +
		`${spans.length} of ${data.spans.length} calls` +
		(spans.length ? "; Enter goes to the next match" : "");
}

// The next call that was found, behind the one that was gone to before.
function nextFound(view, data)
{
	const spans = foundSpans(view, data);

	return spans[(spans.indexOf(view.litSpan) + 1) % spans.length] || null;
}

function markLegend(view, data)
{
	for (const series of data.series) {
		if (series.button)
			series.button.parentNode.hidden = view.search !== "" &&
				!isFound(view, series.name);
	}
}

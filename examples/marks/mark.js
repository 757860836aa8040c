#!/usr/bin/env node
// SPDX-License-Identifier: MIT
const fs = require("fs");

// Marks this moment in the recording, if there is one.
function mark(label) {
	const path = process.env.MPROF_MARK;
	if (path && fs.existsSync(path)) fs.appendFileSync(path, label + "\n");
}

mark("load");
let rows = Array.from({ length: 400000 }, (_, id) => ({ id, name: "row " + id }));
setTimeout(() => {
	mark("sort");
	rows.sort((a, b) => (a.name < b.name ? -1 : 1));
	setTimeout(() => mark("done"), 300);
}, 300);

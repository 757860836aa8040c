#!/bin/sh
# SPDX-License-Identifier: MIT
mark() {
	[ -w "$MPROF_MARK" ] && echo "$1" >>"$MPROF_MARK"
}

mark "make the numbers"
numbers=$(seq 300000)
sleep .3
mark "sort them"
echo "$numbers" | sort -r | head -n 1
sleep .3

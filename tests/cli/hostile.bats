#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The same nasty names, as another user's process or file may have them,
# through every output.
load helper

# Escape sequences, C1 controls, bidi overrides, broken UTF-8, markup, a
# spreadsheet's formula, what a shell or printf would take for its own.
own_setup() {
	local name

	names=($'\e]0;owned\a' $'\e[2J\e[31mred' $'\xc2\x9b31mred' $'a\rb' $'a\bb'
		$'\u202egnp.exe' $'\u2066a\u2069' $'\xff\xfe\x80' $'\x7f'
		'</script><script>alert(1)</script>' '"><img src=x onerror=a()>'
		'<!--' ']]>' '&amp;&#27;' "'; DROP" '=HYPERLINK("http://x")'
		'@SUM(1)' '+1+1' '-1+1' '%n%s%s' '$(touch owned)' '`touch owned`'
		'a\' 'a"b' 'a{b="c"}' 'a;b c:1')
	{
		printf 'CMDLINE %s\n' "${names[*]}"
		printf 'INFO 1.0 1700000000.0000 host=%%1b%%5b2J version=%%3cb%%3e\n'
		for at in 1 2 3; do
			printf 'MEM %s00.5 170000000%s.0000\n' $at $at
			pid=100
			for name in "${names[@]}"; do
				if [ $at -eq 1 ]; then
					quoted=$(encode "$name")
					printf 'PROC 1.0 1700000001.0000 pid=%s ppid=1 ' $pid
					printf 'name=%s cmd=%s\n' "$quoted" "$quoted"
				fi
				printf 'CHLD %s 1.5 170000000%s.0000\n' $pid $at
				pid=$((pid + 1))
			done
		done
		for name in "${names[@]}"; do
			printf 'FUNC %s 1.0 1700000001.1 2.0 1700000001.9 1\n' \
				"${name// /_}"
			printf 'MARK 1.0 1700000001.5000 label=%s\n' \
				"$(encode "$name")"
			printf 'CALL 1.0 1700000001.2 name=%s pid=101 tid=7 level=1 ' \
				"$(encode "$name")"
			printf 'end=1700000001.8 mib1=2.0\n'
		done
		printf 'STACK 1.0 1700000001.5 id=1 frames=%s:1:%s\n' \
			"$(encode "${names[0]}")" "$(encode "${names[9]}")"
		printf 'STACK 2.0 1700000002.5 id=1\n'
		printf 'PEAK 400.0 1700000003.0000\n'
	} >nasty.dat
	cp nasty.dat mprofile_20261122010203.dat
	recording other.dat
}

encode() {
	printf %s "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g'
}

# Fails where the file holds what must not reach a terminal.
safe() {
	perl -e '
		local $/;
		my $text = <STDIN>;
		utf8::decode($text) or die "no UTF-8\n";
		my $c0 = "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f";
		my $bidi = "\\x{200b}-\\x{200f}\\x{202a}-\\x{202e}";
		$text =~ s/\r\n/\n/g;
		$text =~ /([$c0$bidi\x{2066}-\x{2069}])/
			and die sprintf("U+%04X at %d\n", ord($1), $-[0]);
		' <"$1"
}

@test "the check of this file sees what it looks for" {
	printf 'plain \342\202\254 text\r\n' >good
	safe good
	for bad in $'\e' $'\xc2\x9b' $'\u202e' $'\u2066' $'\xff' $'\x7f' $'\r'; do
		printf 'a%sb' "$bad" >bad
		run safe bad
		[ "$status" -ne 0 ]
	done
}

@test "no text output holds a control character or broken UTF-8" {
	for words in list 'peak nasty.dat' 'peak --phases nasty.dat' \
		'leak nasty.dat' 'compare nasty.dat other.dat' \
		'check --max-peak 1G nasty.dat' 'lines nasty.dat' \
		'lines --by function nasty.dat' 'complete -- peak' \
		'list --long' 'peak --verbose nasty.dat' \
		'export --format folded nasty.dat' \
		'export --format speedscope nasty.dat' \
		'export --format openmetrics nasty.dat'; do
		# The words of a command line are split on purpose.
		# shellcheck disable=SC2086
		mprof $words >out 2>err </dev/null || true
		safe out && safe err || {
			echo "not safe: mprof $words"
			return 1
		}
	done
}

@test "a hostile file name in a message is harmless" {
	for file in $'\e]0;x\a.dat' $'\u202etad.dat' $'\xff.dat' $'a\nb.dat'; do
		for command in peak plot leak rm check export; do
			mprof "$command" "$file" >out 2>err </dev/null && return 1
			safe out
			safe err
			[ -s err ] || [ -s out ]
		done
	done
}

@test "JSON is valid, and the names in it differ" {
	for words in 'export --format json nasty.dat' 'peak --json nasty.dat' \
		'leak --json nasty.dat' 'compare --json nasty.dat other.dat' \
		'check --json --max-peak 1G nasty.dat' 'list --json' \
		'lines --json nasty.dat'; do
		# shellcheck disable=SC2086
		mprof $words >out 2>err </dev/null || {
			grep -q 'unknown option' err && continue
			cat err
		}
		safe out
		jq -e . out >/dev/null
	done
}

@test "CSV: no cell begins a formula, and the rows stay whole" {
	mprof export --format csv nasty.dat >out
	safe out
	python3 - <<-'END'
	import csv
	rows = list(csv.reader(open("out", newline="", encoding="utf-8")))
	assert all(len(row) == len(rows[0]) for row in rows)
	for row in rows[1:]:
	    for cell in row:
	        try:
	            float(cell)
	        except ValueError:
	            assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r"), cell
	END
}

@test "SVG is well-formed, without script and without links" {
	[ -f "$SOURCE/build/render.so" ] || skip 'built without Cairo'
	for words in '' --stack -f; do
		# shellcheck disable=SC2086
		mprof plot -o out.svg $words nasty.dat 2>err
		safe err
		python3 - <<-'END'
		from xml.etree import ElementTree
		for each in ElementTree.parse("out.svg").iter():
		    assert not each.tag.endswith(("script", "image", "foreignObject"))
		    for name, value in each.attrib.items():
		        assert not name.startswith("on"), name
		        if name.endswith("href"):
		            assert value.startswith("#"), value
		END
	done
}

@test "PNG and PDF are drawn" {
	[ -f "$SOURCE/build/render.so" ] || skip 'built without Cairo'
	mprof plot -o out.png nasty.dat 2>err
	mprof plot -f -o out.pdf nasty.dat 2>>err
	safe err
	[ "$(head -c 4 out.png | tail -c 3)" = PNG ]
	[ "$(head -c 4 out.pdf)" = %PDF ]
}

@test "HTML: markup in a name stays text" {
	mprof plot -o out.html nasty.dat 2>err || skip 'no HTML here'
	mprof plot -o other.html other.dat
	safe err
	[ "$(grep -o '<script' out.html | wc -l)" -eq \
		"$(grep -o '<script' other.html | wc -l)" ]
	[ "$(grep -oi '</script' out.html | wc -l)" -eq \
		"$(grep -oi '</script' other.html | wc -l)" ]
	[ -z "$(grep -o -e '<img src=x' -e '<!--[^ ]' out.html)" ]
	safe out.html
}

@test "in the terminal the chart is all that is written" {
	mprof plot --terminal nasty.dat >out 2>err </dev/null ||
		skip 'no terminal chart here'
	safe out
	safe err
}

@test "no name was ever run" {
	mprof complete -- peak '' >/dev/null
	bash --norc -c '. "$1"; COMP_WORDS=(mprof peak ""); COMP_CWORD=2; _mprof' \
		bash "$SOURCE/src/cli/completion/mprof" 2>/dev/null
	[ ! -e owned ]
}

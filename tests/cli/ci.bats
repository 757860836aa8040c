#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The files of examples/ci: what they are made of, and their shell steps, run
# one after the other as the services run them. Markdown is displayed by
# cmark-gfm, GitHub's own parser.
# shellcheck disable=SC2016 # scripts are written

load helper

# Stands in for what the steps call besides mprof: calls go to the file calls.
own_setup() {
	export PATH=$BATS_TEST_TMPDIR/stand-ins:$PATH
	export CALLS=$BATS_TEST_TMPDIR/calls
	mkdir "$BATS_TEST_TMPDIR/stand-ins"
	for name in make sudo apt-get git gh curl; do
		printf '#!/bin/sh\necho "%s $*" >>"$CALLS"\n' "$name" \
			>"$BATS_TEST_TMPDIR/stand-ins/$name"
	done
	chmod +x "$BATS_TEST_TMPDIR"/stand-ins/*
	tests_that_take 40
}

# A suite of tests with a peak of at least so many MiB.
tests_that_take() {
	printf '#!/bin/sh\nx=$(head -c %s /dev/zero | tr "\\0" x)\nsleep 0.5\n' \
		"$(($1 << 20))" >run-tests
	chmod +x run-tests
}

# A step as GitHub runs it, whatever its condition about the branch:
# github_steps NAME...
github_steps() {
	/usr/bin/python3 - "$SOURCE/examples/ci/github.yml" "$@" <<-'END'
		import subprocess, sys, yaml
		jobs = yaml.safe_load(open(sys.argv[1]))["jobs"]
		failed = 0
		for step in jobs["memory"]["steps"]:
		    if "run" not in step or step["name"] not in sys.argv[2:]:
		        continue
		    if failed and "always()" not in step.get("if", ""):
		        continue
		    failed |= subprocess.run(["bash", "-e", "-c", step["run"]]).returncode
		sys.exit(failed)
	END
}

# The scripts of the job as GitLab runs them: one shell, which a failure ends,
# then another for after_script.
gitlab_scripts() {
	/usr/bin/python3 - "$SOURCE/examples/ci/gitlab.yml" <<-'END'
		import subprocess, sys, yaml
		job = yaml.safe_load(open(sys.argv[1]))["memory"]
		main = "\n".join(job["before_script"] + job["script"])
		status = subprocess.run(["bash", "-e", "-c", main]).returncode
		subprocess.run(["bash", "-c", "\n".join(job["after_script"])], check=True)
		sys.exit(status)
	END
}

always=('Install mprof' 'Record the tests' Check Draw Comment)

@test "examples/ci: GitHub's steps record, check, draw and comment" {
	export GITHUB_STEP_SUMMARY=$PWD/summary NUMBER=12
	run_apart github_steps "${always[@]}" 'Make it the baseline'
	[ "$status" -eq 0 ]
	grep -q '^| ok | max-peak |' summary
	same "$(grep -c testcase memory.xml)" 1
	[ -s memory.html ] && [ -s main.dat ]
	grep -qx 'make -C mprof deps all' "$CALLS"
	grep -qx 'sudo make -C mprof install' "$CALLS"
	grep -q '^gh pr comment 12 .*--body-file memory.md$' "$CALLS"
	# A change that takes twice as much fails, and is drawn all the same.
	tests_that_take 120
	rm memory.html
	run_apart github_steps "${always[@]}"
	[ "$status" -eq 1 ]
	grep -q '^| \*\*FAIL\*\* | baseline |' memory.md
	grep -q '^| peak | .* | +' memory.md
	grep -q '<failure' memory.xml
	[ -s memory.html ]
}

@test "examples/ci: GitLab's scripts record, check, draw and comment" {
	export CI_DEFAULT_BRANCH=main CI_COMMIT_BRANCH=main
	export MPROF_SOURCE=https://example.org/mprof.git
	run_apart gitlab_scripts
	[ "$status" -eq 0 ]
	[ -s memory.html ] && [ -s main.dat ]
	lacks '^curl' <"$CALLS"
	# There was nothing to compare with but the recording itself.
	lacks '^| | A | B |' <memory.md
	tests_that_take 120
	rm memory.* # as GitLab does before each job
	export CI_COMMIT_BRANCH='' CI_MERGE_REQUEST_IID=7 MEMORY_TOKEN=t
	export CI_API_V4_URL=https://example.org/api/v4 CI_PROJECT_ID=3
	run_apart gitlab_scripts
	[ "$status" -eq 1 ]
	grep -q '^| \*\*FAIL\*\* | baseline |' memory.md
	grep -q '^| peak | .* | +' memory.md
	grep -q '<failure' memory.xml
	grep -q "^git clone --depth 1 $MPROF_SOURCE mprof$" "$CALLS"
	grep -q '^curl .*/projects/3/merge_requests/7/notes$' "$CALLS"
}

@test "examples/ci: what the steps make is what the services keep" {
	/usr/bin/python3 - "$SOURCE/examples/ci" <<-'END'
		import sys, yaml
		steps = yaml.safe_load(open(sys.argv[1] + "/github.yml"))
		steps = steps["jobs"]["memory"]["steps"]
		kept = [s["with"]["path"] for s in steps
		        if s.get("uses", "").startswith("actions/upload-artifact")]
		made = {"memory.dat", "memory.html", "memory.md", "memory.xml"}
		assert set(kept[0].split()) == made, kept
		job = yaml.safe_load(open(sys.argv[1] + "/gitlab.yml"))["memory"]
		kept = job["artifacts"]
		assert kept["when"] == "always"
		assert set(kept["paths"]) | {kept["reports"]["junit"]} == made, kept
	END
	for target in deps all install; do
		grep -q "^$target:" "$SOURCE/Makefile"
	done
}

# A recording's name and a phase's that would be markup, a link, a mention.
hostile='a|b`c`*d*_e_<img src=x>[l](http:!!x)@torvalds #1 &amp; www.x.org \| ~~s~~'

# hostile_recording FILE MIB
hostile_recording() {
	local label

	label=$(jq -rn --arg text "$hostile" '$text | @uri')
	printf '%s\n' 'CMDLINE made' "MEM $2 1700000000.0000" \
		"MARK;label=$label $2 1700000001.0000" \
		"MEM $2 1700000002.0000" "MEM $2 1700000003.0000" >"$1"
}

# Reads Markdown; prints each cell of its table's body on a line, and fails
# where a name became anything but text within code.
cells() {
	cmark-gfm --unsafe -e table -e autolink -e strikethrough -e tagfilter |
		python3 -c '
import html.parser, sys
class Page(html.parser.HTMLParser):
    cell, code = None, 0
    def handle_starttag(self, tag, attrs):
        known = "p strong code table thead tbody tr th td".split()
        assert tag in known, tag
        self.code += tag == "code"
        if tag == "td":
            self.cell = ""
    def handle_endtag(self, tag):
        self.code -= tag == "code"
        if tag == "td":
            print(self.cell)
            self.cell = None
    def handle_data(self, data):
        assert "@" not in data or self.code, data
        if self.cell is not None:
            self.cell += data
Page().feed(sys.stdin.read())'
}

@test "check --markdown: hostile names stay text" {
	hostile_recording "${hostile//\//!}.dat" 100
	hostile_recording b.dat 100
	run_apart mprof check --markdown --phases --max-peak 50MiB --max-spread 1% \
		"${hostile//\//!}.dat" b.dat
	[ "$status" -eq 1 ]
	got=$(cells <<<"$output")
	same "$(grep -cxF "$hostile" <<<"$got")" 2
	same "$(grep -cxF "$hostile.dat" <<<"$got")" 2
	same "$(wc -l <<<"$got")" $((5 * 7))
	same "$(grep -cx FAIL <<<"$got")" 4
	run mprof check --markdown --json --max-peak 50MiB b.dat
	[ "$status" -eq 2 ]
}

@test "compare --markdown: hostile names stay text, figures are those of the text" {
	hostile_recording "$hostile.dat" 100
	hostile_recording b.dat 150
	run_apart mprof compare --markdown "$hostile.dat" b.dat
	[ "$status" -eq 0 ]
	got=$(cells <<<"$output")
	grep -qxF "phase $hostile: peak" <<<"$got"
	grep -qx 'phase start: growth' <<<"$got"
	same "$(grep -A4 -x peak <<<"$got")" $'peak\n100 MiB\n150 MiB\n+50.0 %\n+50.0 MiB'
	[[ $output == "**Memory:** B peaks 50.0 MiB (50 %) higher; "* ]]
	run_apart mprof compare --markdown --json b.dat b.dat
	[ "$status" -eq 2 ]
}

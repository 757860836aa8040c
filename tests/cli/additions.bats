#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# HACKING says that a command, a metric, a kind of chart, a format or a Python
# version is a row (and a file), and then is in the help, in the completion and
# at work. One of each is added to a copy of the tree, which is built once.
load helper
load live

# Puts what comes in before the line of FILE that PATTERN matches.
before() {
	text=$(cat) awk -v pattern="$2" '
		!done && $0 ~ pattern { print ENVIRON["text"]; done = 1 }
		{ print }
		END { exit !done }' "$1" >"$1.new"
	mv "$1.new" "$1"
}

add_command() {
	cat >src/commands/greet.c <<-'END'
		// SPDX-License-Identifier: MIT
		#include "commands/command.h"

		struct greet_options {
			const char *name;
		};

		static const struct option_row rows[] = {
		    {.name = "name",
			.arg = "NAME",
			.help = "whom to greet",
			.parse = option_text,
			.offset = offsetof(struct greet_options, name)},
		    {0}};

		static int command_greet_exec(const void *values, char **argv, int count)
		{
			const struct greet_options *options = values;

			(void)argv, (void)count;
			printf("hello %s\n", options->name);
			return COMMAND_OK;
		}

		const struct command command_greet = {
		    .name = "greet",
		    .synopsis = "[options]",
		    .summary = "greet somebody",
		    .options = rows,
		    .options_size = sizeof(struct greet_options),
		    .run = command_greet_exec,
		};
	END
	echo 'COMMAND(greet)' | before src/commands/commands.def 'COMMAND.help'
}

add_metric() {
	echo '	MEASURE_DATA,' | before src/profile/measure.h '^	MEASURES$'
	before src/profile/measure.c 'MEASURE_CGROUP. =' <<-'END'
		    [MEASURE_DATA] = {"data", "data", "data and stack",
			"private and writable, used or not"},
	END
	before src/proc/metric.c '^static const struct metric ' <<-'END'
		static int64_t read_data(const char *text, int64_t page_kib)
		{
			long data;

			return sscanf(text, "%*d %*d %*d %*d %*d %ld", &data) == 1
				   ? data * page_kib
				   : -1;
		}

	END
	awk '!done && /MEASURE_CGROUP/ { sub(/^/, "\t.measure = \\&measures[MEASURE_DATA],\n\t.file = METRIC_STATM,\n\t.read = read_data,\n    },\n    {\n"); done = 1 } { print }' \
		src/proc/metric.c >new
	sed '1i #include <stdio.h>' new >src/proc/metric.c
}

add_resource() {
	before src/profile/resource.h 'Recorded of the whole alone' <<<'	RESOURCE_OOM,'
	before src/profile/resource.h '^	FIGURES_OF_PROCESS,' <<<'	FIGURE_OOM,'
	before src/profile/resource.c 'RESOURCE_CGROUP. =' <<-'END'
		    [RESOURCE_OOM] = {"oom", "which process the kernel ends first",
			"out of memory", NULL, FIGURE_OOM, 1},
	END
	before src/profile/resource.c 'FIGURE_GROUP_ANON. =' <<-'END'
		    [FIGURE_OOM] = {"oom", "score", "oom_score", false, 1, 0,
			"oom_score", NULL, 1, "Badness.", NULL},
	END
	before src/proc/usage.c '^bool proc_usage_read' <<-'END'
		static int64_t proc_usage_read_oom(const struct procfs *fs, pid_t pid)
		{
			char text[32];
			ssize_t len = procfs_read(fs, pid, "oom_score", text, sizeof(text));

			return len > 0 ? atoi(text) : -1;
		}

	END
	before src/proc/usage.c 'Read last, so that' <<-'END'
		if (set & 1U << RESOURCE_OOM)
			usage->own[FIGURE_OOM] = proc_usage_read_oom(fs, pid);
	END
	before src/proc/usage.c '^#include <sys/stat.h>' <<<'#include <stdlib.h>'
}

add_chart_format() {
	before src/render/formats.c '^static const struct render_format render_formats' <<-'END'
		static int render_words(
		    const struct render_request *request, FILE *out, struct err *e)
		{
			(void)request, (void)e;
			fputs("a chart in words\n", out);
			return 0;
		}

	END
	echo '    {"words", "a sentence", render_words, .draws = RENDER_CHART},' |
		before src/render/formats.c '^    .*"scene"'
}

add_chart_kind() {
	cat >src/chart/doubled.c <<-'END'
		// SPDX-License-Identifier: MIT
		#include "base/mem.h"
		#include "chart/build.h"

		int chart_doubled(struct scene *scene, const struct chart_request *request,
		    struct err *e)
		{
			if (chart_timeline(scene, request, e) != 0)
				return -1;
			*array_push(&scene->notes) = mem_copy("all of it twice");
			return 0;
		}
	END
	echo 'KIND(doubled, 0, "everything twice")' >>src/chart/kinds.def
}

add_export() {
	cat >src/export/count.c <<-'END'
		// SPDX-License-Identifier: MIT
		#include "export/formats.h"

		int export_count(const struct profile *profile, FILE *out, struct err *e)
		{
			(void)e;
			fprintf(out, "%zu runs\n", profile->runs.len);
			return 0;
		}
	END
	echo 'EXPORT(count, ".count", "the number of runs")' >>src/export/formats.def
}

add_condition() {
	echo '	double max_area_mib_s;' |
		before src/analysis/verdicts.h '^	bool no_leak;'
	before src/analysis/verdicts.c '^static const struct run_condition' <<-'END'
		static void verdicts_judge_area(struct verdict *verdict,
		    const struct recording_set_run *run, const struct conditions *conditions)
		{
			verdicts_judge_bound(verdict, run->figures.area_mib_s,
			    conditions->max_area_mib_s);
		}
	END
	echo '    {"max-area", "mib_s", MEMBER(max_area_mib_s), verdicts_judge_area},' |
		before src/analysis/verdicts.c '^    ."no-leak"'
	before src/commands/check.h '.name = "no-leak",' <<-'END'
		{.name = "max-area",
		    .arg = "SIZE",
		    .help = "memory times time must not exceed this",
		    .parse = option_size,
		    .offset = offsetof(type, member.conditions.max_area_mib_s),
		    .implies = offsetof(type, member.asked),
		    .ours = true},
	END
	sed -i '/max-area/,/ours = true},/s/$/ \\/' src/commands/check.h
}

# The newest CPython with Py_Version that is here, by its minor version.
known_python() {
	python_paths '^3[.]1[1-9][.][0-9]+$' | tail -n 1
}

# A version that is known_python's but for its number.
add_python_version() {
	local remote=src/python/remote new known

	new=$(($(newest_minor) + 1))
	known=$("$(known_python)" -c 'import sys; print(sys.version_info[1])') ||
		return 0
	awk -v known="$known" -v new="$new" '
		/^PYTHON_OFFSETS/ { row = "" }
		{ row = row $0 "\n" }
		/^[)]/ && row ~ "minor = " known "," && row ~ "free_threaded = 0," {
			sub("minor = " known ",", "minor = " new ",", row)
			printf "%s", row
		}' $remote/offsets.def >row
	cat row >>$remote/offsets.def
	sed -n "s/^DEBUG_OFFSET($known,/DEBUG_OFFSET($new,/p" \
		$remote/debug_offsets.def >words
	cat words >>$remote/debug_offsets.def
}

# Builds the copy as the tree was built, so that what didn't change stays.
build() {
	local flags

	flags=$(cat build/flags)
	env -u MAKEFLAGS -u MFLAGS make -s -j 2 -o build/flags mprof main_compile="$flags" \
		SANITIZE="$(sed -n 's/.*-fsanitize=\([^ ]*\).*/\1/p' build/flags)" \
		CSV="$(grep -q HAVE_CSV build/flags && echo yes || echo no)"
}

setup_file() {
	local tree=$BATS_FILE_TMPDIR/tree

	mkdir -p "$tree/build"
	cp -a "$SOURCE/src" "$SOURCE/Makefile" "$tree"
	cp -a "$SOURCE"/build/{main,flags,viewer.c} "$tree/build"
	cd "$tree" || return 1
	add_command
	add_metric
	add_resource
	add_chart_format
	add_chart_kind
	add_export
	add_condition
	add_python_version
	build
}

own_setup() {
	MPROF=$BATS_FILE_TMPDIR/tree/mprof
	ln -sf "$MPROF" "$BATS_TEST_TMPDIR/bin/mprof"
	recording mprofile_20261122010203.dat
}

offered() {
	mprof complete -- "$@" | cut -f 1
}

@test "a command: usage, help, completion, at work" {
	mprof --help | grep -q '^    greet  *greet somebody'
	mprof greet --help | grep -q -e '--name NAME  *whom to greet'
	mprof help greet | grep -q '^Usage: mprof greet'
	same "$(offered gre)" greet
	same "$(offered greet --n)" --name
	same "$(mprof greet --name you)" "hello you"
	run_apart mprof gret
	[[ $errors == *"did you mean mprof greet?"* ]]
}

@test "a metric: help, completion, message, recording, axis" {
	for command in run attach; do
		mprof $command --help |
			grep -q '^  *data  *private and writable, used or not'
		offered $command --backend '' | grep -qx data
	done
	[[ $(mprof complete -- run --backend da) == \
		data$'\t'"private and writable, used or not" ]]
	run_apart mprof run --backend nosuch true
	[[ $errors == *"none of"*", data, "* ]]
	run_apart mprof run --backend data -o data.dat sleep 0.3
	[ "$status" -eq 0 ]
	[[ $errors == *"MiB data, "* || $errors == *"KiB data, "* ]]
	grep -q '^INFO;backend=data' data.dat
	mprof plot --format scene -o - data.dat | grep -q 'data and stack'
}

@test "a figure beside memory: help, completion, recording, chart, exports" {
	for command in run attach; do
		mprof $command --help |
			grep -q '^  *oom  *which process the kernel ends first'
		offered $command --with oo | grep -qx oom
	done
	mprof run -q --with oom -o oom.dat sh -c "$(until_sampled 5 oom.dat)"
	grep -q '^USAGE;oom=[0-9]' oom.dat
	mprof plot --format scene -o - oom.dat | grep -q '"score" "mean '
	mprof plot --format scene -o - oom.dat | grep -q '^out of memory '
	mprof export --format csv oom.dat | grep -q oom_score
	mprof export --format json oom.dat |
		jq -e '.runs[0].usage.oom_score'
	mprof export --format openmetrics oom.dat |
		grep -q '^# TYPE mprof_oom_score gauge'
}

@test "a format of charts: help, completion, message, by name and extension" {
	mprof plot --help | grep -q '^  *words  *a sentence'
	offered plot --format '' | grep -qx words
	run_apart mprof plot -o x.nosuch
	[[ $errors == *".words"* ]]
	same "$(mprof plot --format words -o - 2>/dev/null)" "a chart in words"
	mprof plot -o x.words
	same "$(cat x.words)" "a chart in words"
}

@test "a kind of chart: help, completion, drawn" {
	mprof plot --help | grep -q '^      --doubled  *everything twice'
	same "$(offered plot --dou)" --doubled
	mprof plot --doubled --format scene -o - | grep -qx 'note all of it twice'
	! mprof plot --format scene -o - | grep -q '^note'
}

@test "an export: help, completion, message, by name and ending" {
	mprof export --help | grep -q '^  *count  *the number of runs'
	offered export --format '' | grep -qx count
	run_apart mprof export --format nosuch
	[[ $errors == *"none of"*", count"* ]]
	same "$(mprof export --format count 2>/dev/null)" "1 runs"
	mprof export -o x.count
	same "$(cat x.count)" "1 runs"
}

@test "a condition: help and completion of check and run, the verdict" {
	for command in check run; do
		mprof $command --help |
			grep -q -e '--max-area SIZE  *memory times time must not'
		same "$(offered $command --max-ar)" --max-area
	done
	run_apart mprof check --max-area 1MiB mprofile_20261122010203.dat
	[[ $output == "ok    max-area    486 KiB, at most 1 MiB" ]]
	run_apart mprof check --max-area 1KiB mprofile_20261122010203.dat
	[ "$status" -eq 1 ]
	[[ $output == "FAIL  max-area "* ]]
}

@test "a Python version: heap, refs, the message for others" {
	local python new

	python=$(known_python)
	[ "$python" ] || skip "no CPython here has Py_Version"
	new=$(($(newest_minor) + 1))
	launch "$python" "$SOURCE/tests/python/renumbered.py" "$new"
	run_apart "$SOURCE/mprof" heap "$pid"
	[[ $errors == *"not supported: Python 3.$new (CPython 3.8 to 3.$((new - 1)) can be read)"* ]]
	mprof heap "$pid" | grep -q "Python 3\.$new\.[0-9]"
	mprof heap --json "$pid" |
		jq -e '.types[] | select(.type == "__main__.Kept").count == 321'
	mprof refs "$pid" __main__.Kept | grep -q 'kept'
	let_end
	launch "$python" "$SOURCE/tests/python/renumbered.py" $((new + 1))
	run_apart mprof heap "$pid"
	[[ $errors == *"CPython 3.8 to 3.$new can be read"* ]]
}

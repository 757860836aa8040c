#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# examples/fleet, held against Debian's own Prometheus.
load helper
load prometheus

own_setup() {
	need_prometheus
	cp "$SOURCE"/examples/fleet/* .
}

@test "fleet: promtool takes the rules and the settings, and the alerts fire" {
	promtool check rules rules.yml
	promtool check config prometheus.yml
	promtool test rules rules_test.yml
}

@test "fleet: Prometheus understands each query of the dashboard and the rules" {
	local server url

	start_prometheus
	run python3 - "$url" <<-'END'
		import json, re, sys, urllib.parse, urllib.request
		queries = [target["expr"] for panel in json.load(open("dashboard.json"))["panels"]
		           for target in panel["targets"]]
		rules = open("rules.yml").read()
		found = re.findall(r"expr: (?:>-\n((?:          .*\n)+)|(.*)\n)", rules)
		queries += [" ".join((one or other).split()) for one, other in found]
		assert len(queries) == 12, queries
		for query in queries:
		    where = sys.argv[1] + "/api/v1/query?" + urllib.parse.urlencode({"query": query})
		    assert json.load(urllib.request.urlopen(where))["status"] == "success", query
	END
	kill "$server"
	wait "$server" || true
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "fleet: the figures that the rules speak of are in a textfile" {
	mkdir text
	mprof run -q -o /dev/null --textfile text \
		sh -c "until grep -qs mprof_process_memory_bytes{ text/*.prom; do sleep 0.02; done; cp text/*.prom seen"
	for name in mprof_memory_bytes mprof_memory_peak_bytes mprof_processes; do
		grep -q "^$name{" seen
		grep -q "$name" rules.yml
	done
	grep -q '^mprof_process_memory_bytes{' seen
}

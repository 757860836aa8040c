#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# examples/fleet, held against Debian's own Prometheus.
load helper
load prometheus

own_setup() {
	need_prometheus
	collector=
	cp "$SOURCE"/examples/fleet/* .
}

teardown() {
	[ -z "$collector" ] || kill "$collector"
}

@test "fleet: promtool takes the rules and the settings, and the alerts fire" {
	promtool check rules rules.yml
	promtool check config prometheus.yml
	promtool test rules rules_test.yml
}

# The file page: what a recording keeps for the collector and, by the names of
# an export, the figures that this machine does not offer.
keep_page() {
	local labels name gpu with=cpu,threads,io,faults,swap,files

	mkdir text
	! mprof run -q --with cgroup -o /dev/null true 2>/dev/null ||
		with+=,cgroup
	mprof run -q --with "$with" -o /dev/null --textfile text sh -c "
		until grep -qs mprof_process_memory_bytes{ text/*.prom &&
			grep -qs ^mprof_open_files{ text/*.prom &&
			grep -qs ^mprof_cpu_seconds_total{ text/*.prom; do
			sleep 0.02
		done
		cp text/*.prom page"
	labels=$(sed -n 's/^mprof_threads{\(.*\)}.*/\1/p' page)
	{
		echo 'MEM 1.0 1700000000.0'
		printf 'USAGE'
		printf ';%s=1' cpu threads disk_read disk_written read written \
			minor major swap files group_{anon,file,kernel} \
			group_{max,high} events_{high,max,oom,oom_kill} \
			pressure_{some,full} throttled gpu gpu0 gpu0_used \
			gpu0_busy
		echo ' 1.0 1700000000.0'
	} >all.dat
	mprof export --format openmetrics all.dat |
		sed -n -e 's/^\(mprof_[a-z_]*\){.*\(,gpu="0"\)} .*/\1 \2/p;t' \
			-e 's/^\(mprof_[a-z_]*\){.*/\1/p' >names
	while read -r name gpu; do
		grep -q "^$name{" page || echo "$name{$labels$gpu} 7" >>page
	done <names
}

# Serves it as node_exporter does, as $collector, at the port in the file port.
serve_page() {
	python3 - 3>&- <<-'END' &
		import http.server, os

		class Page(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        self.send_response(200)
		        self.send_header("Content-Type", "text/plain; version=0.0.4")
		        self.end_headers()
		        self.wfile.write(open("page", "rb").read())

		    def log_message(self, *words):
		        pass

		server = http.server.HTTPServer(("127.0.0.1", 0), Page)
		with open("port.new", "w") as file:
		    print(server.server_port, file=file)
		os.rename("port.new", "port")
		server.serve_forever()
	END
	collector=$!
	soon test -e port
}

@test "fleet: each query of the dashboard and the rules finds what is in a textfile" {
	local server url

	keep_page
	serve_page
	sed -e "s/127.0.0.1:9100/127.0.0.1:$(cat port)/" -e '/^remote_write/,$d' \
		-e 's/_interval: .*/_interval: 1s/' prometheus.yml >site.yml
	start_prometheus site.yml
	run python3 - "$url" <<-'END'
		import json, sys, time, urllib.parse, urllib.request

		def ask(path, **words):
		    where = sys.argv[1] + path + "?" + urllib.parse.urlencode(words)
		    answer = json.load(urllib.request.urlopen(where, timeout=60))
		    assert answer["status"] == "success", answer
		    return answer["data"]

		def wait(question, words):
		    end = time.monotonic() + 240
		    while not question():
		        assert time.monotonic() < end, words
		        time.sleep(0.2)

		def unwell():
		    return [rule for group in ask("/api/v1/rules")["groups"]
		            for rule in group["rules"] if rule["health"] != "ok"]

		panels = json.load(open("dashboard.json"))["panels"]
		assert len({panel["id"] for panel in panels}) == len(panels)
		queries = [target["expr"] for panel in panels
		           for target in panel.get("targets", [])]
		assert len(queries) > 30, queries
		for query in queries:
		    query = query.replace("$instance", ".*")  # as Grafana has it for All
		    wait(lambda: ask("/api/v1/query", query=query)["result"], query)
		wait(lambda: not unwell(), "a rule that can't be evaluated")
	END
	kill "$server"
	wait "$server" || true
	echo "$output"
	[ "$status" -eq 0 ]
}

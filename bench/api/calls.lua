-- wrk: asks each path of the command line in turn, with the session of the environment.
-- What is not 200 is counted, and counts as a failure of the run.
local requests, at = {}, 0

function init(args)
	local headers = { ["Cookie"] = os.getenv("BENCH_COOKIE"), ["Accept"] = "application/json" }
	for _, path in ipairs(args) do
		table.insert(requests, wrk.format("GET", path, headers))
	end
end

function request()
	at = at % #requests + 1
	return requests[at]
end

function done(summary, _, _)
	local e = summary.errors
	io.write(string.format("requests=%d failed=%d\n", summary.requests,
		e.connect + e.read + e.write + e.status + e.timeout))
end

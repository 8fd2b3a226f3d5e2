package main

// operatorStores is what keeps the jobs: Redis what is in flight, the ledger
// what lasts.
func operatorStores() row {
	return row{"Redis and the ledger", []panel{
		{
			title: "Redis answers", means: "1 where a scheduler reaches Redis.",
			do: "0: nothing can be started or run. Bring Redis back; nothing that was accepted is lost.", shape: lines, unit: count, page: page{"System", "/system"},
			show: one(`beadle_redis_up`, "{{instance}}"),
		}, {
			title: "How long Redis takes to answer", means: "One ping from each scheduler.",
			do: "More than 50 ms: a slow disk under its AOF, a big command, or the network.", shape: lines, unit: seconds, amber: .05,
			show: one(`beadle_redis_ping_seconds`, "{{instance}}"),
		}, {
			title: "Memory of Redis", means: "What it uses, and the most that it may use where that is set.",
			do: "Above 80 %: give it more, or let the queues drain. When it is full, new jobs are refused.", shape: lines, unit: bytes, page: page{"System", "/system"},
			show: []query{{`max(beadle_redis_memory_bytes)`, "used"}, {`max(beadle_redis_memory_max_bytes) > 0`, "at most"}},
		}, {
			title: "Redis may lose jobs", means: "1 if Redis does not write to disk (aof) or may throw keys away (eviction).",
			do: "appendonly yes, maxmemory-policy noeviction.", shape: lines, unit: count, red: 1, page: page{"System", "/system"},
			show: one(`max by (reason) (beadle_redis_unsafe)`, "{{reason}}"),
		}, {
			title: "The ledger answers", means: "1 where a scheduler reaches the database.",
			do: "0: work goes on, and history waits in Redis. Bring the database back.", shape: lines, unit: count, page: page{"System", "/system"},
			show: one(`beadle_ledger_up`, "{{instance}}"),
		}, {
			title: "How long the ledger takes to answer", means: "One small query from each scheduler.",
			do: "More than 100 ms: look at what else the database does.", shape: lines, unit: seconds, amber: .1,
			show: one(`beadle_ledger_ping_seconds`, "{{instance}}"),
		}, {
			title: "Size of the ledger", means: "The database on disk.",
			do: "Retention says how long jobs, errors and logs are kept.", shape: lines, unit: bytes, page: page{"Retention", "/retention"},
			show: one(`max(beadle_ledger_size_bytes)`, "size"),
		}, {
			title: "How far history is behind", means: "Between what has happened and what the ledger knows.",
			do: "More than a minute: is there a leader, and does the ledger answer?", shape: lines, unit: seconds, amber: 10, red: 60, page: page{"System", "/system"},
			show: one(`max(beadle_recorder_lag_seconds)`, "behind"),
		}, {
			title: "Events that wait in Redis", means: "The stream from which history is recorded, and what of it is not recorded yet.",
			do: "It grows while the ledger is away; past the setting backlog, batches of jobs are refused.", shape: lines, unit: count, page: page{"System", "/system"},
			show: []query{{`max(beadle_events)`, "in the stream"}, {`max(beadle_events_unrecorded)`, "not recorded"}},
		}, {
			title: "History repaired", means: "Jobs that were put back because Redis had lost them, and events that could not be recorded, since the start of each scheduler.",
			do: "Any: see the runbook; for the first look at Redis, for the second at the leader's log.", shape: lines, unit: count, red: 1,
			show: []query{{`sum(beadle_jobs_restored_total)`, "jobs put back"}, {`sum(beadle_events_skipped_total)`, "events skipped"}},
		}, {
			title: "Label values counted as other", means: "Tasks, clients, queues and schedules past the bounds of metrics.",
			do: "Raise metrics.series or metrics.schedules if Prometheus can bear it.", shape: lines, unit: count, amber: 1,
			show: one(`sum by (label) (beadle_label_overflow_total)`, "{{label}}"),
		},
	}}
}

// operatorFaces is how the API and the pages serve people.
func operatorFaces() row {
	return row{"API and pages", []panel{
		{
			title: "Requests by status", means: "Answers of all schedulers per second, by HTTP status.",
			do: "5xx: the log of the scheduler says why. Many 401 or 429: who asks?", shape: areas, unit: perSecond, page: page{"Audit", "/audit"},
			show: one(`sum by (code) (rate(beadle_http_requests_total[$__rate_interval]))`, "{{code}}"),
		}, {
			title: "How long answers take", means: "By route, for 95 in 100 answers.",
			do: "More than 200 ms for a list: look at the ledger.", shape: lines, unit: seconds, amber: .2,
			show: one(`histogram_quantile(0.95, sum by (le, route) (rate(beadle_http_request_duration_seconds_bucket[$__rate_interval])))`, "{{route}}"),
		}, {
			title: "Busiest routes", means: "Requests per second of the ten that are asked most.",
			do: "A program that asks too often can follow events instead.", shape: lines, unit: perSecond,
			show: one(`topk(10, sum by (route, method) (rate(beadle_http_requests_total[$__rate_interval])))`, "{{method}} {{route}}"),
		},
	}}
}

package main

// operator is for whoever scales workers and is on call.
func operator() board {
	return board{
		name:  "operator",
		about: "For whoever scales workers and is on call: is everything up, do the workers suffice, and what is in the way?",
		picks: []pick{{"queue", "beadle_jobs"}},
		pages: []page{{"Overview", "/overview"}, {"Workers", "/workers"}, {"Queues", "/queues"}, {"System", "/system"}},
		rows:  []row{operatorNow(), operatorWork(), operatorWorkers(), operatorLocks(), operatorStores(), operatorFaces()},
	}
}

func operatorNow() row {
	return row{"Now", []panel{
		{
			title: "Jobs that run", means: "Jobs that a worker holds at this moment.",
			do: "Nothing; beside it stands how many places there are.", shape: number, unit: count, page: page{"Running jobs", "/jobs?state=running"},
			show: one(`sum(max by (queue) (beadle_jobs{state="running"}))`, "running"),
		}, {
			title: "Jobs that wait to run", means: "Queued, waiting for a lock or a limit, or between two attempts.",
			do: "If it grows and the places are used up, start workers; else see what they wait for.", shape: number, unit: count, page: page{"Waiting jobs", "/jobs?q=state%3Aqueued%2Cwaiting%2Cretrying"},
			show: one(`sum(max by (queue, state) (beadle_jobs{state=~"queued|waiting|retrying"}))`, "waiting"),
		}, {
			title: "Worker slots in use", means: "How many of the places of all live workers have a job.",
			do: "Near 100 % for long: start workers, unless the jobs wait for one another.", shape: number, unit: share, amber: .9, page: page{"Workers", "/workers"},
			show: one(`max(beadle_worker_slots_used) / (max(beadle_worker_slots) > 0)`, "in use"),
		}, {
			title: "Longest wait in a queue", means: "Since when the job that has been queued longest could run.",
			do: "Minutes: is its queue paused, does a worker read it, do the workers suffice?", shape: number, unit: seconds, amber: 300, red: 900, page: page{"Queues", "/queues"},
			show: one(`max(beadle_queue_oldest_seconds)`, "longest"),
		}, {
			title: "Workers alive", means: "Worker processes that have lately said that they live.",
			do: "Fewer than you started: look at the log of the one that is missing.", shape: number, unit: count, page: page{"Workers", "/workers"},
			show: one(`max(beadle_workers)`, "workers"),
		}, {
			title: "Schedulers that lead", means: "One of them walks the timetable and records what has happened.",
			do: "It must be 1. With 0 no schedule starts; with 2 for longer than a moment, look at both logs.", shape: number, unit: count, red: 2, page: page{"System", "/system"},
			show: one(`sum(beadle_leader)`, "leaders"),
		},
	}}
}

func operatorWork() row {
	return row{"Work", []panel{
		{
			title: "Jobs that come in and jobs that end", means: "Enqueued and ended, per second.",
			do: "While more come than end, the queues grow: start workers.", shape: lines, unit: perSecond,
			show: []query{
				{`sum(rate(beadle_jobs_enqueued_total{queue=~"$queue"}[$__rate_interval]))`, "come in"},
				{`sum(rate(beadle_jobs_ended_total{queue=~"$queue"}[$__rate_interval]))`, "end"},
			},
		}, {
			title: "How jobs end", means: "Jobs per second by the state in which they ended.",
			do: "A rise of failed jobs: the page Errors groups them.", shape: areas, unit: perSecond, page: page{"Errors", "/errors"},
			show: one(`sum by (outcome) (rate(beadle_jobs_ended_total{queue=~"$queue"}[$__rate_interval]))`, "{{outcome}}"),
		}, {
			title: "Jobs in flight by state", means: "All that have not ended, on top of each other.",
			do: "Many that wait: see what they wait for. Many that retry: see the errors.", shape: areas, unit: count, page: page{"Jobs", "/jobs"},
			show: one(`sum by (state) (max by (queue, state) (beadle_jobs{queue=~"$queue"}))`, "{{state}}"),
		}, {
			title: "Length of each queue", means: "Jobs that only need a free worker slot.",
			do: "One queue that grows: does a worker read it?", shape: lines, unit: count, page: page{"Queues", "/queues"},
			show: one(`max by (queue) (beadle_jobs{state="queued", queue=~"$queue"})`, "{{queue}}"),
		}, {
			title: "Age of the oldest queued job", means: "By queue, since when it could run.",
			do: "More than a few minutes: start workers, or end the pause of the queue.", shape: lines, unit: seconds, amber: 300, red: 900, page: page{"Queues", "/queues"},
			show: one(`max by (queue) (beadle_queue_oldest_seconds{queue=~"$queue"})`, "{{queue}}"),
		}, {
			title: "Wait until the first attempt", means: "From when a job could run until it ran: half of the jobs waited less than the lower line, 95 in 100 less than the upper.",
			do: "More than people accept: start workers.", shape: lines, unit: seconds,
			show: quantiles("beadle_job_wait_seconds", `{queue=~"$queue"}`, "queue", "{{queue}} "),
		}, {
			title: "What waiting jobs wait for", means: "A lock on a resource, a job that runs alone, a limit, or something else, such as another job or the end of a pause.",
			do: "Many at locks: jobctl locks shows who holds them. Many at a limit: raise it if the other side can bear it.", shape: areas, unit: count, page: page{"Locks", "/locks"},
			show: one(`max by (kind) (beadle_jobs_waiting)`, "{{kind}}"),
		}, {
			title: "Attempts lost and repeated", means: "Lost: its worker died or lost contact, and no attempt is used up. Repeated: it failed and the job tries again.",
			do: "Lost ones without a deploy: look for what kills workers, such as memory. Repeated ones: see the errors.", shape: lines, unit: perSecond, page: page{"Errors", "/errors"},
			show: []query{
				{`sum(rate(beadle_attempts_lost_total[$__rate_interval]))`, "lost"},
				{`sum(rate(beadle_attempts_retried_total[$__rate_interval]))`, "repeated"},
			},
		}, {
			title: "Jobs that do not stop", means: "Told to stop more than 30 s ago, and their code still runs.",
			do: "jobctl workers names them; restart that worker, and mend the task.", shape: lines, unit: count, red: 1, page: page{"Workers", "/workers"},
			show: one(`max(beadle_jobs_stuck)`, "stuck"),
		},
	}}
}

func operatorWorkers() row {
	return row{"Workers", []panel{
		{
			title: "Worker slots and how many are used", means: "Places of all live workers, and the jobs in them.",
			do: "Used up for long: start workers. Hardly used: fewer would do.", shape: lines, unit: count, page: page{"Workers", "/workers"},
			show: []query{{`max(beadle_worker_slots)`, "places"}, {`max(beadle_worker_slots_used)`, "used"}},
		}, {
			title: "Jobs that each worker runs", means: "By worker process; the upper line is what one can take.",
			do: "One that runs none while others are full: is it quiet, or of a build that lacks the tasks?", shape: lines, unit: count, page: page{"Workers", "/workers"},
			show: []query{{`beadle_worker_jobs_running`, "{{instance}}"}, {`max(beadle_worker_slots_max)`, "places of one"}},
		}, {
			title: "How long a round trip to Redis takes", means: "A worker fetches, starts and finishes many jobs in one turn.",
			do: "More than 50 ms: look at Redis and at the network to it.", shape: lines, unit: seconds, amber: .05,
			show: quantiles("beadle_worker_turn_seconds", "", "", ""),
		}, {
			title: "Jobs that a round trip moves", means: "How many jobs a turn claims, starts or finishes on average, and how many turns there are.",
			do: "Nothing; many turns that move nothing cost Redis time.", shape: lines, unit: count,
			show: []query{
				{`sum(rate(beadle_worker_turn_jobs_sum[$__rate_interval])) / (sum(rate(beadle_worker_turn_jobs_count[$__rate_interval])) > 0)`, "jobs a turn"},
				{`sum(rate(beadle_worker_turns_total[$__rate_interval]))`, "turns a second"},
			},
		}, {
			title: "Memory of each process", means: "What the operating system counts as resident.",
			do: "One that only grows will be killed: jobctl profile shows what a task holds.", shape: lines, unit: bytes,
			show: one(`process_resident_memory_bytes{job=~"scheduler|worker"}`, "{{job}} {{instance}}"),
		}, {
			title: "Processors that each process uses", means: "Seconds of processor time in a second.",
			do: "Near the number of processors: start workers on other machines.", shape: lines, unit: count,
			show: one(`rate(process_cpu_seconds_total{job=~"scheduler|worker"}[$__rate_interval])`, "{{job}} {{instance}}"),
		}, {
			title: "Versions that run", means: "How many processes of each build there are.",
			do: "Two versions for longer than a deploy: finish it.", shape: table, unit: count, page: page{"System", "/system"},
			show: one(`count by (job, version, goversion) (beadle_build_info)`, ""),
		}, {
			title: "Processes that Prometheus reaches", means: "1 if the last scrape worked.",
			do: "0: is the process up, and may Prometheus read its /metrics?", shape: table, unit: count,
			show: one(`up{job=~"scheduler|worker"}`, ""),
		},
	}}
}

func operatorLocks() row {
	return row{"Locks and limits", []panel{
		{
			title: "Resources held and places in line", means: "Each holder of each resource once, and each job in line for one.",
			do: "A line that grows: jobctl locks names the holder.", shape: lines, unit: count, page: page{"Locks", "/locks"},
			show: []query{{`max(beadle_locks_held)`, "held"}, {`max(beadle_locks_waiting)`, "in line"}},
		}, {
			title: "Time in line for locks and limits", means: "How long jobs stood in line before they could run, by task.",
			do: "A task that waits long: make the holder shorter, or run them at different times.", shape: lines, unit: seconds, page: page{"Locks", "/locks"},
			show: quantiles("beadle_job_lock_wait_seconds", "", "task", "{{task}} "),
		}, {
			title: "How far limits are used", means: "Jobs that run under each limit, as a share of it.",
			do: "At 100 % jobs wait: raise the limit if the other side can bear it.", shape: lines, unit: share, page: page{"Queues", "/queues"},
			show: one(`max by (task, client, from) (beadle_limit_in_use) / (max by (task, client, from) (beadle_limit_max) > 0)`, "{{task}} {{client}} {{from}}"),
		},
	}}
}

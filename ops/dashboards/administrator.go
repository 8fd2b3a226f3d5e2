package main

// The jobs that the reader has picked.
const picked = `{client=~"$client", task=~"$task"}`

// administrator is for whoever answers for the work of an organisation.
func administrator() board {
	return board{
		name:  "administrator",
		about: "For whoever answers for the work of an organisation: was it done, when, and what went wrong?",
		picks: []pick{{"client", "beadle_jobs_ended_total"}, {"task", "beadle_jobs_ended_total"}},
		pages: []page{{"Jobs", "/jobs"}, {"Schedules", "/schedules"}, {"Errors", "/errors"}, {"Audit", "/audit"}},
		rows:  []row{administratorDay(), administratorTasks(), administratorTimetable(), administratorClients()},
	}
}

func administratorDay() row {
	return row{"The last 24 hours", []panel{
		{
			title: "Jobs that succeeded", means: "In the last 24 hours.", do: "Nothing.", shape: number, unit: count, page: page{"Succeeded", "/jobs?state=succeeded"},
			show: one(`sum(increase(beadle_jobs_ended_total{outcome="succeeded", client=~"$client", task=~"$task"}[24h]))`, "succeeded"),
		}, {
			title: "Jobs that failed", means: "In the last 24 hours, with no attempt left.",
			do: "See the errors, mend the cause, and repeat them.", shape: number, unit: count, amber: 1, page: page{"Failed", "/jobs?state=failed"},
			show: one(`sum(increase(beadle_jobs_ended_total{outcome="failed", client=~"$client", task=~"$task"}[24h]))`, "failed"),
		}, {
			title: "Share that succeeded", means: "Of the jobs that ended in the last 24 hours.",
			do: "Below 95 %: the table below says which task it is.", shape: number, unit: share,
			show: one(`sum(increase(beadle_jobs_ended_total{outcome="succeeded", client=~"$client", task=~"$task"}[24h])) / (sum(increase(beadle_jobs_ended_total`+picked+`[24h])) > 0)`, "succeeded"),
		}, {
			title: "Record errors", means: "Rows that could not be done, in jobs that may have succeeded, in the last 24 hours.",
			do: "The page Errors groups them by what they have in common.", shape: number, unit: count, amber: 1, page: page{"Errors", "/errors"},
			show: one(`sum(increase(beadle_job_errors_total{task=~"$task"}[24h]))`, "errors"),
		}, {
			title: "Slots missed", means: "Due times in the last 24 hours for which no job was started.",
			do: "jobctl slots says why; jobctl schedule run makes up for one.", shape: number, unit: count, red: 1, page: page{"Schedules", "/schedules"},
			show: one(`sum(increase(beadle_slot_alarms_total{outcome="missed"}[24h]))`, "missed"),
		}, {
			title: "Jobs in flight", means: "All that have not ended.", do: "Nothing.", shape: number, unit: count, page: page{"Jobs", "/jobs"},
			show: one(`sum(max by (queue, state) (beadle_jobs))`, "in flight"),
		},
	}}
}

func administratorTasks() row {
	return row{"Tasks", []panel{
		{
			title: "What became of each task's jobs", means: "Ended in the last 24 hours, by outcome.",
			do: "A task with many failed jobs: open its errors.", shape: table, unit: count, page: page{"Errors", "/errors"},
			show: one(`sum by (task, outcome) (increase(beadle_jobs_ended_total`+picked+`[24h]))`, ""),
		}, {
			title: "Slowest tasks", means: "The ten with the longest attempts: 95 in 100 of the last hour took less.",
			do: "A task that became slower: is its LMS, its SIS or its data slower?", shape: table, unit: seconds, page: page{"Jobs that ran long", "/jobs?q=run%3E5m"},
			show: one(`topk(10, histogram_quantile(0.95, sum by (le, task) (rate(beadle_attempt_duration_seconds_bucket`+picked+`[1h]))))`, ""),
		}, {
			title: "Jobs that fail", means: "Per second, by task.",
			do: "Open the errors of the task; repeat the jobs once the cause is mended.", shape: lines, unit: perSecond, page: page{"Failed", "/jobs?state=failed"},
			show: one(`sum by (task) (rate(beadle_jobs_ended_total{outcome="failed", client=~"$client", task=~"$task"}[$__rate_interval]))`, "{{task}}"),
		}, {
			title: "How attempts end", means: "Per second, by outcome. Lost ones use up no attempt.",
			do: "Many that fail and few jobs that do: the repetition helps, and the cause remains.", shape: areas, unit: perSecond, page: page{"Errors", "/errors"},
			show: one(`sum by (outcome) (rate(beadle_attempts_total`+picked+`[$__rate_interval]))`, "{{outcome}}"),
		}, {
			title: "Attempts that are repeated", means: "Per second, by task.",
			do: "A task that always needs a second attempt hides an error.", shape: lines, unit: perSecond, page: page{"Retrying", "/jobs?state=retrying"},
			show: one(`sum by (task) (rate(beadle_attempts_retried_total{task=~"$task"}[$__rate_interval]))`, "{{task}}"),
		}, {
			title: "How long attempts take", means: "By task: half of them took less than the lower line, 95 in 100 less than the upper.",
			do: "Compare with the time limit of the task.", shape: lines, unit: seconds,
			show: quantiles("beadle_attempt_duration_seconds", picked, "task", "{{task}} "),
		}, {
			title: "Record errors by task", means: "Rows that could not be done, per second.",
			do: "They are listed with each job, and grouped on the page Errors.", shape: lines, unit: perSecond, page: page{"Errors", "/errors"},
			show: one(`sum by (task) (rate(beadle_job_errors_total{task=~"$task"}[$__rate_interval]))`, "{{task}}"),
		}, {
			title: "Poison pills", means: "Jobs that were failed because the worker died under them again and again, since the start of each scheduler.",
			do: "jobctl job ID names the workers; their logs say what killed them.", shape: lines, unit: count, red: 1, page: page{"Failed", "/jobs?state=failed"},
			show: one(`sum by (task) (beadle_jobs_poison_total{task=~"$task"})`, "{{task}}"),
		},
	}}
}

func administratorTimetable() row {
	return row{"Timetable", []panel{
		{
			title: "What became of due times", means: "Slots per hour by outcome: ran, late, skipped, missed …",
			do: "jobctl slots NAME --list says why each one did not run.", shape: areas, unit: count, page: page{"Schedules", "/schedules"},
			show: one(`sum by (outcome) (increase(beadle_slots_total[1h]))`, "{{outcome}}"),
		}, {
			title: "How late schedules start", means: "From the due time until the job was enqueued, 95 in 100, by schedule.",
			do: "More than 5 s is late: is the leader busy, is Redis or the ledger slow?", shape: lines, unit: seconds, amber: 5, page: page{"Schedules", "/schedules"},
			show: one(`histogram_quantile(0.95, sum by (le, schedule) (rate(beadle_slot_lag_seconds_bucket[15m])))`, "{{schedule}}"),
		}, {
			title: "Slots missed or late", means: "Alarms in the last hour.",
			do: "Was a scheduler up? jobctl slots NAME --list has the reason of each.", shape: lines, unit: count, red: 1, page: page{"Schedules", "/schedules"},
			show: one(`sum by (outcome) (increase(beadle_slot_alarms_total[1h]))`, "{{outcome}}"),
		}, {
			title: "Schedules by their slots", means: "Due times of the last 24 hours, by schedule and outcome.",
			do: "A schedule with missed or skipped ones: open its page.", shape: table, unit: count, page: page{"Schedules", "/schedules"},
			show: one(`sum by (schedule, outcome) (increase(beadle_slots_total[24h]))`, ""),
		}, {
			title: "Changes by people", means: "Of schedules, limits, clients and notices, in the last 24 hours.",
			do: "jobctl audit says who, what and why.", shape: table, unit: count, page: page{"Audit", "/audit"},
			show: one(`sum by (kind) (increase(beadle_config_changes_total[24h]))`, ""),
		},
	}}
}

func administratorClients() row {
	return row{"Clients", []panel{
		{
			title: "Jobs of each client", means: "Ended per second; the ten clients with most.",
			do: "One that takes too much: set a limit for it.", shape: lines, unit: perSecond, page: page{"Jobs", "/jobs"},
			show: one(`topk(10, sum by (client) (rate(beadle_jobs_ended_total`+picked+`[$__rate_interval])))`, "{{client}}"),
		}, {
			title: "How long each client's jobs wait", means: "From when a job could run until it ran, 95 in 100.",
			do: "One client that waits while others do not: is it at a limit?", shape: lines, unit: seconds, page: page{"Queues", "/queues"},
			show: one(`histogram_quantile(0.95, sum by (le, client) (rate(beadle_job_wait_seconds_bucket`+picked+`[$__rate_interval])))`, "{{client}}"),
		}, {
			title: "Failed jobs of each client", means: "In the last hour.",
			do: "Open its failed jobs.", shape: lines, unit: count, amber: 1, page: page{"Failed", "/jobs?state=failed"},
			show: one(`sum by (client) (increase(beadle_jobs_ended_total{outcome="failed", client=~"$client", task=~"$task"}[1h]))`, "{{client}}"),
		},
	}}
}

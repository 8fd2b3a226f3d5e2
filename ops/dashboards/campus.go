package main

// openStates are those of messages that are not done; those that are rejected
// or ignored are, until the SIS sends another version.
const openStates = "received|waiting|held|planned|dead"

// campus is for the registrar's office and whoever looks after the exchange
// with the SIS.
func campus() board {
	return board{
		name:  "campus",
		about: "For the registrar's office and whoever looks after the exchange with the SIS: is the LMS up to date, what waits for a person, and who answers slowly?",
		picks: []pick{{"sync", "beadle_messages"}},
		pages: []page{{"Plans", "/plans"}, {"Messages", "/messages"}, {"Sections", "/sections"}, {"Terms", "/terms"}, {"Attendance", "/attendance"}},
		rows:  []row{campusNow(), campusMessages(), campusSides(), campusSteps()},
	}
}

func campusNow() row {
	return row{"What waits for a person", []panel{
		{
			title: "Plans that are held", means: "Unusual changes, which nobody has approved or rejected.",
			do: "Read each one on the page Plans, and approve or reject it.", shape: number, unit: count, amber: 1, page: page{"Held plans", "/plans?state=held"},
			show: one(`sum(max by (sync) (beadle_plans_held{sync=~"$sync"}))`, "held"),
		}, {
			title: "Oldest held plan", means: "Since when it waits for a decision.",
			do: "Decide: what it holds back is not in the LMS.", shape: number, unit: seconds, amber: 14400, red: 86400, page: page{"Held plans", "/plans?state=held"},
			show: one(`max(beadle_plan_held_oldest_seconds{sync=~"$sync"})`, "oldest"),
		}, {
			title: "Messages that are not done", means: "Received from the SIS and neither applied nor given up.",
			do: "The page Messages says of each what it waits for.", shape: number, unit: count, page: page{"Messages", "/messages"},
			show: one(`sum(max by (sync, state) (beadle_messages{sync=~"$sync", state=~"`+openStates+`"}))`, "open"),
		}, {
			title: "Oldest open message", means: "Since when it is not done.",
			do: "Days: link the section, choose the term, or mend the row in the SIS.", shape: number, unit: seconds, amber: 86400, red: 172800, page: page{"Messages", "/messages"},
			show: one(`max(beadle_message_oldest_seconds{sync=~"$sync", state=~"`+openStates+`"})`, "oldest"),
		}, {
			title: "Since the last good run", means: "Of the sync that succeeded longest ago.",
			do: "More than a day: jobctl sis status says which step fails.", shape: number, unit: seconds, amber: 14400, red: 93600, page: page{"Jobs of the syncs", "/jobs?task=sis.*"},
			show: one(`time() - min(max by (sync) (beadle_sync_last_success_timestamp_seconds{sync=~"$sync"}))`, "ago"),
		},
	}}
}

func campusMessages() row {
	return row{"Messages and plans", []panel{
		{
			title: "Messages by state", means: "All that the inbox keeps.",
			do: "Many in error or held: the page Messages groups them by reason.", shape: areas, unit: count, page: page{"Messages", "/messages"},
			show: one(`sum by (state) (max by (sync, state) (beadle_messages{sync=~"$sync"}))`, "{{state}}"),
		}, {
			title: "Age of the oldest message by state", means: "Only of those that are not done.",
			do: "The oldest one's page says what it waits for.", shape: lines, unit: seconds, amber: 86400, page: page{"Messages", "/messages"},
			show: one(`max by (state) (beadle_message_oldest_seconds{sync=~"$sync"})`, "{{state}}"),
		}, {
			title: "Held plans of each sync", means: "Unusual changes that wait for approval.",
			do: "Read and decide on the page Plans.", shape: lines, unit: count, amber: 1, page: page{"Held plans", "/plans?state=held"},
			show: one(`max by (sync) (beadle_plans_held{sync=~"$sync"})`, "{{sync}}"),
		},
	}}
}

func campusSides() row {
	return row{"SIS and LMS", []panel{
		{
			title: "Questions to the SIS by outcome", means: "Calls per second of each source.",
			do: "Errors: jobctl job of the failed step shows what the SIS said.", shape: lines, unit: perSecond, page: page{"Failed steps", "/jobs?state=failed&task=sis.*"},
			show: one(`sum by (source, outcome) (rate(beadle_source_calls_total[$__rate_interval]))`, "{{source}} {{outcome}}"),
		}, {
			title: "How long the SIS takes", means: "By operation, for 95 in 100 calls.",
			do: "Slower than usual: ask those who run it.", shape: lines, unit: seconds,
			show: one(`histogram_quantile(0.95, sum by (le, source, operation) (rate(beadle_source_call_duration_seconds_bucket[$__rate_interval])))`, "{{source}} {{operation}}"),
		}, {
			title: "Share of calls to the SIS that fail", means: "Of each source.",
			do: "Above 10 %: is its token good, is it up?", shape: lines, unit: share, amber: .1, red: .5,
			show: one(failing("beadle_source_calls_total", "source"), "{{source}}"),
		}, {
			title: "Calls to the LMS by outcome", means: "Web service calls per second of each target.",
			do: "Errors: jobctl errors groups what the LMS said.", shape: lines, unit: perSecond, page: page{"Errors", "/errors"},
			show: one(`sum by (target, outcome) (rate(beadle_target_calls_total[$__rate_interval]))`, "{{target}} {{outcome}}"),
		}, {
			title: "How long the LMS takes", means: "By function, for 95 in 100 calls.",
			do: "Slower than usual: is the LMS busy? A limit on sis.* tasks spares it.", shape: lines, unit: seconds,
			show: one(`histogram_quantile(0.95, sum by (le, target, function) (rate(beadle_target_call_duration_seconds_bucket[$__rate_interval])))`, "{{target}} {{function}}"),
		}, {
			title: "Share of calls to the LMS that fail", means: "Of each target.",
			do: "Above 10 %: is its token good, does its role have the functions, is it up?", shape: lines, unit: share, amber: .1, red: .5,
			show: one(failing("beadle_target_calls_total", "target"), "{{target}}"),
		}, {
			title: "Attendance that is posted, by outcome", means: "Calls per second of each sink.",
			do: "Errors: jobctl sis attendance says which days are not posted.", shape: lines, unit: perSecond, page: page{"Attendance", "/attendance"},
			show: one(`sum by (sink, outcome) (rate(beadle_sink_calls_total[$__rate_interval]))`, "{{sink}} {{outcome}}"),
		}, {
			title: "How long posting attendance takes", means: "For 95 in 100 calls of each sink.",
			do: "Slower than usual: ask those who run it.", shape: lines, unit: seconds, page: page{"Attendance", "/attendance"},
			show: one(`histogram_quantile(0.95, sum by (le, sink) (rate(beadle_sink_call_duration_seconds_bucket[$__rate_interval])))`, "{{sink}}"),
		},
	}}
}

func campusSteps() row {
	return row{"Steps of the syncs", []panel{
		{
			title: "How long each step takes", means: "95 in 100 attempts of the last hour, by task.",
			do: "The step that became slower says which side did.", shape: lines, unit: seconds, page: page{"Steps", "/jobs?task=sis.*"},
			show: one(`histogram_quantile(0.95, sum by (le, task) (rate(beadle_attempt_duration_seconds_bucket{task=~"sis[.].*"}[1h])))`, "{{task}}"),
		}, {
			title: "How steps end", means: "In the last hour, by task and outcome.",
			do: "A step that failed: mend the file, the SIS or the LMS; jobctl sis run SYNC goes on where it was.", shape: table, unit: count, page: page{"Failed steps", "/jobs?state=failed&task=sis.*"},
			show: one(`sum by (task, outcome) (increase(beadle_jobs_ended_total{task=~"sis[.].*"}[1h]))`, ""),
		}, {
			title: "Rows that could not be done", means: "Record errors in the last hour, by step.",
			do: "The page Messages says of each row why, and what would mend it.", shape: lines, unit: count, amber: 1, page: page{"Messages", "/messages"},
			show: one(`sum by (task) (increase(beadle_job_errors_total{task=~"sis[.].*"}[1h]))`, "{{task}}"),
		},
	}}
}

// failing is the share of calls that fail, by system: 0 where none does.
func failing(calls, system string) string {
	all := "sum by (" + system + ") (rate(" + calls + "[$__rate_interval]))"
	failed := "sum by (" + system + ") (rate(" + calls + `{outcome="failed"}[$__rate_interval]))`
	return "(" + failed + " or 0 * " + all + ") / (" + all + " > 0)"
}

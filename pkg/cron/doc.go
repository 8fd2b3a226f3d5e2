// Package cron reads cron expressions and says when they fire, in any time
// zone and across its changes of clock.
//
//	nightly, err := cron.Parse("30 2 * * *")
//	newYork, err := cron.Zone("America/New_York")
//	next, ok := nightly.Next(time.Now(), newYork)
//	text := nightly.Describe() // "every day at 02:30"
//
// # The unix dialect
//
// Five fields, separated by blanks: minute (0-59), hour (0-23), day of the
// month (1-31), month (1-12 or JAN-DEC) and day of the week (0-7 or SUN-SAT; 0
// and 7 are Sunday, also inside ranges). A field is a list, separated by
// commas, of
//
//	a        one value            a-b      from a to b
//	*        every value          a-b/n    every n-th from a to b
//	*/n      every n-th value     SUN-TUE  names work like numbers, but take no step
//
// or the whole expression is one of @yearly, @annually, @monthly, @weekly,
// @daily, @midnight and @hourly.
//
// Where the day of the month or the day of the week begins with an asterisk
// (also as in "*/2" or "*,10"), both must match; where neither does, either is
// enough. So "0 0 13 * 5" fires on every 13th and on every Friday, and
// "0 0 1-31 * 5" on every day. The manual page of crontab only says "aren't *",
// but this is what cron does.
//
// [Parse] is stricter than the cron daemons: what they accept and never run,
// or read as something that nobody meant, is an error that says what to write.
// An expression without a date ("0 0 30 2 *") is one of them.
//
// # The Quartz dialect
//
// Six fields, or seven: second (0-59), minute, hour, day of the month, month,
// day of the week (1-7 or SUN-SAT; 1 is Sunday) and, if need be, the year
// (1970-2199). Exactly one of the two days is a question mark, so there is
// nothing to combine. [ParseQuartz] reads what unix cron has, and
//
//	a/n       every n-th value from a to the end of the field
//	22-2      a range over the end of the field, but not of the year
//	L         the last day of the month; in the day of the week, Saturday
//	L-3       so many days before the last
//	15W       the weekday (Monday to Friday) nearest to the 15th
//	LW, L-3W  the weekday nearest to the last day, or to a day before it
//	6L, FRIL  the last Friday of the month
//	6#2       the second Friday of the month
//
// A day that a month does not have is skipped in that month: 31W, L-30, and a
// fifth Friday. A W never leaves the month, and moves all times of its day. A
// step is not longer than its field, and does not follow a name. Lists hold any
// of these, and a day is due if one of them says so. Quartz itself refuses or
// misreads some of these lists, such as "2#1,2#3" and "MON#1,FRI", loses times
// of the day that W has moved, and looks only a hundred years ahead;
// [Schedule.Portable] says whether it would agree.
//
// Months are 1 to 12, although some manuals count them from 0, and C, which
// stood for a calendar, is refused. An expression whose years are past is
// valid, and does not fire any more; one that has never fired and never will is
// an error.
//
// # Conversion
//
// All that is worked out goes by what an expression means: [Schedule.Equal],
// [Schedule.Describe], and the canonical texts that [Schedule.Unix] and
// [Schedule.Quartz] return. Equal schedules have the same texts, and each text
// is read as an equal schedule:
//
//	s, err := cron.Parse("*/15 9-17 * * MON-FRI")
//	text, err := s.Quartz() // "0 */15 9-17 ? * 2-6"
//
// What the other dialect cannot say is an error that names it. These are, of
// unix cron, both days restricted, whichever way they are combined; and of
// Quartz, a second other than 0, L, W, # and years. Nothing is approximated.
//
// # Intervals
//
// Cron has no memory of its last firing: "*/7 * * * *" starts again in every
// hour, and there is no way to say every other week. [ParseEvery] reads
// intervals that count from a first firing, which is a local date and time in
// the zone of the schedule:
//
//	90 minutes from 2026-01-05 08:00
//	2 weeks from 2026-01-09 07:30
//
// Seconds, minutes and hours are real time. Days and weeks are days of the
// calendar: they fire at the same time of the day, by the second of the rules
// below. So 24 hours are not a day.
//
// # Changes of clock
//
//  1. A schedule whose hour set is all of 0-23, however spelled ("*", "*/1",
//     "0-23"), follows real time: it fires at every instant whose local time
//     matches; a skipped hour adds nothing, a repeated hour fires in both
//     passes.
//  2. Every other schedule is a clock time: each matching local date-time fires
//     exactly once. If it does not exist that day, at the first instant after
//     the gap; if it exists twice, at the first.
//  3. Firings due at the same instant are one firing.
//  4. Next(t) is the first firing strictly after t; it depends only on the
//     schedule, the rules of the zone and t, so a restart, a failover or a
//     different node gives the same sequence. Inside the second pass, rule-2
//     times of the repeated hour are already past.
//  5. Gaps of any length, also a whole skipped day (Pacific/Apia 2011-12-30),
//     use the same rules.
//  6. A zone is an IANA name known to the tz database, which is embedded; see
//     [Zone].
//
// The rule goes by meaning and not by spelling: equal expressions behave
// equally. So "30 2 * * *" fires at 03:00 on the night when 02:30 does not
// exist, and once on the night when it comes twice; "*/15 * * * *" fires every
// 15 minutes of real time in both nights; and "0 */2 * * *" has twelve firings
// on every day.
//
// # Plain English
//
// [Schedule.Describe] writes one text for all schedules that are equal, and
// [ParseEnglish] reads it back. It is days and then clock times, or how often
// and then days, and after these the months and the years that count:
//
//	every sunday at 23:00
//	every weekday at 08:30 and 17:30
//	on day 1 and 15 of every month at 04:30
//	on the last friday of march at 10:15
//	on the first weekday or the weekday nearest to day 15 of every month at 09:00
//	on 3 days before the last day of every month at 09:00
//	on day 13 of the month or every friday at 00:00 in june to august
//	on day 1 to 7 of the month if it is monday at 00:00
//	every 5 minutes
//	every hour at :15 and :45 every weekday
//	every 15 minutes from 09:00 to 17:45 every monday in 2026 to 2028
//	at second 30 of every minute of hour 9 to 17
//
// The end of "from 09:00 to 17:45" is the last firing. Clock times are all of
// their hours with all of their minutes, as in cron: 08:30 and 17:30 are fine,
// 09:00 and 17:30 would also be 09:30 and 17:00, and are refused.
//
// Capitals and blanks do not matter, nor do "the" and "run", and "each" is
// "every". Times may be "9:05", "11pm", "11:30 pm" or "noon"; "every day at
// midnight" is 00:00. Days may be "mon", "mondays", "weekdays", "weekends",
// "mon-fri" or "friday to monday", and "1st", "last day", "1 january" or
// "first and third monday". "daily", "hourly", "weekly on monday", "monthly on
// day 1", "quarterly on day 1" and "yearly on 1 january" are read, "half hour"
// and "mins", and "every hour between 9am and 5pm". The text may end in a zone:
// "every day at 02:30 in Europe/Berlin".
//
// Every word counts. What is not understood, has two meanings ("at 9", "3/4",
// "bimonthly", "friday at midnight"), needs a memory of the last run ("every
// other friday", "every 45 minutes") or does not say when ("every monday") is
// an error that says what to write instead; there is no silent midnight.
//
// [Schedule.Warnings] says what is valid and may surprise: days that some months
// do not have, and times that the clock skips or shows twice.
package cron

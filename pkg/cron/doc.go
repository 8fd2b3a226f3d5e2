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
//   - every value          a-b      from a to b
//     */n      every n-th value     a-b/n    every n-th from a to b
//     a        one value            SUN-TUE  names work like numbers, but take no step
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
package cron

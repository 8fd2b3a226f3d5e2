package cron_test

import (
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

func ExampleParseQuartz() {
	s, err := cron.ParseQuartz("0 15 10 ? * 6L") // the last Friday of the month
	if err != nil {
		fmt.Println(err)
		return
	}
	next, _ := s.Next(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), time.UTC)
	fmt.Println(next)
	// Output: 2026-02-27 10:15:00 +0000 UTC
}

func ExampleParseEvery() {
	e, err := cron.ParseEvery("2 weeks from 2026-01-09 07:30")
	if err != nil {
		fmt.Println(err)
		return
	}
	berlin, err := cron.Zone("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	next, _ := e.Next(time.Date(2026, 3, 21, 0, 0, 0, 0, time.UTC), berlin)
	fmt.Println(next)
	// Output: 2026-04-03 07:30:00 +0200 CEST
}

func ExampleSchedule_Quartz() {
	for _, expr := range []string{"*/15 9-17 * * MON-FRI", "30 4 1,15 * 5"} {
		s, err := cron.Parse(expr)
		if err != nil {
			fmt.Println(err)
			continue
		}
		text, err := s.Quartz()
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(text)
	}
	// Output:
	// 0 */15 9-17 ? * 2-6
	// day of week "5" (column 13): is enough, and so is the day of month, and Quartz takes one of the two; make two schedules: "0 30 4 1,15 * ?" and "0 30 4 ? * 6"
}

func ExampleError() {
	_, err := cron.ParseQuartz("0 0 9 10-15W * ?")
	fmt.Println(err)
	// Output: day of month "10-15W" (column 7): has a W after a range; name each day, as in 10W,11W,12W
}

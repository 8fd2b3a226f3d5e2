package cron

import "math/bits"

const minutesPerHour = 60

// Shift returns s with all of its times of day so many minutes later, or
// earlier, on the same days, in canonical text of its dialect. It is false if
// one of them would be on another day, or if cron has no words for them: 09:00
// and 09:30 can be moved to 09:20 and 09:50, but not by half an hour more.
func (s Schedule) Shift(minutes int) (Schedule, bool) {
	down := int(floorDiv(int64(minutes), minutesPerHour))
	for _, hours := range [2]int{down, down + 1} {
		minute, sameHours := moved(s.min, minutes-hours*minutesPerHour, minutesPerHour)
		hour, sameDays := moved(uint64(s.hour), hours, 24)
		if sameHours && sameDays {
			s.min, s.hour = minute, uint32(hour)
			return s.rewritten()
		}
	}
	return Schedule{}, false
}

// moved adds a number to all of set, unless one would leave 0 to size-1.
func moved(set uint64, by, size int) (uint64, bool) {
	first, last := bits.TrailingZeros64(set), bits.Len64(set)-1
	switch {
	case first+by < 0 || last+by >= size:
		return 0, false
	case by < 0:
		return set >> -by, true
	}
	return set << by, true
}

// rewritten returns s with a text of its own, after its sets were changed.
func (s Schedule) rewritten() (Schedule, bool) {
	write, read := s.Unix, Parse
	if s.dialect == Quartz {
		write, read = s.Quartz, ParseQuartz
	}
	text, err := write()
	if err != nil {
		return Schedule{}, false
	}
	s, err = read(text)
	return s, err == nil
}

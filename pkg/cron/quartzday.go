package cron

import (
	"fmt"
	"strings"
)

// parseMonth reads the days of the month, with L, L-n, nW, LW and L-nW among
// them.
func (s *Schedule) parseMonth(w word) *Error {
	for item := range w.items() {
		if err := s.parseMonthDay(item); err != nil {
			return err
		}
	}
	return nil
}

func (s *Schedule) parseMonthDay(w word) *Error {
	f := &quartzFields[quartzDay]
	text := strings.ToUpper(w.text)
	day, nearest := strings.CutSuffix(text, "W")
	back, fromEnd := strings.CutPrefix(day, "L")
	switch {
	case fromEnd:
		n, err := f.parseBack(w, back)
		if err != nil {
			return err
		}
		if nearest {
			s.nearBack |= 1 << n
		} else {
			s.back |= 1 << n
		}
	case nearest:
		n, err := f.parseNearest(w, day)
		if err != nil {
			return err
		}
		s.near |= 1 << n
	default:
		r, err := f.parseItem(w)
		if err != nil {
			return err
		}
		s.dom |= uint32(f.set(r))
	}
	return nil
}

// parseBack reads what follows an L: nothing, or how many days before the last
// day.
func (f *field) parseBack(w word, text string) (int, *Error) {
	if text == "" {
		return 0, nil
	}
	inner, middle := strings.CutPrefix(text, "W")
	digits, minus := strings.CutPrefix(inner, "-")
	n, ok := number(digits)
	switch {
	case middle && minus && ok:
		return 0, f.wrong(w, "has its W in the middle", fmt.Sprintf("write L-%dW", min(n, 30)))
	case middle || !minus || !ok:
		return 0, f.wrong(w, "is not understood", "use L, L-3, LW or L-3W")
	case n > 30:
		return 0, f.wrong(w, "is more than 30 days before the last", "use L-0 to L-30")
	}
	return n, nil
}

// parseNearest reads the day before a W.
func (f *field) parseNearest(w word, text string) (int, *Error) {
	n, ok := number(text)
	switch {
	case ok && n >= 1 && n <= 31:
		return n, nil
	case ok:
		return 0, f.wrong(w, "is not from 1W to 31W", "use 1W to 31W")
	case strings.Contains(text, "-"):
		return 0, f.wrong(w, "has a W after a range", "name each day, as in 10W,11W,12W")
	}
	return 0, f.wrong(w, "is not understood", "use a day and W, as in 15W, or LW for the last weekday")
}

// parseWeek reads the days of the week, with L, nL and n#k among them.
func (s *Schedule) parseWeek(w word) *Error {
	for item := range w.items() {
		if err := s.parseWeekday(item); err != nil {
			return err
		}
	}
	return nil
}

func (s *Schedule) parseWeekday(w word) *Error {
	f := &quartzFields[quartzWeekday]
	text := strings.ToUpper(w.text)
	if text == "L" {
		s.dow |= 1 << 6
		return nil
	}
	if day, k, found := strings.Cut(text, "#"); found {
		return s.parseNth(w, day, k)
	}
	if day, last := strings.CutSuffix(text, "L"); last {
		n, err := f.parseOneDay(w, day, "an L", "2L,6L")
		if err == nil {
			s.lastDow |= 1 << (n - 1)
		}
		return err
	}
	if strings.HasPrefix(text, "L-") || strings.HasSuffix(text, "W") {
		return f.wrong(w, "is a day of month", "write it as the fourth field, and ? here")
	}
	r, err := f.parseItem(w)
	if err != nil {
		return err
	}
	s.dow |= uint8(f.set(r) >> 1)
	return nil
}

func (s *Schedule) parseNth(w word, day, k string) *Error {
	f := &quartzFields[quartzWeekday]
	d, err := f.parseOneDay(w, day, "a #", "2#1,3#1")
	if err != nil {
		return err
	}
	n, ok := number(k)
	if !ok || n < 1 || n > 5 {
		return f.wrong(w, "has no number from 1 to 5 after its #", "use 1 for the first such day of the month, to 5 for the fifth")
	}
	s.nth[d-1] |= 1 << n
	return nil
}

// parseOneDay reads the day before an L or a #, which takes no range.
func (f *field) parseOneDay(w word, text, mark, list string) (int, *Error) {
	if strings.ContainsAny(text, "-/*") {
		return 0, f.wrong(w, "has "+mark+" after a range", "name each day, as in "+list)
	}
	return f.parseValue(w, text)
}

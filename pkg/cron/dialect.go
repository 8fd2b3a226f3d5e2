package cron

// ParseDialect reads an expression of d: a [Schedule] of unix or Quartz, or an
// [Every]. Its errors are of type [*Error].
func ParseDialect(d Dialect, expr string) (Trigger, error) {
	var t Trigger
	var err error
	switch d {
	case Unix:
		t, err = Parse(expr)
	case Quartz:
		t, err = ParseQuartz(expr)
	case Intervals:
		t, err = ParseEvery(expr)
	default:
		err = &Error{
			Field: "dialect", Item: shorten(string(d)), Column: 1, Reason: "is not a dialect",
			Suggestion: "use unix, quartz or every",
		}
	}
	if err != nil { // not with t, which holds a zero Schedule
		return nil, err
	}
	return t, nil
}

// Detect returns the dialect that the number of fields of expr speaks for:
// Quartz for six or seven, else unix. It is for those who were told nothing;
// wherever a dialect is stored or may be asked for, that counts.
func Detect(expr string) Dialect {
	if n := len(split(expr)); n == 6 || n == 7 {
		return Quartz
	}
	return Unix
}

package cron

// A Dialect is a language of expressions. It is stored with every schedule and
// never guessed.
type Dialect string

// Unix has five fields, from minute to day of the week.
const Unix Dialect = "unix"

// A Schedule is a parsed expression. It does not change, and may be used by
// several goroutines. The zero Schedule never fires.
//
// Sets are bit masks: bit n stands for the value n.
type Schedule struct {
	text    string
	dialect Dialect

	sec, min         uint64
	hour             uint32
	dom              uint32 // 1-31
	month            uint16 // 1-12
	dow              uint8  // 0-6, 0 is Sunday
	domStar, dowStar bool   // the field begins with an asterisk
}

// Parse reads an expression of the unix dialect. Its errors are of type
// [*Error].
func Parse(expr string) (Schedule, error) {
	s, err := parseUnix(expr)
	if err != nil { // not returned as it is: a nil *Error is an error that is not nil
		return Schedule{}, err
	}
	return s, nil
}

// String returns the expression as it was written.
func (s Schedule) String() string { return s.text }

// Dialect returns the language that the expression is written in.
func (s Schedule) Dialect() Dialect { return s.dialect }

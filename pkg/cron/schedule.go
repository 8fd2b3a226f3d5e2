package cron

// A Dialect is a language of expressions. It is stored with every schedule and
// never guessed.
type Dialect string

// The dialects.
const (
	Unix      Dialect = "unix"   // five fields, from minute to day of the week
	Quartz    Dialect = "quartz" // six or seven fields, from second to day of the week or year
	Intervals Dialect = "every"  // no cron, but a length of time and an anchor; see [Every]
)

// A Schedule is a parsed expression. It does not change, and may be used by
// several goroutines. The zero Schedule never fires.
//
// Sets are bit masks: bit n stands for the value n. A month's days are those
// of dom, back, near and nearBack together; a week's days those of dow, lastDow
// and nth together. A day must be in both if domStar or dowStar, else in one of
// them. The question mark of Quartz is an asterisk.
type Schedule struct {
	text    string
	dialect Dialect

	sec, min uint64
	hour     uint32
	month    uint16 // 1-12

	dom      uint32 // 1-31
	back     uint32 // bit n is the n-th day before the last ("L-n"), bit 0 the last ("L")
	near     uint32 // bit n is the weekday that is nearest to day n ("nW")
	nearBack uint32 // bit n is the weekday nearest to the n-th day before the last ("L-nW", "LW")

	dow     uint8    // 0-6, 0 is Sunday
	lastDow uint8    // 0-6: the last such day of the month ("6L" is bit 5, Friday)
	nth     [7]uint8 // by day of the week: bit k, 1-5, is the k-th of the month ("6#2" is bit 2 of nth[5])

	domStar, dowStar bool // the field begins with an asterisk

	years *[4]uint64 // bit n is the year 1970+n; nil is every year
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

package university

// How often things are so, of 1.
const (
	assistants  = 0.03 // students who also teach
	ownSection  = 0.1  // of these, in a section that they attend
	coTaught    = 0.08 // sections
	crossListed = 0.06 // sections, in groups of two or three
	notForLMS   = 0.12 // sections without a platform
	elsewhere   = 0.05 // sections for another platform
	neverReady  = 0.04 // sections whose extract status stays N
	abroad      = 0.03 // sections in another time zone
)

// How often things happen in a year, of 1: of registrations, of persons, of
// sections. Of the drops and adds after the start of term, three in four are
// in the first week: at the University of Arizona 76 % of the drops of four
// weeks were.
const (
	addedLate   = 0.11  // registrations made in weeks 1 to 4
	afterAll    = 0.005 // registrations made after the deadline
	drops       = 0.12  // registrations dropped in weeks 1 to 4
	withdrawals = 0.03  // registrations dropped later
	returns     = 0.02  // registrations dropped and made again, among the drops
	swaps       = 0.015 // registrations moved to another section of the course
	future      = 0.02  // registrations that begin later than their term
	firstWeek   = 0.76  // of adds and drops

	renames    = 0.008 // persons with a new name, half of them with a new e-mail too
	merges     = 0.003 // persons found to be another one
	newTeacher = 0.01  // sections
	cancelled  = 0.002 // sections
	rekeyed    = 0.001 // sections that get another id
)

// courseLoad is how many registrations students have, by tenths of them.
var courseLoad = [...]int{3, 4, 4, 5, 5, 5, 5, 6, 6, 7}

// mostCourses is the largest of them.
const mostCourses = 7

// How popular sections are: log-normal, with half of them below the median and
// one in a hundred above some 300.
const (
	medianSeats = 24
	spread      = 1.086
	mostSeats   = 900
)

// Days from the start of a term.
const (
	firstWave  = -60 // seniors register; the others a week later each
	waves      = 4
	readyDay   = -7 // extract statuses turn to R
	addPeriod  = 28 // days
	deadline   = 30
	termLength = 110
)

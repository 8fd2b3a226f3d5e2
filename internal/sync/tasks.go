package sync

// The tasks by which people say what is so.
const (
	LinkTask   = "sis.link"
	UnlinkTask = "sis.unlink"
	TermTask   = "sis.term"
	RekeyTask  = "sis.rekey"
	SkipTask   = "sis.skip"
)

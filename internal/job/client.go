package job

import "time"

// DefaultClient is the client of jobs that name none. It always exists.
const DefaultClient = "default"

// A Client is one organisation on the platform. Jobs and schedules belong to
// one. Its JSON form is the API's.
type Client struct {
	Name     string    `json:"name"`  // for ever: see [ValidClientName]
	Title    string    `json:"title"` // what people call it
	Disabled bool      `json:"disabled"`
	Created  time.Time `json:"created,omitzero"` // the default client has always been there
}

// ValidClientName reports whether name may be a client's: 1 to 50 lower case
// letters, digits and hyphens.
func ValidClientName(name string) bool {
	if name == "" || len(name) > 50 {
		return false
	}
	for _, c := range []byte(name) {
		if c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

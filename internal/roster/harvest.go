package roster

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A harvest is what one pull of a stream brought: for each identity one
// record, and what could not be read.
type harvest struct {
	stream   sis.Stream
	records  int
	complete bool
	rows     []*sheaf // in order
	problems []problem
	warnings []sis.Record
	ended    map[string]sis.Record // registrations that say no more than that, by the provider's id
	passed   []*sheaf              // replaced by a later one of the same pull
	cursor   string                // where the next pull goes on
	doubt    string                // why nothing is done because of it until a person says so

	byKey   map[string]*sheaf
	byAlias map[string]*sheaf
}

// A sheaf is what the rows of one identity amount to.
type sheaf struct {
	key    string
	record sis.Record
	digest string
	twice  bool // with different content: it is not known which is right
}

// A problem is a row that cannot be taken.
type problem struct {
	key, where, code, message string
	receipt                   string
}

// identity tells a problem from others of the stream, from pull to pull.
func (p problem) identity() string {
	if p.key != "" {
		return p.key
	}
	return "@" + p.where
}

func (p problem) digest() string { return hash([]byte(p.code + "\x00" + p.message)) }

func newHarvest(stream sis.Stream) *harvest {
	return &harvest{stream: stream, ended: map[string]sis.Record{}, byKey: map[string]*sheaf{}, byAlias: map[string]*sheaf{}}
}

// tooBad reports whether so many rows are bad that the file as a whole is not
// to be believed.
func (h *harvest) tooBad(b sync.Brakes) bool {
	return sync.LimitOf(b.Errors, sync.DefaultBrakes.Errors, h.stream).Exceeded(h.bad(), h.records)
}

// bad returns how many rows cannot be read. One whose role is not synced can,
// however many there are.
func (h *harvest) bad() (n int) {
	for _, p := range h.problems {
		if p.code != "ROLE_UNMAPPED" {
			n++
		}
	}
	return n
}

func (h *harvest) add(r sis.Record) {
	h.records++
	if r.Warning != "" {
		h.warnings = append(h.warnings, r)
	}
	if isBareEnd(r) {
		h.ended[r.Key] = r
		return
	}
	if r.Problem == nil {
		r.Problem = badID(r)
	}
	if r.Problem != nil {
		h.problems = append(h.problems, problem{r.Key, r.Where, r.Problem.Code, r.Problem.Message, r.Receipt})
		return
	}
	s := &sheaf{key: identity(r), record: r, digest: digest(r)}
	if twin := cmpOr(h.byAlias[r.Key], h.byKey[s.key]); twin != nil {
		h.again(twin, s)
		return
	}
	h.rows = append(h.rows, s)
	h.byKey[s.key], h.byAlias[r.Key] = s, s
}

// isBareEnd reports whether a record says of a registration only that it ended,
// and not which it was but by the provider's id.
func isBareEnd(r sis.Record) bool {
	g := r.Registration
	return r.Deleted && r.Problem == nil && r.Key != "" && g != nil && (g.Section == "" || g.Person == "" || g.Role == "")
}

// again deals with a second row for the same id or identity.
func (h *harvest) again(first, second *sheaf) {
	switch {
	case first.key == second.key && first.digest == second.digest && first.record.Deleted == second.record.Deleted:
		h.passed = append(h.passed, second)
	case inOrder(first.record, second.record):
		h.replace(first, second)
	case first.record.Key != second.record.Key:
		h.passed = append(h.passed, second)
		first.merge(second.record)
		h.byAlias[second.record.Key] = first
	default:
		first.twice = true
		for _, s := range []*sheaf{first, second} {
			h.problems = append(h.problems, problem{s.record.Key, s.record.Where, "DUP_KEY", fmt.Sprintf(
				"The id is used twice with different content (%s and %s). Neither was taken; what was known before stands.",
				first.record.Where, second.record.Where), s.record.Receipt})
		}
	}
}

// inOrder reports whether it is known which of two records of one id is the
// later one: by their versions, or because messages come in order.
func inOrder(first, second sis.Record) bool {
	return first.Key == second.Key &&
		(first.Version != second.Version || (first.Version == 0 && first.Receipt != "" && second.Receipt != ""))
}

// receipts returns what the source wants to hear of what it sent.
func (h *harvest) receipts() (all []string) {
	add := func(receipt string) {
		if receipt != "" {
			all = append(all, receipt)
		}
	}
	for _, s := range slices.Concat(h.rows, h.passed) {
		add(s.record.Receipt)
	}
	for _, r := range h.ended {
		add(r.Receipt)
	}
	for _, p := range h.problems {
		add(p.receipt)
	}
	return all
}

// replace puts the later of two records in the place of the other.
func (h *harvest) replace(first, second *sheaf) {
	if second.record.Version < first.record.Version {
		h.passed = append(h.passed, second)
		return
	}
	was := *first
	h.passed = append(h.passed, &was)
	first.key, first.record, first.digest = second.key, second.record, second.digest
	h.byKey[first.key] = first
}

// merge adds a registration of the same person in the same section and role
// under another id of the provider: one that ended does not end the other, and
// two that hold make one from the earlier begin to the later end.
func (s *sheaf) merge(other sis.Record) {
	switch {
	case other.Deleted:
		return
	case s.record.Deleted:
		s.record = other
	default:
		one := *s.record.Registration
		one.Begin = earlier(one.Begin, other.Registration.Begin)
		one.End = later(one.End, other.Registration.End)
		s.record.Registration = &one
	}
	s.digest = digest(s.record)
}

// earlier returns the earlier of two begins; none means the term's.
func earlier(a, b sis.Date) sis.Date {
	if a.IsZero() || b.IsZero() {
		return sis.Date{}
	}
	if b.Before(a) {
		return b
	}
	return a
}

// later returns the later of two ends; none means the term's.
func later(a, b sis.Date) sis.Date {
	if a.IsZero() || b.IsZero() {
		return sis.Date{}
	}
	if a.Before(b) {
		return b
	}
	return a
}

func cmpOr(a, b *sheaf) *sheaf {
	if a != nil {
		return a
	}
	return b
}

// identity returns what a record is recognised by from pull to pull.
func identity(r sis.Record) string {
	if r.Registration != nil {
		return sync.RegistrationKey(*r.Registration)
	}
	return r.Key
}

// badID returns why the ids of a record cannot be kept as they are, if so.
func badID(r sis.Record) *sis.Error {
	ids := []string{r.Key}
	if g := r.Registration; g != nil {
		ids = append(ids, g.Section, g.Person)
	}
	for _, id := range ids {
		switch {
		case id == "":
			return &sis.Error{Code: "REQ_FIELD_MISSING", Message: "The row lacks an id."}
		case len(id) > maxID:
			return &sis.Error{Code: "TOO_LONG", Message: fmt.Sprintf("The row has an id of more than %d bytes.", maxID)}
		case !utf8.ValidString(id) || strings.ContainsRune(id, 0):
			return &sis.Error{Code: "ENCODING", Message: "The row has an id that is not valid text."}
		}
	}
	return nil
}

const maxID = 255

// body returns the mapped fields of a record, in one order and without the
// provider's id of a registration, as JSON.
func body(r sis.Record) json.RawMessage {
	var fields any
	switch {
	case r.Term != nil:
		fields = r.Term
	case r.Person != nil:
		p := *r.Person
		p.Roles = slices.Sorted(slices.Values(p.Roles))
		fields = p
	case r.Section != nil:
		s := *r.Section
		s.Terms = slices.Sorted(slices.Values(s.Terms))
		fields = s
	case r.Registration != nil:
		g := *r.Registration
		g.Key = ""
		fields = g
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // structs of strings and dates
	}
	return text
}

func digest(r sis.Record) string { return hash(body(r)) }

func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

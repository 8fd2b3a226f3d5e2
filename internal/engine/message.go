package engine

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/beadle-jobs/beadle/internal/job"
)

// The fields of asynq's TaskMessage that a job uses, by their numbers.
const (
	fieldType     protowire.Number = 1
	fieldPayload  protowire.Number = 2
	fieldID       protowire.Number = 3
	fieldQueue    protowire.Number = 4
	fieldDeadline protowire.Number = 9
	fieldHeader   protowire.Number = 15
)

// noDeadline is what asynq is told: how long a job runs is decided here.
var noDeadline = uint64(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).Unix())

// The headers of a message. Empty ones are left out.
const (
	headerClient      = "client" // always there, and always first
	headerOwner       = "owner"
	headerDescription = "description"
	headerParent      = "parent"
	headerRoot        = "root"
	headerRetryOf     = "retry_of"
	headerSchedule    = "schedule"
	headerSlot        = "slot"    // ms
	headerDue         = "due"     // ms
	headerCreated     = "created" // ms; left out if the id says it
	headerTrace       = "trace"
	headerUnique      = "unique" // digest of the uniqueness key
	headerMemo        = "memo"   // key under which the request is remembered
	headerWhole       = "whole"  // "queue id" of the job that this one is a part of
	headerTags        = "tags"   // with spaces between them
)

// message returns the unchanging part of a job as asynq keeps it. Type and
// headers come first, the client before all others: scripts read them from
// there.
func (r *record) message() []byte {
	b := make([]byte, 0, 200+len(r.Task)+len(r.Client)+len(r.Owner)+len(r.described)+len(r.Schedule)+len(r.Trace)+
		len(r.unique)+len(r.memo)+len(r.whole)+len(r.Args)+len(r.Queue))
	b = appendText(b, fieldType, r.Task)
	b = r.appendHeaders(b)
	if string(r.Args) != "{}" {
		b = appendText(b, fieldPayload, r.Args)
	}
	return appendAddress(b, r.ID, r.Queue)
}

func (r *record) appendHeaders(b []byte) []byte {
	b = appendHeader(b, headerClient, r.Client)
	b = appendHeader(b, headerOwner, r.Owner)
	b = appendHeader(b, headerDescription, r.described)
	b = appendHeader(b, headerParent, r.Parent)
	b = appendHeader(b, headerRetryOf, r.RetryOf)
	b = appendHeader(b, headerSchedule, r.Schedule)
	b = appendHeader(b, headerTrace, r.Trace)
	b = appendHeader(b, headerUnique, r.unique)
	b = appendHeader(b, headerMemo, r.memo)
	b = appendHeader(b, headerWhole, r.whole)
	b = appendHeader(b, headerTags, strings.Join(r.Tags, " "))
	if r.Root != r.ID {
		b = appendHeader(b, headerRoot, r.Root)
	}
	if r.Slot != nil {
		b = appendHeader(b, headerSlot, millis(*r.Slot))
	}
	if !r.Created.Equal(idTime(r.ID)) {
		b = appendHeader(b, headerCreated, millis(r.Created))
	}
	if !r.Due.Equal(r.Created) {
		b = appendHeader(b, headerDue, millis(r.Due))
	}
	return b
}

func appendAddress(b []byte, id, queue string) []byte {
	return appendText(appendText(b, fieldID, id), fieldQueue, queue)
}

func appendText[T ~string | ~[]byte](b []byte, field protowire.Number, text T) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(len(text)))
	return append(b, text...)
}

// appendHeader writes a header; empty ones are left out.
func appendHeader(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = protowire.AppendTag(b, fieldHeader, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(protowire.SizeTag(1)+protowire.SizeBytes(len(name))+protowire.SizeTag(2)+protowire.SizeBytes(len(value))))
	return appendText(appendText(b, 1, name), 2, value)
}

// readMessage takes what a message says into r.
func (r *record) readMessage(raw string) error {
	r.Args = json.RawMessage("{}")
	all := []byte(raw)
	for b := all; len(b) > 0; {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if kind != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(field, kind, b); n < 0 {
				return protowire.ParseError(n)
			}
			b = b[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		end := len(raw) - len(b)
		if err := r.readField(field, value, raw[end-len(value):end]); err != nil {
			return err
		}
	}
	r.complete()
	return nil
}

// readField takes a field, whose value is there as bytes and as text.
func (r *record) readField(field protowire.Number, value []byte, text string) error {
	switch field {
	case fieldType:
		r.Task = text
	case fieldPayload:
		r.Args = value
	case fieldID:
		r.ID = text
	case fieldQueue:
		r.Queue = strings.TrimPrefix(text, asynqPrefix)
	case fieldHeader:
		return r.readHeader(value, text)
	}
	return nil
}

func (r *record) readHeader(entry []byte, text string) error {
	var pair [2]string
	for i := range pair {
		_, _, n := protowire.ConsumeTag(entry)
		if n < 0 {
			return protowire.ParseError(n)
		}
		value, m := protowire.ConsumeBytes(entry[n:])
		if m < 0 {
			return protowire.ParseError(m)
		}
		entry = entry[n+m:]
		end := len(text) - len(entry)
		pair[i] = text[end-len(value) : end]
	}
	return r.setHeader(pair[0], pair[1])
}

func (r *record) setHeader(name, value string) (err error) {
	switch name {
	case headerClient:
		r.Client = value
	case headerOwner:
		r.Owner = value
	case headerDescription:
		r.described = value
	case headerParent:
		r.Parent = value
	case headerRoot:
		r.Root = value
	case headerRetryOf:
		r.RetryOf = value
	case headerSchedule:
		r.Schedule = value
	case headerTrace:
		r.Trace = value
	case headerUnique:
		r.unique = value
	case headerMemo:
		r.memo = value
	case headerWhole:
		r.whole = value
	case headerTags:
		r.Tags = strings.Split(value, " ")
	case headerSlot:
		r.Slot = new(time.Time)
		*r.Slot, err = fromMillis(value)
	case headerDue:
		r.Due, err = fromMillis(value)
	case headerCreated:
		r.Created, err = fromMillis(value)
	}
	if err != nil {
		return fmt.Errorf("header %s: %w", name, err)
	}
	return nil
}

// complete fills in what was left out because the rest says it. What asynq's
// own client enqueued says less.
func (r *record) complete() {
	if r.Client == "" {
		r.Client = defaultClient
		if !json.Valid(r.Args) {
			r.Args = json.RawMessage("null") // which no task takes
		}
	}
	r.Root = first(r.Root, r.ID)
	if r.Created.IsZero() {
		r.Created = idTime(r.ID)
	}
	if r.Due.IsZero() {
		r.Due = r.Created
	}
	r.Description = first(r.described, r.Task)
}

// idTime is the time that is in a UUIDv7; zero for other ids.
func idTime(id string) time.Time {
	u, err := uuid.Parse(id)
	if err != nil || u.Version() != 7 {
		return time.Time{}
	}
	return timeOf(u)
}

// timeOf is the time that is in a UUIDv7.
func timeOf(id uuid.UUID) time.Time {
	ms := int64(0)
	for _, b := range id[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms).UTC()
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func fromMillis(text string) (time.Time, error) {
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms).UTC(), err
}

// stub is the message of a job as asynq's server is handed it: enough to call
// back with that id.
func stub(j job.Job, id string) string {
	b := appendText(make([]byte, 0, 128), fieldType, j.Task)
	b = appendAddress(b, id, j.Queue)
	b = protowire.AppendTag(b, fieldDeadline, protowire.VarintType)
	return string(protowire.AppendVarint(b, noDeadline))
}

// digest shortens what makes a job unique to 16 bytes, as text.
func shorten(sum [32]byte) string { return base64.RawStdEncoding.EncodeToString(sum[:16]) }

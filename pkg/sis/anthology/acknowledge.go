package anthology

import (
	"context"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// partOf separates the id of a message from the person whom it names besides
// what it is about.
const partOf = " names "

// isPart reports whether a receipt is of a part of a message: the message is
// acknowledged as what it is about, and for the part there is nobody to tell.
func isPart(receipt string) bool { return strings.Contains(receipt, partOf) }

// Acknowledge implements [sis.Acknowledger], in batches. A message that was
// acknowledged before may be so again. After an outage the receipts that are
// left are not tried.
func (in *Inbox) Acknowledge(ctx context.Context, receipts []sis.Receipt) ([]sis.Written, error) {
	written := make([]sis.Written, len(receipts))
	var down error
	for _, stream := range sis.Streams {
		for batch := range slices.Chunk(ofStream(receipts, stream), in.cfg.Batch) {
			if down == nil {
				down = in.tell(ctx, stream, receipts, batch, written)
			}
			if down != nil {
				fail(written, batch, down)
			}
		}
	}
	return written, down
}

// ofStream returns which receipts are about messages of a stream. A part of a
// message has none of its own.
func ofStream(receipts []sis.Receipt, stream sis.Stream) (which []int) {
	for i, r := range receipts {
		if r.Stream == stream && r.ID != "" && !isPart(r.ID) {
			which = append(which, i)
		}
	}
	return which
}

func fail(written []sis.Written, batch []int, err error) {
	for _, i := range batch {
		if written[i] == (sis.Written{}) {
			written[i].Err = err
		}
	}
}

// tell sends one batch, and notes what the SIS answers for each. Its error is
// an outage.
func (in *Inbox) tell(ctx context.Context, stream sis.Stream, receipts []sis.Receipt, batch []int, written []sis.Written) error {
	operation := operations[stream].acknowledge
	said := make([]map[string]any, len(batch))
	for i, number := range batch {
		said[i] = in.says(receipts[number])
	}
	answers := map[string]string{}
	err := in.call(ctx, operation, map[string]any{in.names.fields["Messages"]: said}, func(m message) error {
		answers[m.field(in.names.fields["MessageId"])] = m.field(in.names.fields["Status"])
		return nil
	})
	if err != nil {
		return err
	}
	for _, number := range batch {
		written[number] = answered(receipts[number].ID, answers)
	}
	return nil
}

// says is what the SIS is told about a message.
func (in *Inbox) says(r sis.Receipt) map[string]any {
	status, info := "OK", []string{}
	if r.Refused {
		status, info = "ERROR", []string{r.Message}
	}
	return map[string]any{
		in.names.fields["MessageId"]: r.ID, in.names.fields["Status"]: status,
		in.names.fields["Result"]: r.Code, in.names.fields["InfoMessages"]: info,
	}
}

func answered(id string, answers map[string]string) sis.Written {
	status, ok := answers[id]
	switch {
	case !ok:
		return sis.Written{Err: &sis.Error{Code: "SRC_UNAVAILABLE", Message: "The SIS did not answer for message " + id + ".", Temporary: true}}
	case !strings.EqualFold(status, "OK"):
		return sis.Written{Err: problem("ROW_MALFORMED", "The SIS refuses the acknowledgement of message %s.", id)}
	}
	return sis.Written{ID: id}
}

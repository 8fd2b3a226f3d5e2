package roster

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Store is where a sync keeps what it knows. Each writing method is one
// transaction, and harmless when it is repeated.
type Store interface {
	// SISPull returns the last pull of a stream, and the zero Pull before the
	// first.
	SISPull(ctx context.Context, name string, stream sis.Stream) (sync.Pull, error)
	// FailSISPull says that the last pull of a stream has failed, until one
	// succeeds.
	FailSISPull(ctx context.Context, name string, f sync.FailedPull) error
	// SISFailedPulls returns the streams whose last pull has failed.
	SISFailedPulls(ctx context.Context, name string) (map[sis.Stream]sync.FailedPull, error)
	// SISStaff returns what is needed to bring the accounts of people in order,
	// without what they are registered in.
	SISStaff(ctx context.Context, name string) (sync.Campus, error)
	// SISRows returns the rows of a stream in order of arrival, without their
	// records.
	SISRows(ctx context.Context, name string, stream sis.Stream) ([]sync.Row, error)
	// EachSISOpenMessage calls take with the messages of a stream of which it is
	// not settled what becomes of them, oldest first; the empty stream means all.
	// They come without their bodies, runs, receipts and histories.
	EachSISOpenMessage(ctx context.Context, name string, stream sis.Stream, take func(sync.Message)) error
	// SISMessageCounts returns how many messages are in each state, for each
	// reason.
	SISMessageCounts(ctx context.Context, name string) ([]sync.MessageCount, error)
	// SISReceived returns the messages of a stream that have those receipts, with
	// what tells them apart.
	SISReceived(ctx context.Context, name string, stream sis.Stream, receipts []string) ([]sync.Message, error)
	// AbsorbSIS takes what a pull has changed.
	AbsorbSIS(ctx context.Context, d sync.Delta) error

	// SISCampus returns all that a plan is made from.
	SISCampus(ctx context.Context, name string) (sync.Campus, error)
	// SISSectionLinks returns what is needed to link sections to courses: the terms,
	// the sections and their links.
	SISSectionLinks(ctx context.Context, name string) (sync.Campus, error)
	// ChooseSISTerm keeps a person's word on whether a term is synced.
	ChooseSISTerm(ctx context.Context, name string, c sync.TermChoice) error
	// PutSISRekeys writes pairs of keys that may mean one record.
	PutSISRekeys(ctx context.Context, name string, rekeys []sync.Rekey) error
	// SISMessagesToAck returns the oldest messages of which the source wants to
	// be told, and was not, and of which it is known what became of them.
	SISMessagesToAck(ctx context.Context, name string, limit int) ([]sync.Message, error)
	// AckSISMessages says that the source was told of messages.
	AckSISMessages(ctx context.Context, ids []string, at time.Time) error
	// SealSISMessagesAgain seals up to limit messages with the newest key, and
	// returns how many there were.
	SealSISMessagesAgain(ctx context.Context, limit int) (int, error)
	// SetSISAside keeps a person's word that messages are not to be applied.
	SetSISAside(ctx context.Context, name string, messages []string, a sync.Aside) error
	// TakeSISBack forgets it, and leaves the messages as they were before.
	TakeSISBack(ctx context.Context, name string, messages []string, by string, at time.Time) error
	// PutSISLinks writes links, new and known.
	PutSISLinks(ctx context.Context, name string, links []sync.Link) error

	// SISPlan returns a plan; the empty id means the newest.
	SISPlan(ctx context.Context, name, id string) (sync.Plan, error)
	// SISPlanBefore returns the newest plan of a run that was to be applied, with
	// what was decided about it, and the zero plan before the first.
	SISPlanBefore(ctx context.Context, name string) (sync.Plan, error)
	// SISEffects returns effects of a plan in order.
	SISEffects(ctx context.Context, plan string, f sync.EffectFilter) ([]sync.Effect, error)
	// PutSISPlan takes a plan, and gives up those before it.
	PutSISPlan(ctx context.Context, d sync.Draft) error
	// OpenSISEffects returns the first effects of a plan, after the one of that
	// number, that are neither held nor settled.
	OpenSISEffects(ctx context.Context, plan string, after int64, limit int) ([]sync.Effect, error)
	// SISPeopleOf returns which accounts of the target people have, by person.
	SISPeopleOf(ctx context.Context, name string, people []string) (map[string]sync.PersonLink, error)
	// AppliedSISEffects counts the effects of a part of a plan that are applied,
	// by kind.
	AppliedSISEffects(ctx context.Context, plan string, part sync.Shard) (map[sync.EffectOp]int64, error)
	// SendSISEffects says that effects are handed to the target now.
	SendSISEffects(ctx context.Context, plan string, effects []sync.Effect) error
	// SettleSIS takes what became of effects.
	SettleSIS(ctx context.Context, s sync.Settlement) error
	// MoveSISPlan says how far a plan has come.
	MoveSISPlan(ctx context.Context, id string, state sync.PlanState) error
	// FinishSISPlan says that what could be applied of a plan is, and returns
	// where that leaves it.
	FinishSISPlan(ctx context.Context, name, id string) (sync.PlanState, error)
	// ExpireSISPlans gives up plans that have waited for people since before that
	// time, and returns which.
	ExpireSISPlans(ctx context.Context, name string, before time.Time) ([]string, error)
	// ForgetSISApplied forgets that places were written.
	ForgetSISApplied(ctx context.Context, name string, places []sync.Place) error
	// PurgeSIS deletes messages and plans that ended before that time.
	PurgeSIS(ctx context.Context, name string, before time.Time) (sync.Purged, error)
	// SISGroups returns the groups of sections.
	SISGroups(ctx context.Context, name string, sections []string) (map[sync.GroupKey]sync.Group, error)
	// SISAppliedTo returns the enrolments of people as they were last written.
	SISAppliedTo(ctx context.Context, name string, people []string) (map[sync.Place]sync.Span, error)
}

package api

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/sync"
)

// knowsPeople reports whether whoever acts may see what names the people of a
// sync, beside their keys in the SIS: those who administer its client.
func (g gate) knowsPeople(ctx context.Context, name string) bool {
	for _, s := range g.syncs {
		if s.Name == name {
			return auth.Of(ctx).May(auth.Administer, firstOf(s.Client, "default"), planTask)
		}
	}
	return auth.Of(ctx).Everywhere(auth.Administer)
}

// SISMessages implements [InboxLedger].
func (l gatedLedger) SISMessages(ctx context.Context, f sync.MessageFilter) ([]sync.Message, error) {
	if err := l.syncOpen(ctx, f.Sync); err != nil {
		return nil, err
	}
	messages, err := l.ledger.SISMessages(ctx, f)
	if !l.knowsPeople(ctx, f.Sync) {
		for i := range messages {
			messages[i].Body = sync.HideBody(messages[i].Body)
		}
	}
	return messages, err
}

// SISMessageCounts implements [InboxLedger].
func (l gatedLedger) SISMessageCounts(ctx context.Context, name string) ([]sync.MessageCount, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return nil, err
	}
	return l.ledger.SISMessageCounts(ctx, name)
}

// SISMessage implements [InboxLedger].
func (l gatedLedger) SISMessage(ctx context.Context, name, id string) (sync.MessageDetail, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return sync.MessageDetail{}, err
	}
	d, err := l.ledger.SISMessage(ctx, name, id)
	if !l.knowsPeople(ctx, name) {
		d = impersonal(d)
	}
	return d, err
}

// impersonal returns a message without what names a person, wherever it stands.
func impersonal(d sync.MessageDetail) sync.MessageDetail {
	d.Body, d.Fields = sync.HideBody(d.Body), sync.HideFields(d.Fields)
	if d.Before != nil {
		before := *d.Before
		before.Body = sync.HideBody(before.Body)
		d.Before = &before
	}
	if d.Effect != nil {
		e := sync.HideEffect(*d.Effect)
		d.Effect = &e
	}
	return d
}

// SISSections implements [InboxLedger].
func (l gatedLedger) SISSections(ctx context.Context, f sync.SectionFilter) ([]sync.Section, error) {
	if err := l.syncOpen(ctx, f.Sync); err != nil {
		return nil, err
	}
	return l.ledger.SISSections(ctx, f)
}

// SISSectionCounts implements [InboxLedger].
func (l gatedLedger) SISSectionCounts(ctx context.Context, name, term string) (map[sync.SectionState]int64, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return nil, err
	}
	return l.ledger.SISSectionCounts(ctx, name, term)
}

// SISSection implements [InboxLedger].
func (l gatedLedger) SISSection(ctx context.Context, name, key string) (sync.Section, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return sync.Section{}, err
	}
	return l.ledger.SISSection(ctx, name, key)
}

// SISRegistered implements [InboxLedger].
func (l gatedLedger) SISRegistered(ctx context.Context, name, section, after string, limit int) ([]sync.Registered, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return nil, err
	}
	return l.ledger.SISRegistered(ctx, name, section, after, limit)
}

// SISTerms implements [InboxLedger], and says which terms are synced.
func (l gatedLedger) SISTerms(ctx context.Context, name string) ([]sync.Term, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return nil, err
	}
	terms, err := l.ledger.SISTerms(ctx, name)
	for _, s := range l.syncs {
		for i := range terms {
			if s.Name == name {
				terms[i].Selected = terms[i].Chosen(s)
			}
		}
	}
	return terms, err
}

// SISRekeys implements [InboxLedger].
func (l gatedLedger) SISRekeys(ctx context.Context, name string) ([]sync.Rekey, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return nil, err
	}
	return l.ledger.SISRekeys(ctx, name)
}

// SISWhy implements [InboxLedger]. Whoever may not see usernames cannot find
// people by them either.
func (l gatedLedger) SISWhy(ctx context.Context, name, person, section string, usernames bool) (sync.Facts, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return sync.Facts{}, err
	}
	return l.ledger.SISWhy(ctx, name, person, section, usernames && l.knowsPeople(ctx, name))
}

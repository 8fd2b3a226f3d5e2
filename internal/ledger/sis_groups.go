package ledger

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

const (
	groupTypes  = `section TEXT, course TEXT, target_id TEXT, gone BIGINT`
	memberTypes = `sync TEXT, person TEXT, section TEXT, course TEXT`
)

var (
	groupColumns  = names(groupTypes)
	writeGroups   = replacing("sis_groups", "sync TEXT, "+groupTypes, "sync, section, course")
	writeMembers  = inserting("sis_members", memberTypes, "ON CONFLICT DO NOTHING")
	deleteMembers = joining(memberTypes, `DELETE FROM sis_members WHERE (sync, person, section, course) IN (
		SELECT r.sync, r.person, r.section, r.course FROM rows AS r)`)
)

func scanGroup(r row) (g sync.Group, err error) {
	err = r.Scan(&g.Section, &g.Course, &g.ID, &g.Gone)
	return g, err
}

func byGroup(all []sync.Group) map[sync.GroupKey]sync.Group {
	groups := make(map[sync.GroupKey]sync.Group, len(all))
	for _, g := range all {
		groups[g.GroupKey] = g
	}
	return groups
}

// SISGroups returns the groups of sections.
func (l *Ledger) SISGroups(ctx context.Context, name string, sections []string) (map[sync.GroupKey]sync.Group, error) {
	var groups []sync.Group
	err := inChunks(sections, func(some []string) error {
		found, err := list(ctx, l.read, scanGroup, `SELECT `+groupColumns+` FROM sis_groups
			WHERE sync = $1 AND section IN (`+numbered(2, len(some))+`)`, append([]any{name}, anys(some)...)...)
		groups = append(groups, found...)
		return err
	})
	return byGroup(groups), wrap(err, "read groups of sync %s", name)
}

// readGroups reads who is in which group, and who may be: what was handed to
// the target and not answered.
func (l *Ledger) readGroups(ctx context.Context, name string, c *sync.Campus) error {
	groups, err := list(ctx, l.read, scanGroup, `SELECT `+groupColumns+` FROM sis_groups WHERE sync = $1`, name)
	if err != nil {
		return err
	}
	c.Groups, c.Members = byGroup(groups), map[sync.Member]bool{}
	for _, read := range []struct {
		sure  bool
		query string
	}{
		{true, `SELECT person, section, course FROM sis_members WHERE sync = $1`},
		{false, `SELECT DISTINCT person, section, course FROM sis_effects
			WHERE sync = $1 AND state IN ('sent', 'unknown') AND op IN ('join_group', 'leave_group')`},
	} {
		members, err := list(ctx, l.read, scanMember, read.query, name)
		if err != nil {
			return err
		}
		for _, m := range members {
			c.Members[m] = read.sure
		}
	}
	return nil
}

func scanMember(r row) (m sync.Member, err error) {
	err = r.Scan(&m.Person, &m.Section, &m.Course)
	return m, err
}

func settleGroups(ctx context.Context, w writer, s sync.Settlement) error {
	err := putAll(ctx, w, writeGroups, s.Groups, func(g sync.Group) []any {
		return []any{s.Sync, clean(g.Section), clean(g.Course), clean(g.ID), flag(g.Gone)}
	})
	if err != nil {
		return err
	}
	for _, g := range s.Groups {
		if !g.Gone {
			continue
		}
		if _, err := w.ExecContext(ctx, `DELETE FROM sis_members WHERE sync = $1 AND section = $2 AND course = $3`, s.Sync, g.Section, g.Course); err != nil {
			return err
		}
	}
	row := func(m sync.Member) []any { return []any{s.Sync, clean(m.Person), clean(m.Section), clean(m.Course)} }
	if err := putAll(ctx, w, writeMembers, s.Joined, row); err != nil {
		return err
	}
	return putAll(ctx, w, deleteMembers, s.Left, row)
}

// moveGroups gives the groups of sections to those that they are now.
func moveGroups(ctx context.Context, w writer, name string, rekeys []sync.Rekey) error {
	for _, k := range rekeys {
		if k.Stream != sis.Sections || k.State != sync.RekeyAccepted {
			continue
		}
		for _, table := range []string{"sis_members", "sis_groups"} {
			_, err := w.ExecContext(ctx, `UPDATE `+table+` SET section = $1 WHERE sync = $2 AND section = $3
				AND NOT EXISTS (SELECT 1 FROM sis_groups WHERE sync = $2 AND section = $1)`, clean(k.New), name, clean(k.Old))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

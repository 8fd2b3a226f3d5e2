package job

import (
	"regexp"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// maxTags is how many tags a job may have, and how many a filter may ask for.
const maxTags = 8

var tagForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._:-]{0,39}$`)

// TagsOf returns the tags that somebody gave a job as they are kept: in order of
// their alphabet, each once. What is no tag, and more than 8 of them, is a
// [fault.Invalid].
func TagsOf(given []string) ([]string, error) {
	if len(given) == 0 {
		return nil, nil
	}
	for _, tag := range given {
		if !tagForm.MatchString(tag) {
			return nil, noTag(tag, "tags")
		}
	}
	tags := slices.Compact(slices.Sorted(slices.Values(given)))
	if len(tags) > maxTags {
		return nil, fault.New(fault.Invalid, "A job may have %d tags at most, not %d.", maxTags, len(tags)).In("tags")
	}
	return tags, nil
}

func noTag(text, field string) error {
	return fault.New(fault.Invalid, "%.60q is no tag: a tag has 1 to 40 lower-case letters, digits and any of . - _ : and begins with a letter or digit.", text).In(field)
}

// takeTag adds a tag that jobs have to have.
func (f *Filter) takeTag(tag string) error {
	switch {
	case !tagForm.MatchString(tag):
		return noTag(tag, "q")
	case slices.Contains(f.Tags, tag):
		return nil
	case len(f.Tags) == maxTags:
		return fault.New(fault.Invalid, "A filter may ask for %d tags at most.", maxTags).In("q")
	}
	f.Tags = append(f.Tags, tag)
	return nil
}

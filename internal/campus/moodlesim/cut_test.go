package moodlesim_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// odd is what one row of a long request had instead of its own, where the
// recording was cut off before that row.
var odd = map[string][2]string{
	"create_users_50_one_duplicate_email":              {"users[25][email]=a00025%40", "users[25][email]=s00001%40"},
	"create_users_50_one_existing_username":            {"users[25][username]=a00025&", "users[25][username]=s00001&"},
	"create_users_50_two_rows_same_email_inside_batch": {"users[25][email]=a00025%40", "users[25][email]=a00010%40"},
	"dbg_create_users_50_one_duplicate_email":          {"users[25][email]=a00025%40", "users[25][email]=s00002%40"},
	"dbg_create_users_50_one_existing_username":        {"users[25][username]=a00025&", "users[25][username]=s00002&"},
}

// whole is a request with the rows that its recording was cut off before. They
// go on as they began, and are as many as the bytes that the recording counts.
func whole(t *testing.T, tr transcript) string {
	t.Helper()
	kept, missing, ok := strings.Cut(tr.Form, "...(+")
	if !ok {
		return tr.Form
	}
	count, _ := strconv.Atoi(strings.TrimSuffix(missing, " bytes)"))
	form := continued(kept, len(kept)+count)
	if len(form) != len(kept)+count || !strings.HasPrefix(form, kept) {
		t.Fatalf("the request of %s goes on in another way: %d bytes, want %d", tr.Case, len(form), len(kept)+count)
	}
	swap := odd[tr.Case]
	if swapped := strings.Replace(form, swap[0], swap[1], 1); swap[0] == "" || swapped != form {
		return swapped
	}
	t.Fatalf("%s has no %s", tr.Case, swap[0])
	return ""
}

// continued adds rows to the beginning of a form until it has that length.
func continued(kept string, length int) string {
	start := strings.Index(kept, "[0]")
	start = strings.LastIndexAny(kept[:start], "& ") + 1
	first, second := row(kept[start:], 0), row(kept[start:], 1)
	form := kept[:start] + first
	for n := 1; len(form) < length; n++ {
		form += "&" + next(first, second, n)
	}
	return form
}

// row returns the variables of one row.
func row(form string, n int) string {
	var vars []string
	for v := range strings.SplitSeq(form, "&") {
		if strings.Contains(v, fmt.Sprintf("[%d]", n)) {
			vars = append(vars, v)
		}
	}
	return strings.Join(vars, "&")
}

var digits = regexp.MustCompile(`\d+`)

// next is the nth row after the first: numbers that differ between the first
// and the second count on.
func next(first, second string, n int) string {
	following, at := digits.FindAllString(second, -1), -1
	return digits.ReplaceAllStringFunc(first, func(number string) string {
		if at++; following[at] == number {
			return number
		}
		begin, _ := strconv.Atoi(number)
		return fmt.Sprintf("%0*d", len(number), begin+n)
	})
}

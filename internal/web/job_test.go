package web_test

import (
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/web"
)

func TestTheLogShowsItsEndAndLeadsBack(t *testing.T) {
	h := dashboard(t, web.Config{})
	last := get(t, h, "/jobs/"+id(25)).Body.String()
	if !strings.Contains(last, "batch=523 ") || !strings.Contains(last, "batch=324 ") || strings.Contains(last, "batch=323 ") {
		t.Error("the page does not show the last 200 lines")
	}
	older := get(t, h, "/jobs/"+id(25)+"?log=324").Body.String()
	if !strings.Contains(older, "batch=323 ") || !strings.Contains(older, "batch=124 ") || strings.Contains(older, "batch=324 ") {
		t.Error("the older page does not show the 200 lines before")
	}
	if !strings.Contains(last, "log=324#log") || !strings.Contains(older, "log=124#log") || !strings.Contains(older, "Newest lines") {
		t.Error("the pages are not linked")
	}
}

func TestErrorsArePagedAndWhatWasNotKeptIsSaid(t *testing.T) {
	h := dashboard(t, web.Config{})
	first, last := get(t, h, "/jobs/"+id(13)).Body.String(), get(t, h, "/jobs/"+id(13)+"?errors=950").Body.String()
	if !strings.Contains(first, "errors=50#errors") || strings.Contains(first, "all are counted") {
		t.Error("the first page does not lead on")
	}
	if !strings.Contains(last, "The first errors are kept, all are counted: 1,312.") || strings.Contains(last, ">More") {
		t.Error("the last page does not say that there were more errors than were kept")
	}
}

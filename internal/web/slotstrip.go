package web

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/chart"
	"github.com/beadle-jobs/beadle/internal/job"
)

// stripSlots is how many slots the strip of a schedule shows.
const stripSlots = 30

// slotFills tell outcomes apart for who sees no colours.
var slotFills = map[job.SlotOutcome]chart.Fill{
	job.SlotRan:      chart.Solid,
	job.SlotRanLate:  chart.Slanted,
	job.SlotCaughtUp: chart.Dotted,
	job.SlotSkipped:  chart.Hollow,
	job.SlotExcluded: chart.Level,
	job.SlotPaused:   chart.Upright,
	job.SlotBlocked:  chart.Falling,
	job.SlotMissed:   chart.Crossed,
}

// lookOfSlot has the colour and the word of the slot's chip. What is not decided
// yet is hollow.
func lookOfSlot(slot job.Slot) chart.Look {
	c := chipOfSlot(slot)
	fill, decided := slotFills[slot.Outcome]
	if !decided {
		fill = chart.Hollow
	}
	return chart.Look{Word: c.Word, Colour: c.Colour, Fill: fill}
}

// slotStrip draws slots, which come the newest first.
func slotStrip(slots []job.Slot, zone *time.Location) template.HTML {
	if len(slots) == 0 {
		return ""
	}
	const day = "2 Jan, 15:04"
	strip := chart.Strip{
		ID: "strip", Title: "What became of the last " + counted(int64(len(slots)), "slot", "slots"),
		Head: []string{"Due", "Outcome", "Lag", "Why"}, Columns: stripSlots, Top: time.Hour.Seconds(), Desc: stripText(slots),
		From: slots[len(slots)-1].Due.In(zone).Format(day), To: slots[0].Due.In(zone).Format(day),
	}
	for _, slot := range slices.Backward(slots) {
		p := chart.Point{Value: -1, Look: lookOfSlot(slot)}
		late := ""
		if slot.Outcome.Ran() {
			p.Value, late = slot.Lag.Seconds(), lag(slot.Lag)
		}
		if slot.JobID != "" && slot.Pruned == nil {
			p.URL = jobPath(slot.JobID)
		}
		p.Cells = []string{slot.Due.In(zone).Format(day + " MST"), p.Look.Word, late, slot.Reason}
		strip.Points = append(strip.Points, p)
	}
	return strip.Draw()
}

// stripText says what the strip shows: how many had which outcome, and how late
// the latest began.
func stripText(slots []job.Slot) string {
	var words []string
	counts, latest := map[string]int64{}, time.Duration(0)
	for _, slot := range slots {
		word := strings.ToLower(lookOfSlot(slot).Word)
		if counts[word]++; counts[word] == 1 {
			words = append(words, word)
		}
		if slot.Outcome.Ran() {
			latest = max(latest, slot.Lag)
		}
	}
	for i, word := range words {
		words[i] = number(counts[word]) + " " + word
	}
	return fmt.Sprintf("The oldest first: %s. The taller, the later it began, up to %s; over the whole height is what did not run.", strings.Join(words, ", "), lag(latest))
}

// newestSlots reads the slots that the page shows, as a strip and as a list.
func (s *server) newestSlots(ctx context.Context, sch job.Schedule) ([]job.Slot, error) {
	slots, err := s.Schedules.Slots(ctx, sch.Name, time.Time{}, time.Time{}, stripSlots)
	if err != nil {
		return nil, fmt.Errorf("list slots of schedule %s: %w", sch.Name, err)
	}
	return slots, nil
}

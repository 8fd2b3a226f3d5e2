package scheduler

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// zoneFolders are where Go looks for time zones, after $ZONEINFO and before
// those that are built in.
var zoneFolders = []string{"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"}

// sayZones says which time zones schedules are planned with: two schedulers
// with different editions plan differently.
func sayZones(ctx context.Context, log *slog.Logger) {
	source, edition := zoneSource(append([]string{os.Getenv("ZONEINFO")}, zoneFolders...))
	log.InfoContext(ctx, "schedules are planned with the time zones of", "source", source, "edition", cmp.Or(edition, "unknown"))
}

// zoneSource returns the first of the places that is there, and its edition as
// far as it says; the Go release that has them built in if none is.
func zoneSource(places []string) (source, edition string) {
	for _, place := range places {
		if place == "" {
			continue
		}
		if _, err := os.Stat(place); err == nil {
			return place, zoneEdition(place)
		}
	}
	return "built in", runtime.Version()
}

// zoneEdition reads what the database says of itself, in either of the files
// that it may come with.
func zoneEdition(folder string) string {
	if raw, err := os.ReadFile(filepath.Join(folder, "+VERSION")); err == nil {
		return strings.TrimSpace(string(raw))
	}
	raw, _ := os.ReadFile(filepath.Join(folder, "tzdata.zi")) // many systems leave it out
	line, _, _ := strings.Cut(string(raw), "\n")
	edition, _ := strings.CutPrefix(line, "# version ")
	return edition
}

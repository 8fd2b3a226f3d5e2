package bundle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// common are the words that messages of programs are made of. A message may
// show these; none of them is a name.
var common = wordsOf(`a about above abort aborted access account accounts after again allowed already an and announced another answer answered answers any
are argument arguments as ask asked at attempt attempts available away bad batch be because been before begins behind below between body broke broken busy but by
bytes call cancelled canceled cannot certificate changed changes check clock clocks close closed code column columns conflict connect connected connection context
could course courses database date deadline denied device did disk does done down due during duplicate elected eof empty end ended enough enqueued enrolment error
errors event events exceeded exceptions exist exists expected expired failed failure fails field file files finish for format found from full gave given gone has have
header held host how http id in index input internal into invalid io is it its job jobs keep kept key keys known last lease ledger left length limit line lines list
load lock locked locks long lookup lost malformed many mark match may memory message messages method missing more must name named network new no none not nothing null
number of off on one only open operation or other out over page parse password pause paused peer permission person plan postgres problem process queue queues range
read reader ready record recorded redis refused renewing request required reset respond response retry row rows run running same schedule scheduler schema seconds
section sections see sent server set settings shutdown size slot slots so some source started state stop stopped stream such sync table target task tasks tcp term than
that the their them then there they this time timeout times tls to token too tries try trying twice type unavailable unexpected unfinished unique unknown until up update
use used user users value values version wait waited waiting was what when where which while who why will with without worker workers write wrong zone`)

func wordsOf(text string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		all[word] = true
	}
	return all
}

// word is what stands between blanks, with what surrounds it.
var word = regexp.MustCompile(`^[("'“‘]*([A-Za-z]+)[)"'”’.,:;!?]*$`)

// Plain returns the words of a message that every message may have; the others
// become a mark.
func Plain(message string) string {
	var kept []string
	for one := range strings.FieldsSeq(message) {
		if m := word.FindStringSubmatch(one); m != nil && common[strings.ToLower(m[1])] {
			kept = append(kept, one)
		} else if len(kept) == 0 || kept[len(kept)-1] != "…" {
			kept = append(kept, "…")
		}
	}
	return strings.Join(kept, " ")
}

func plainAll(texts map[string]string) map[string]string {
	all := map[string]string{}
	for name, text := range texts {
		all[name] = Plain(text)
	}
	return all
}

// code returns a code as those of Beadle and of Moodle are written.
func code(text string) string {
	if codes.MatchString(text) {
		return text
	}
	return "…"
}

var codes = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,40}$`)

// metrics copies the lines of a scrape that are metrics of ours or of Go.
func metrics(w io.Writer, scraped []byte) error {
	for line := range bytes.Lines(scraped) {
		if ours.Match(line) {
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
	}
	return nil
}

var ours = regexp.MustCompile(`^(beadle|go|process|promhttp)_[a-z0-9_]+(\{[^@]*\})? [0-9eE+.NaInf-]+\n$`)

// What a line of a log may say besides its message: whatever is a time, a
// number, a duration or an id.
var (
	harmless = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)|-?[0-9.]{1,6}([µnm]?s|m|h)?|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|true|false|DEBUG|INFO|WARN|ERROR)$`)
	traceID  = regexp.MustCompile(`^[0-9a-f]{32}$`) // under that name only: tokens look like this
	pair     = regexp.MustCompile(`([a-z_]{1,30})=("(?:[^"\\]|\\.)*"|\S*)`)
)

// maxLine bounds a line of a log; what is longer ends the copy.
const maxLine = 1 << 20

// copyLog copies what may be shown of a log of a scheduler or a worker, in text
// or in JSON.
func copyLog(w io.Writer, log io.Reader) error {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if _, err := fmt.Fprintln(w, logLine(lines.Text())); err != nil {
			return err
		}
	}
	return lines.Err()
}

func logLine(line string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(line), &fields) == nil {
		var parts []string
		for _, name := range []string{"time", "level", "msg", "err", "job", "attempt", "trace_id"} {
			if value, is := fields[name]; is {
				parts = append(parts, name+"="+logValue(name, fmt.Sprint(value)))
			}
		}
		return strings.Join(parts, " ")
	}
	var parts []string
	for _, m := range pair.FindAllStringSubmatch(line, -1) {
		if common[m[1]] || m[1] == "level" || m[1] == "msg" || m[1] == "err" || m[1] == "trace_id" {
			parts = append(parts, m[1]+"="+logValue(m[1], strings.Trim(m[2], `"`)))
		}
	}
	return strings.Join(parts, " ")
}

func logValue(name, value string) string {
	if harmless.MatchString(value) || name == "trace_id" && traceID.MatchString(value) {
		return value
	}
	return `"` + Plain(value) + `"`
}

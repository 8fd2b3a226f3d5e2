package story_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// redX: rita asks to abort a job, thinks better of it, and aborts it.
func redX(h *house, visit func() visitor) {
	j := h.report("paul", "north", "chemistry")
	rita := visit()
	rita.logIn("rita")
	rita.press(row(j.ID) + " .abort")
	rita.Do(chromedp.WaitVisible("dialog form"))
	rita.reads("Abort this job?", "Report of chemistry")
	rita.press("dialog [data-close]")
	rita.Do(chromedp.WaitNotPresent("dialog"))
	h.stands(j.ID, "running")

	rita.press(row(j.ID) + " .abort")
	rita.Do(chromedp.WaitVisible("dialog form"))
	rita.press("dialog button[type=submit]")
	rita.Until(`document.querySelector('` + row(j.ID) + ` .chip')?.textContent.includes("Aborted") && !document.querySelector('` + row(j.ID) + ` .abort')`)
	h.eventually("the task to be told", func() bool {
		err, ended := h.desk.endOf("chemistry")
		return ended && errors.Is(err, context.Canceled)
	})
	rita.to("/jobs/" + j.ID)
	rita.reads("Aborted", "by rita")
}

// mailArrives: paul wants to be told, and opens the job by the link of the
// letter.
func mailArrives(h *house, visit func() visitor) {
	j := h.report("paul", "north", "drama")
	paul := visit()
	paul.logIn("paul")
	bell := row(j.ID) + " button[form=bells]"
	paul.press(bell)
	paul.Until(`document.querySelector('` + bell + `')?.title === "You will be notified"`)
	paul.press(`form[action="/logout"] button`)
	paul.at("/login")
	h.desk.finish("drama")
	h.stands(j.ID, "succeeded")

	h.eventually("a letter", func() bool { return len(h.box.Letters) > 0 })
	letter := <-h.box.Letters
	if diff := cmp.Diff([]string{"paul@example.edu"}, letter.To); diff != "" {
		h.Errorf("it went elsewhere (-want +got)\n%s", diff)
	}
	m, err := mail.ReadMessage(strings.NewReader(letter.Text))
	h.must(err)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if h.must(err); subject != "Report of drama succeeded" {
		h.Errorf("the subject is %q", subject)
	}
	body, err := io.ReadAll(m.Body)
	h.must(err)
	link := h.url + "/jobs/" + j.ID
	if text := strings.NewReplacer("=\r\n", "", "=3D", "=").Replace(string(body)); !strings.Contains(text, link) {
		h.Fatalf("the letter has no link %s:\n%s", link, text)
	}
	paul.Open(link)
	paul.Do(chromedp.WaitVisible("input[name=password]"))
	paul.fill("input[name=name]", "paul", "input[name=password]", passwords["paul"])
	paul.press("form button.main")
	paul.at("/jobs/" + j.ID)
	paul.reads("Report of drama", "Succeeded")
}

// errorsAreDownloaded: the exclamation mark leads to the errors, and these into
// a spreadsheet, which calculates nothing of what they say.
func errorsAreDownloaded(h *house, visit func() visitor) {
	j := h.enqueue("paul", "north", "roster.check", "economics")
	h.stands(j.ID, "succeeded")
	paul := visit()
	paul.logIn("paul")
	paul.Until(`document.querySelector('` + row(j.ID) + ` .errors')?.textContent.trim() === "2"`)
	paul.press(row(j.ID) + " .errors")
	paul.Do(chromedp.WaitVisible("dialog form"))
	paul.reads("2 errors", "users.csv:2", "The date 31.02.2026 is none.")
	paul.press(`dialog a[href$="#errors"]`)
	paul.at("/jobs/" + j.ID)
	paul.reads("EMAIL_INVALID", "The date 31.02.2026 is none.", `=HYPERLINK("http://evil.example","click")`)

	dir := paul.Downloads()
	paul.press("#errors a[download]")
	var file string
	h.eventually("the file", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
		if len(found) == 0 {
			return false
		}
		text, err := os.ReadFile(found[0])
		file = string(text)
		return err == nil && strings.Count(file, "\n") == 3
	})
	for _, inert := range []string{`"'=HYPERLINK(""http://evil.example"",""click"")"`, `'+users.csv:3`} {
		if !strings.Contains(file, inert) {
			h.Errorf("the file does not have %s:\n%s", inert, file)
		}
	}
}

// jobMoves: bars move, states change and new jobs wait, and the page stays
// where it is.
func jobMoves(h *house, visit func() visitor) {
	j := h.report("paul", "north", "french")
	rita := visit()
	rita.logIn("rita")
	rita.Eval(`window.kept = true`)
	bar := `document.querySelector('` + row(j.ID) + ` progress')?.value`
	for _, percent := range []string{"25", "60"} {
		h.desk.step("french", map[string]int64{"25": 25, "60": 60}[percent], 100)
		rita.Until(bar + " === " + percent)
	}
	rita.Eval(`document.querySelector('` + row(j.ID) + ` a.open').focus()`)
	other := h.report("paul", "north", "geology")
	rita.Until(`document.querySelector(".fresh")?.textContent === "1 new" && !document.querySelector('` + row(other.ID) + `')`)
	h.desk.finish("french")
	rita.Until(`document.querySelector('` + row(j.ID) + ` .chip').textContent.includes("Succeeded")`)
	rita.press(".fresh")
	rita.Do(chromedp.WaitVisible(row(other.ID)))
	h.desk.finish("geology")
	rita.Until(`document.querySelector('` + row(other.ID) + ` .chip').textContent.includes("Succeeded") && window.kept`)
}

// withoutScripts: what others do in place goes over pages and forms.
func withoutScripts(h *house, visit func() visitor) {
	j := h.report("paul", "north", "history")
	paul := visit()
	paul.WithoutScripts()
	paul.logIn("paul")
	paul.press(row(j.ID) + " a.open")
	paul.at("/jobs/" + j.ID)
	paul.reads("Report of history", "Running")
	h.desk.step("history", 3, 4)
	h.eventually("progress after a reload", func() bool {
		paul.to("/jobs/" + j.ID)
		return paul.Text(`String(document.querySelector("progress")?.value)`) == "75"
	})
	paul.to("/jobs")
	paul.press(row(j.ID) + " .abort")
	paul.at("/jobs/" + j.ID + "/abort")
	paul.press("form.confirm button[type=submit]")
	paul.at("/jobs")
	h.stands(j.ID, "aborted")
	h.eventually("the job among those that were aborted", func() bool {
		paul.to("/jobs?state=aborted")
		return paul.Text(`String(!!document.querySelector('`+row(j.ID)+`'))`) == "true"
	})
	paul.press(`form[action="/logout"] button`)
	paul.at("/login")
}

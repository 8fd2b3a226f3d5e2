package notice

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"text/template"
)

// A Format is what a chat takes.
type Format string

// The formats.
const (
	Slack      Format = "slack"
	Teams      Format = "teams"
	Mattermost Format = "mattermost"
	Custom     Format = "template" // as the rule says
)

// Formats are all formats.
var Formats = []Format{Slack, Teams, Mattermost, Custom}

// presets are the templates of the formats. Every value is written as JSON.
var presets = map[Format]string{
	Slack:      `{"text": {{json (slack (print .Subject "\n" .Text))}}, "unfurl_links": false}`,
	Mattermost: `{"username": "Beadle", "text": {{json (plain (print .Subject "\n" .Text))}}}`,
	Teams: `{"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": {
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
		"body": [{"type": "TextBlock", "weight": "Bolder", "wrap": true, "text": {{json .Subject}}}, {"type": "TextBlock", "wrap": true, "text": {{json .Text}}}]
		{{- if .Link}}, "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": {{json .Link}}}]{{end}}}}]}`,
}

// A Message is what templates see.
type Message struct {
	Subject string  // one line
	Text    string  // a line for each thing that happened
	Link    string  // to the page; empty where no public address is set
	Facts   []Facts // at most [Lines]
	More    int     // things that happened and have no line
}

// Body returns m as JSON, as a chat of that format takes it. What a template
// makes that is no JSON is refused.
func (r Rule) Body(m Message) ([]byte, error) {
	text := r.Template
	if r.Format != Custom {
		text = presets[r.Format]
	}
	t, err := template.New("chat").Funcs(functions).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, wrong("template", "The template cannot be read: %v.", err)
	}
	var body bytes.Buffer
	if err := t.Execute(&bounded{&body}, m); err != nil {
		return nil, wrong("template", "The template cannot be filled in: %v.", err)
	}
	if !json.Valid(body.Bytes()) {
		return nil, wrong("template", "The template does not make JSON; write values as {{json .Subject}}.")
	}
	return body.Bytes(), nil
}

// functions are those of templates. What would write text of any length is not
// among them.
var functions = template.FuncMap{"json": asJSON, "slack": slackText, "plain": plainText, "printf": func(...any) (string, error) {
	return "", errors.New("there is no printf here; write values as {{json .Subject}}")
}}

// slackText keeps a name of something from being a command to Slack, which writes
// those in angle brackets: <!channel> would ring for everybody.
func slackText(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// plainText keeps a name from ringing for everybody, or from being formatted, in
// chats that take Markdown.
func plainText(text string) string {
	return strings.NewReplacer("@", "@\u200b", "[", "\\[", "*", "\\*", "`", "\\`", "<", "\\<").Replace(text)
}

// maxBody bounds what a template makes.
const maxBody = 256 << 10

// bounded refuses more than so much.
type bounded struct{ *bytes.Buffer }

// Write implements [io.Writer].
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxBody {
		return 0, errors.New("it makes more than 256 KiB")
	}
	return b.Buffer.Write(p)
}

// asJSON writes a value of a template.
func asJSON(v any) (string, error) {
	raw, err := json.Marshal(v)
	return string(raw), err
}

// most is how long a template may be.
const most = 8 << 10

// sample is what templates are tried with, of characters that need care.
var sample = Message{Subject: `"Import" of <north> & south`, Text: "one\ntwo \\ three", Link: "https://beadle.example.edu/", Facts: []Facts{{What: Failed, Title: `"`}}}

func (r Rule) checkFormat() error {
	switch {
	case r.Format != Custom && presets[r.Format] == "":
		return wrong("format", "There is no format %q; there are %s.", r.Format, list(Formats))
	case r.Format != Custom && r.Template != "":
		return wrong("template", "The format %s has a template of its own; choose the format template.", r.Format)
	case len(r.Template) > most:
		return wrong("template", "The template must be at most %d bytes.", most)
	}
	_, err := r.Body(sample)
	return err
}

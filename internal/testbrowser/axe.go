package testbrowser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Barriers returns what axe-core finds in the page that is serious or critical
// for people who see, hear or move otherwise, a line each. With names of rules
// it looks for these alone: "color-contrast".
func (b Tab) Barriers(rules ...string) (lines []string) {
	b.Helper()
	if known, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!window.axe")); err != nil || !known {
		b.Eval(axe(b))
	}
	only, err := json.Marshal(rules)
	if err != nil {
		b.Fatal(err)
	}
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf(judge, only), awaited))
	if err != nil {
		b.Fatal(err)
	}
	var violations []struct {
		ID, Impact, Help string
		Where            []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.Fatal(err)
	}
	for _, v := range violations {
		lines = append(lines, fmt.Sprintf("%s: %s (%s) at %s", v.Impact, v.Help, v.ID, strings.Join(v.Where, "; ")))
	}
	return lines
}

// judge runs axe-core on what WCAG 2.2 asks for at levels A and AA, and on its
// best practices, or on some rules.
const judge = `axe.run(document, {resultTypes: ["violations"], runOnly: %s ?? undefined}).then((r) => JSON.stringify(
	r.violations.filter((v) => v.impact === "serious" || v.impact === "critical")
		.map((v) => ({id: v.id, impact: v.impact, help: v.help, where: v.nodes.slice(0, 5).map((n) => n.target.join(" ") + " " + n.failureSummary)}))))`

// awaited has a script's promise kept before it is answered.
func awaited(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }

// axe returns the script of axe-core, as npm has installed it.
func axe(t testing.TB) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(moduleRoot(t), "internal", "testbrowser", "axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing(t, "axe-core")
	}
	return string(script)
}

// moduleRoot returns the folder of go.mod, above that of the test.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, found := os.Stat(filepath.Join(dir, "go.mod")); found == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("there is no go.mod above this test")
	return ""
}

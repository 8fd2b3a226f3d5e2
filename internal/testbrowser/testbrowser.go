// Package testbrowser gives tests a real browser: Debian's Chromium without a
// window, one process per test and a tab per part of it.
//
// Whatever a page complains about to the console fails the test that looks at
// it. Without Chromium a test is skipped, and with CI in the environment it
// fails: scripts/deps brings what is needed.
package testbrowser

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a tab waits for what a page should come to.
const patience = 20 * time.Second

// A Tab is a tab of the browser, looked at by one test.
type Tab struct {
	testing.TB
	ctx context.Context
}

// New starts a browser, and returns what opens a tab of it. A tab is 1280 by
// 1000, knows no cookie of another, and closes with its test.
func New(t *testing.T) func(testing.TB) Tab {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return func(t testing.TB) Tab {
		tab, cancel := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
		t.Cleanup(cancel)
		if err := chromedp.Do(tab); err != nil { // the tab ends with the context of its first step
			t.Fatal(err)
		}
		b := Tab{t, tab}
		b.Wide(1280)
		b.watch()
		return b
	}
}

func missing(t testing.TB, program string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed, and CI must not skip this test: run make deps", program)
	}
	t.Skipf("%s is not installed: run make deps", program)
}

// DevTools returns the context of the tab, for what this package has no word for.
func (b Tab) DevTools() context.Context { return b.ctx }

// Open shows the page at a URL.
func (b Tab) Open(url string) {
	b.Helper()
	b.Do(chromedp.Navigate(url))
}

// Wide makes the tab that many pixels wide.
func (b Tab) Wide(pixels int64) {
	b.Helper()
	b.Do(chromedp.EmulateViewport(pixels, 1000))
}

// Prefers has pages see a person who prefers that, and nothing else:
// "prefers-color-scheme", "dark".
func (b Tab) Prefers(pairs ...string) {
	b.Helper()
	var p emulation.SetEmulatedMediaParams
	for i := 0; i < len(pairs); i += 2 {
		p.Features = append(p.Features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, p); err != nil {
		b.Fatal(err)
	}
}

// WithoutScripts has pages see a browser that runs no JavaScript of theirs.
func (b Tab) WithoutScripts() {
	b.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		b.Fatal(err)
	}
}

// Downloads has the files that the tab downloads end up in a new folder, which
// it returns.
func (b Tab) Downloads() (dir string) {
	b.Helper()
	dir = b.TempDir()
	_, err := chromedp.Call(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir,
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	})
	if err != nil {
		b.Fatal(err)
	}
	return dir
}

// Keys presses keys, one after the other, wherever the focus is.
func (b Tab) Keys(keys string) {
	b.Helper()
	for _, key := range keys {
		events := kb.Encode(key)
		for i, e := range events {
			if e.Type == kb.KeyChar { // as with a keyboard, there is none if the page has used up the key
				continue
			}
			if i+1 < len(events) && events[i+1].Type == kb.KeyChar {
				e.Type, e.Text, e.UnmodifiedText = kb.KeyDown, events[i+1].Text, events[i+1].UnmodifiedText
			}
			if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, *e); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// Cookies are those of the page, with their values, by name.
func (b Tab) Cookies() map[string]string {
	b.Helper()
	all, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		b.Fatal(err)
	}
	values := map[string]string{}
	for _, c := range all.Cookies {
		values[c.Name] = c.Value
	}
	return values
}

// Text returns what an expression is in the page.
func (b Tab) Text(expression string) string {
	b.Helper()
	text, err := evaluate[string](b, expression, patience)
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return text
}

// evaluate returns what an expression is, if the page says so in time.
func evaluate[T any](b Tab, expression string, within time.Duration) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, within)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression))
}

// Links returns the pages of the same server that this page leads to, in a steady
// order: not files, nor the API.
func (b Tab) Links() (paths []string) {
	b.Helper()
	var found []string
	if err := json.Unmarshal([]byte(b.Text(`JSON.stringify([...document.querySelectorAll("a[href]:not([download])")].filter((a) => a.origin === location.origin).map((a) => a.pathname + a.search))`)), &found); err != nil {
		b.Fatal(err)
	}
	for _, path := range found {
		if !strings.HasPrefix(path, "/api/") && !strings.Contains(path, "format=") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// Do carries out steps, such as clicks.
func (b Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatalf("%v\nThe page reads:\n%s", err, b.body())
	}
}

// Eval runs a script in the page.
func (b Tab) Eval(script string) {
	b.Helper()
	if _, err := evaluate[any](b, script, patience); err != nil {
		b.Fatal(err)
	}
}

// Until waits until an expression is true in the page.
func (b Tab) Until(expression string) {
	b.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if ok, err := evaluate[bool](b, "!!("+expression+")", 2*time.Second); err == nil && ok {
			return
		}
	}
	b.Fatalf("never true: %s\nThe page reads:\n%s", expression, b.body())
}

// body is what the page reads, with where it is.
func (b Tab) body() string {
	text, _ := evaluate[string](b, `location.href + "\n" + document.body.innerText`, time.Second)
	return text
}

// watch collects complaints, and reports them at the end.
func (b Tab) watch() {
	b.Helper()
	var mu sync.Mutex
	var complaints []string
	err := chromedp.Listen(b.ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch event := event.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, event.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			complaints = append(complaints, strings.TrimSpace(event.Entry.Text+" "+event.Entry.URL))
		}
	})
	if err == nil {
		_, err = chromedp.Call(b.ctx, log.Enable, cdp.Empty{})
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range complaints {
			b.Errorf("the page complains: %s", c)
		}
	})
}

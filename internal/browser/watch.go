package browser

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/go-rod/rod/lib/proto"
)

const maxComplaints = 100 // of one page; more would say nothing new

type kind int

const (
	console kind = iota // what AllowConsole may allow: logged errors, exceptions, policy violations
	other
)

type complaint struct {
	kind kind
	text string
}

// watch notes what Chromium tells of a page, in its reading goroutine.
type watch struct {
	origin string

	mu          sync.Mutex
	page        *Page
	complaints  []complaint
	failed      []failedAnswer
	requests    map[proto.NetworkRequestID]string // method and address of what is under way
	status      int                               // of the last document
	bytes       int                               // that came since the last document was asked for
	pending     bool                              // a navigation was asked for and has not begun
	loading     bool
	opened      []string // addresses of tabs
	wantDialogs []bool   // whether the dialogs to come are accepted
	wanted      expectations
	described   bool // a failure has told of the page; used by the test's goroutine alone
}

type failedAnswer struct {
	status int
	of     string
}

func newWatch(base *url.URL) *watch {
	return &watch{origin: base.Scheme + "://" + base.Host, requests: map[proto.NetworkRequestID]string{}}
}

func (w *watch) begin(p *Page) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.page = p
}

func (w *watch) complain(k kind, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(k, text)
}

func (w *watch) add(k kind, text string) {
	if len(w.complaints) < maxComplaints {
		w.complaints = append(w.complaints, complaint{k, strings.TrimSpace(text)})
	}
}

// busy says whether a navigation is under way.
func (w *watch) busy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pending || w.loading
}

// note is the handler of the page's session.
func (w *watch) note(method string, params json.RawMessage) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch domain, name, _ := strings.Cut(method, "."); domain {
	case "Page":
		w.notePage(name, params)
	case "Network":
		w.noteNetwork(name, params)
	case "Runtime", "Log":
		w.noteLog(name, params)
	}
}

// notePage follows the navigations of the main frame: asked for, begun, over.
func (w *watch) notePage(name string, params json.RawMessage) {
	var of struct {
		FrameID     proto.PageFrameID `json:"frameId"`
		Disposition string            `json:"disposition"`
	}
	_ = json.Unmarshal(params, &of)
	main := w.page != nil && of.FrameID == w.page.frame
	switch {
	case name == "javascriptDialogOpening":
		e := load[proto.PageJavascriptDialogOpening](params)
		w.dialog(string(e.Type), e.Message)
	case name == "windowOpen":
		w.opened = append(w.opened, load[proto.PageWindowOpen](params).URL)
	case !main:
	case name == "frameRequestedNavigation" && of.Disposition == "currentTab":
		w.pending = true
	case name == "frameStartedLoading":
		w.pending, w.loading = false, true
	case name == "frameStoppedLoading":
		w.pending, w.loading = false, false
	case name == "navigatedWithinDocument":
		w.pending = false
	}
}

func (w *watch) noteNetwork(name string, params json.RawMessage) {
	switch name {
	case "requestWillBeSent":
		e := load[proto.NetworkRequestWillBeSent](params)
		w.requests[e.RequestID] = e.Request.Method + " " + strings.TrimPrefix(e.Request.URL, w.origin)
		w.checkOrigin(e.Request.Method, e.Request.URL)
		if e.Type == proto.NetworkResourceTypeDocument && e.RedirectResponse == nil && w.page != nil && e.FrameID == w.page.frame {
			w.bytes = 0
		}
	case "webSocketCreated":
		e := load[proto.NetworkWebSocketCreated](params)
		w.checkOrigin("open", strings.Replace(e.URL, "ws", "http", 1))
	case "responseReceived":
		e := load[proto.NetworkResponseReceived](params)
		if e.Response == nil {
			return
		}
		if e.Type == proto.NetworkResourceTypeDocument && w.page != nil && e.FrameID == w.page.frame {
			w.status = e.Response.Status
		}
		of := w.requests[e.RequestID]
		if e.Response.Status >= 400 && of != favicon && len(w.failed) < maxComplaints {
			w.failed = append(w.failed, failedAnswer{e.Response.Status, of})
		}
	case "loadingFinished", "loadingFailed":
		e := load[proto.NetworkLoadingFinished](params)
		w.bytes += int(e.EncodedDataLength)
		delete(w.requests, e.RequestID)
	}
}

// inside are the schemes of addresses that ask no server.
var inside = []string{"data", "blob", "about", "mailto", "tel"}

// checkOrigin complains about requests to elsewhere.
func (w *watch) checkOrigin(method, address string) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		w.add(other, "a request to an address that does not parse: "+address)
	case slices.Contains(inside, u.Scheme):
	case u.Scheme+"://"+u.Host != w.origin:
		w.add(other, "a request left the origin: "+method+" "+address)
	}
}

func (w *watch) noteLog(name string, params json.RawMessage) {
	switch name {
	case "consoleAPICalled":
		e := load[proto.RuntimeConsoleAPICalled](params)
		if e.Type == proto.RuntimeConsoleAPICalledTypeError || e.Type == proto.RuntimeConsoleAPICalledTypeAssert {
			w.add(console, "the console has an error: "+consoleText(e.Args))
		}
	case "exceptionThrown":
		if d := load[proto.RuntimeExceptionThrown](params).ExceptionDetails; d != nil {
			w.add(console, fmt.Sprintf("uncaught exception: %s (%s:%d)", exceptionText(d), d.URL, d.LineNumber+1))
		}
	case "entryAdded":
		e := load[proto.LogEntryAdded](params).Entry
		if e == nil || e.Level != proto.LogLogEntryLevelError || strings.HasPrefix(e.Text, failedStatus) {
			return
		}
		w.add(console, fmt.Sprintf("%s error: %s %s", e.Source, e.Text, e.URL))
	}
}

// favicon is what Chromium asks for by itself, at a time of its own, when a page names no icon.
const favicon = "GET /favicon.ico"

// failedStatus begins the log entry that Chromium writes for an answer of 400 or more, which Expect judges by its number.
const failedStatus = "Failed to load resource: the server responded with a status of"

func consoleText(args []*proto.RuntimeRemoteObject) string {
	var words []string
	for _, a := range args {
		if a.Description != "" {
			words = append(words, a.Description)
		} else {
			words = append(words, a.Value.String())
		}
	}
	return strings.Join(words, " ")
}

// exceptionText answers what was thrown, with where it was thrown from.
func exceptionText(d *proto.RuntimeExceptionDetails) string {
	if d.Exception == nil {
		return d.Text
	}
	if d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text + " " + d.Exception.Value.String()
}

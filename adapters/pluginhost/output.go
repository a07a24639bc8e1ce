package pluginhost

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

const (
	maxRaw     = 8 << 10 // bytes of a line that are looked at
	perMinute  = 600     // lines of one plugin that are logged
	maxHidden  = 256     // calls whose secrets are looked for; no more than maxCalls of them run
	hideAfter  = 5 * time.Second
	maxDetails = 20
)

// output takes what a plugin writes to its standard output and error into our log, without secrets: those of the calls that run or
// ended just now, private keys, and what has the shape of a token. Lines of hclog keep their level, but what is below info is left
// out: it is where libraries write passwords.
type output struct {
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	hidden  []*watched
	minute  time.Time
	lines   int
	dropped int
}

// watched are the secrets of one call.
type watched struct {
	*plugin.Redactor
	ended bool
}

func newOutput(log *slog.Logger, now func() time.Time) *output { return &output{log: log, now: now} }

// hide looks for the secrets of a call from now on, until a moment after the function that it answers was called: what a plugin wrote
// last comes a little later.
func (o *output) hide(r *plugin.Redactor) func() {
	w := &watched{Redactor: r}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.hidden) >= maxHidden { // the one that ended first makes room, never one that runs
		if i := slices.IndexFunc(o.hidden, func(x *watched) bool { return x.ended }); i >= 0 {
			o.hidden = slices.Delete(o.hidden, i, i+1)
		}
	}
	o.hidden = append(o.hidden, w)
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		w.ended = true
		time.AfterFunc(hideAfter, func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.hidden = slices.DeleteFunc(o.hidden, func(x *watched) bool { return x == w })
		})
	}
}

// writer answers a writer of lines. Each stream has one of its own.
func (o *output) writer(stream string) *lines { return &lines{to: o, stream: stream} }

// say logs one line.
func (o *output) say(stream, text string) {
	if !o.room() {
		return
	}
	level, message, details := o.parse(text)
	if level < slog.LevelInfo || message == "" && len(details) == 0 {
		return
	}
	attrs := []slog.Attr{slog.String("stream", stream), slog.String("text", message)}
	if len(details) > 0 {
		attrs = append(attrs, slog.Attr{Key: "with", Value: slog.GroupValue(details...)})
	}
	o.log.LogAttrs(context.Background(), level, "a plugin wrote", attrs...)
}

// parse reads a line of hclog, or takes the line as it is.
func (o *output) parse(text string) (slog.Level, string, []slog.Attr) {
	var entry map[string]any
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &entry) != nil {
		if strings.HasPrefix(text, "panic:") || strings.HasPrefix(text, "fatal error:") {
			return slog.LevelError, o.clean(text), nil
		}
		return slog.LevelInfo, o.clean(text), nil
	}
	level := slog.LevelInfo
	switch entry["@level"] {
	case "trace", "debug":
		return slog.LevelDebug, "", nil
	case "warn":
		level = slog.LevelWarn
	case "error":
		level = slog.LevelError
	}
	message, _ := entry["@message"].(string)
	var details []slog.Attr
	for key, value := range entry {
		if strings.HasPrefix(key, "@") || len(details) == maxDetails {
			continue
		}
		written := fmt.Sprint(value)
		if secretName.MatchString(key) {
			written = hiddenText
		}
		details = append(details, slog.String(o.clean(key), o.clean(written)))
	}
	slices.SortFunc(details, func(a, b slog.Attr) int { return strings.Compare(a.Key, b.Key) })
	return level, o.clean(message), details
}

// clean takes out what must not be in a log.
func (o *output) clean(text string) string {
	o.mu.Lock()
	hidden := slices.Clone(o.hidden)
	o.mu.Unlock()
	for _, r := range hidden {
		text = r.Line(text)
	}
	return withoutTokens(safe(text))
}

// room counts a line, and says how many were left out when a new minute begins.
func (o *output) room() bool {
	now := o.now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if d := now.Sub(o.minute); d >= time.Minute || d < 0 {
		if o.dropped > 0 {
			o.log.Warn("a plugin wrote too much; lines were left out", "lines", o.dropped)
		}
		o.minute, o.lines, o.dropped = now, 0, 0
	}
	if o.lines >= perMinute {
		o.dropped++
		return false
	}
	o.lines++
	return true
}

// quietLevel is how hclog marks what is below info. A quotation mark inside of a text would have a backslash before it.
var quietLevel = regexp.MustCompile(`"@level":"(trace|debug)"`)

// lines cuts a stream into lines. A private key that goes over several is left out.
type lines struct {
	to     *output
	stream string
	part   []byte
	over   bool // the rest of this line is left out
	inKey  int  // lines of a private key that may still come
}

// Write never fails: nobody could do anything about it.
func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		if free := maxRaw - len(l.part); !l.over && len(line) > free {
			line, l.over = line[:free], true
			l.part = append(l.part, line...)
		} else if !l.over {
			l.part = append(l.part, line...)
		}
		if p = rest; ended {
			l.flush()
		}
	}
	return n, nil
}

func (l *lines) flush() {
	over := l.over
	if over { // half a secret at the cut would not be found
		l.part = append(l.part[:maxRaw-256], " …"...)
	}
	text := strings.TrimRight(string(l.part), "\r")
	clear(l.part)
	l.part, l.over = l.part[:0], false
	switch {
	case over && strings.HasPrefix(text, "{") && quietLevel.MatchString(text): // cut, it is no JSON any more
	case l.inKey > 0:
		l.inKey--
		if strings.Contains(text, "-----END ") {
			l.inKey = 0
		}
	case beginsKey(text):
		l.inKey = 400
		l.to.say(l.stream, text) // what is before the key; the key itself is taken out
	case text != "":
		l.to.say(l.stream, text)
	}
}

// beginsKey says whether a private key begins in the line and does not end there.
func beginsKey(text string) bool {
	i := strings.LastIndex(text, "-----BEGIN ")
	return i >= 0 && strings.Contains(text[i:], "PRIVATE KEY") && !strings.Contains(text[i:], "-----END ")
}

package main

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

const (
	maxLine = 4 << 10 // bytes of one line of output; of those that are longer the end is left out, since half a secret is not found
	atCut   = 256     // of it
	kept    = 400     // lines that are kept, so that a private key among them is seen whole and taken out
	quotes  = 5       // lines that an error quotes
)

// output takes what a command prints: each line goes to the transcript, the last ones are kept. It may be written to by several
// goroutines.
type output struct {
	log *plugin.Log

	mu      sync.Mutex
	partial []byte
	over    bool // the line is longer
	last    []string
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		room := maxLine - len(o.partial)
		o.over = o.over || len(line) > room
		o.partial = append(o.partial, line[:min(room, len(line))]...)
		if rest = after; whole {
			o.flush()
		}
	}
	return len(p), nil
}

func (o *output) flush() {
	if o.over {
		o.partial = append(o.partial[:maxLine-atCut], "…"...)
	}
	line := strings.TrimRight(string(o.partial), "\r")
	if o.partial, o.over = o.partial[:0], false; strings.TrimSpace(line) == "" {
		return
	}
	o.log.Line(line)
	if o.last = append(o.last, line); len(o.last) > kept {
		o.last = o.last[1:]
	}
}

// lines answers the last lines without secrets, also the one that no line break ended.
func (o *output) lines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
	lines := slices.DeleteFunc(o.log.Redactor().Lines(o.last), func(line string) bool { return line == "" })
	return lines[max(0, len(lines)-quotes):]
}

// bounded keeps the first bytes of what is written to it, and says when there were more.
type bounded struct {
	bytes.Buffer
	limit int
	over  bool
}

func (b *bounded) Write(p []byte) (int, error) {
	room := b.limit - b.Len()
	b.over = b.over || len(p) > room
	b.Buffer.Write(p[:max(0, min(room, len(p)))])
	return len(p), nil
}

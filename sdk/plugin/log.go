package plugin

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// Bounds of a transcript. What is more is cut, with a word that says so.
const (
	MaxLine       = 2 << 10   // bytes of one line
	MaxTranscript = 256 << 10 // bytes of the lines of one call
)

// Log takes the lines of one call. Secrets of the call, in clear or in base64, hex or URL form, and private keys are taken out
// before a line goes anywhere, and control characters become spaces. Its methods may be used by several goroutines, and on nil,
// which is a log that nobody reads.
type Log struct {
	mu       sync.Mutex
	redactor *Redactor
	out      func(Entry)
	size     int
	inKey    int // lines of a private key that may still come; 0 outside of one
	full     bool
	closed   bool
}

// Entry is one line of a transcript, or one note of progress, which replaces the one before.
type Entry struct {
	Text     string
	Progress bool
}

// NewLog makes a log that gives what may be seen to out, one entry at a time.
func NewLog(r *Redactor, out func(Entry)) *Log { return &Log{redactor: r, out: out} }

// Line adds text to the transcript; of several lines each becomes one.
func (l *Log) Line(text string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.SplitSeq(strings.TrimRight(text, "\r\n"), "\n") {
		if !l.add(line) {
			return
		}
	}
}

// Linef is Line with the verbs of fmt.
func (l *Log) Linef(format string, args ...any) { l.Line(fmt.Sprintf(format, args...)) }

// Progress shows one short line in place of the one before: "file 2 of 3".
func (l *Log) Progress(text string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	text = l.redactor.Line(text)
	if !l.closed && l.count(text) {
		l.out(Entry{Text: text, Progress: true})
	}
}

// Redactor is that of the log's call, for text that goes another way.
func (l *Log) Redactor() *Redactor {
	if l == nil {
		return nil
	}
	return l.redactor
}

// add puts one line out and says whether there is room for more.
func (l *Log) add(line string) bool {
	if l.closed || l.full {
		return false
	}
	inKey := l.inKey
	if line, l.inKey = l.redactor.line(line, inKey); line == "" && inKey > 0 {
		return true // one of the key's
	}
	if !l.count(line) {
		return false
	}
	l.out(Entry{Text: line})
	return true
}

// count counts a line; the first that does not fit is replaced by a word about it.
func (l *Log) count(line string) bool {
	if l.full {
		return false
	}
	if l.size += len(line) + 1; l.size > MaxTranscript {
		l.full = true
		l.out(Entry{Text: "… the rest is left out: the transcript has reached its limit"})
		return false
	}
	return true
}

// close ends the log: a goroutine that outlives its call writes nowhere.
func (l *Log) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// cutTo shortens text to n bytes without breaking a character.
func cutTo(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

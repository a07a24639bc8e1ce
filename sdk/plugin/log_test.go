package plugin

import (
	"strings"
	"sync"
	"testing"
)

func TestATranscriptIsBounded(t *testing.T) {
	var size, entries int
	last := ""
	log := NewLog(NewRedactor(), func(e Entry) { size, entries, last = size+len(e.Text), entries+1, e.Text })
	log.Line(strings.Repeat("x", 3*MaxLine))
	if size > MaxLine || !strings.HasSuffix(last, "…") {
		t.Errorf("one line of %d bytes: …%s", size, last[len(last)-10:])
	}
	for range 2 * MaxTranscript / 1000 {
		log.Line(strings.Repeat("y", 1000))
	}
	if size > MaxTranscript+200 || !strings.Contains(last, "limit") {
		t.Errorf("%d bytes; the last line is %.80q", size, last)
	}
	before := entries
	log.Line("more")
	log.Progress("more")
	if entries != before {
		t.Error("a full log still takes lines")
	}
}

func TestALogEndsWithItsCall(t *testing.T) {
	var mu sync.Mutex
	var got []Entry
	log := NewLog(NewRedactor([]byte("hunter2")), func(e Entry) { mu.Lock(); got = append(got, e); mu.Unlock() })
	log.Linef("user %s", "root")
	log.Line("two\nlines\n")
	log.Progress("1 of 2 hunter2")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { log.Line("at the same time") })
	}
	wg.Wait()
	log.close()
	log.Line("too late")
	log.Progress("too late")
	if len(got) != 12 || got[0].Text != "user root" || got[2].Text != "lines" || got[3] != (Entry{"1 of 2 [redacted]", true}) {
		t.Errorf("got %v", got)
	}
	var none *Log
	none.Line("nobody reads this")
	none.Progress("nor this")
}

// A key whose end never comes takes a part of the transcript with it, not all of it.
func TestAKeyThatNeverEndsIsBounded(t *testing.T) {
	var last string
	log := NewLog(NewRedactor(), func(e Entry) { last = e.Text })
	log.Line("-----BEGIN RSA PRIVATE KEY-----")
	for range maxKeyRun - 1 {
		log.Line("MIIE")
	}
	if last != redactedKey && last != "" {
		t.Fatalf("a line of the key is left: %q", last)
	}
	log.Line("after")
	if last != "after" {
		t.Errorf("got %q", last)
	}
}

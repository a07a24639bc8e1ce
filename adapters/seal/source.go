package seal

import (
	"fmt"
	"os"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
)

// source is where KEKs come from. All its faults are of kind Internal: they are for the operator, at start-up or in the
// log.
type source struct {
	file string // path, or
	env  string // name of a variable
}

func parseSource(s string) (source, error) {
	kind, rest, _ := strings.Cut(s, ":")
	switch {
	case kind == "file" && rest != "":
		return source{file: rest}, nil
	case kind == "env" && rest != "" && !strings.ContainsAny(rest, "= \x00"):
		return source{env: rest}, nil
	}
	// The text is not repeated: somebody may have put the key itself there.
	return source{}, fault.New(fault.Invalid, "kek_source_bad",
		"IGNISFOX_KEK must be file:PATH or env:NAME, where NAME is the variable that holds the key.")
}

// String names the source for people.
func (s source) String() string {
	if s.file != "" {
		return "the KEK file " + s.file
	}
	return "the environment variable " + s.env
}

// read answers the keys; the caller wipes them. A source that is not there is fault kek_missing.
func (s source) read() ([]line, error) {
	text, err := s.text()
	if err != nil {
		return nil, err
	}
	defer clear(text)
	lines, err := parseLines(text)
	if err != nil {
		return nil, fault.New(fault.Internal, "kek_malformed", fmt.Sprintf(
			"%s cannot be used: %v. Put the right one back from your copy; nothing was changed.", s, err))
	}
	return lines, nil
}

func (s source) text() ([]byte, error) {
	if s.file != "" {
		return readKEKFile(s.file)
	}
	text := os.Getenv(s.env)
	if strings.TrimSpace(text) == "" {
		return nil, errKEKMissing
	}
	return []byte(text), nil
}

// errKEKMissing is what reading a source answers when there is nothing at all. Those who know which key is needed make
// a better one of it.
var errKEKMissing = fault.New(fault.Internal, "kek_missing",
	"The key-encryption key is missing. Put it back from your copy.")

// missing says that there is nothing, though the database needs these KEKs.
func (s source) missing(need []string) error {
	return fault.New(fault.Internal, "kek_missing", fmt.Sprintf(
		"%s is missing, and the database was sealed with KEK %s. Put it back from your copy. "+
			"It is never made again, as a new one could not open anything.", s, labels(need)))
}

// unset says how to make the first KEK where we cannot.
func (s source) unset() error {
	return fault.New(fault.Internal, "kek_missing", fmt.Sprintf(
		"%s is empty. Set it to one line: %s, a blank, 8 hex digits that name the key, a blank, and the base64 of "+
			"32 random bytes. Keep a copy.", s, lineTag))
}

// wrong says that the source lacks these KEKs.
func (s source) wrong(need []string) error {
	return fault.New(fault.Internal, "kek_wrong", fmt.Sprintf(
		"%s does not hold KEK %s, with which the database was sealed. Put that key's line back from your copy.",
		s, labels(need)))
}

// mismatch says that a KEK has the right id and the wrong bytes.
func (s source) mismatch(id string) error {
	return fault.New(fault.Internal, "kek_mismatch", fmt.Sprintf(
		"The key called %s in %s is not the KEK %s that the database was sealed with. Put the right one back from "+
			"your copy.", id, s, id))
}

// stale says that the first key of this copy of the file was pruned elsewhere.
func (s source) stale(id string) error {
	return fault.New(fault.Conflict, "kek_stale", fmt.Sprintf(
		"%s begins with KEK %s, which was pruned by another copy of the file. Put that newer copy in its place.", s, id))
}

// readOnly says what an operator does whose KEK is in a variable.
func (s source) readOnly(primary string, staged *kek) error {
	if staged != nil {
		return fault.New(fault.Conflict, "kek_env", fmt.Sprintf(
			"%s cannot be written from here. When every server has KEK %s, put its line first, without the word %s, "+
				"restart every server, and run rotate-kek again.", s, staged.id, stagedWord))
	}
	return fault.New(fault.Conflict, "kek_env", fmt.Sprintf(
		"%s cannot be written from here. Put a line with a new key before the line of KEK %s (%s, a blank, 8 new hex "+
			"digits, a blank, the base64 of 32 random bytes), restart every server with it, and run rotate-kek again.",
		s, primary, lineTag))
}

func (s source) readOnlyPrune() error {
	return fault.New(fault.Conflict, "kek_env", fmt.Sprintf(
		"All keysets are under the first key of %s. Take the other lines out of it yourself, and restart every server.", s))
}

func labels(ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = kekLabel(id)
	}
	return strings.Join(out, ", ")
}

package sdktest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"sync"
)

// seen is all text that came out of a plugin, in which no secret may be. It looks with means of its own, not with the redaction
// that it judges.
type seen struct {
	mu      sync.Mutex
	text    strings.Builder
	secrets map[string]string // what may not appear, and what it is
}

func (s *seen) add(values ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range values {
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		fmt.Fprintf(&s.text, "%+v\n", v)
	}
}

// guard adds a secret; of PEM and other long text, each line.
func (s *seen) guard(name string, secret []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets == nil {
		s.secrets = map[string]string{}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(secret)), "\n") {
		if line = strings.TrimSpace(line); len(line) < 6 || strings.HasPrefix(line, "-----") {
			continue
		}
		s.secrets[line] = name
		s.secrets[url.QueryEscape(line)] = name + " in URL form"
		s.secrets[hex.EncodeToString([]byte(line))] = name + " in hex"
		for before := range 3 { // as it stands in the base64 of something longer
			padded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + line))
			s.secrets[padded[(before*8+5)/6:(before+len(line))*8/6]] = name + " in base64"
		}
	}
}

// leaks answers which secrets appear in what was seen and in more text.
func (s *seen) leaks(more string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.text.String() + more
	for secret, name := range s.secrets {
		if at := strings.Index(text, secret); at >= 0 {
			before := text[max(0, at-60):at]
			return fmt.Errorf("the secret %s came out of the plugin, behind …%q", name, before)
		}
	}
	return nil
}

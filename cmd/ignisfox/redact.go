package main

import (
	"strings"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/token"
)

const (
	pemBegin = "-----BEGIN "
	pemEnd   = "-----END "
	pemDash  = "-----"
)

// redact answers s without tokens, PEM blocks and passwords inside URLs, and cut at 64 KB. It takes linear time. It is
// the last net under the log; nothing relies on it alone.
func redact(s string) string {
	return redactURLs(redactPEM(token.Redact(s)))
}

// redactPEM replaces every PEM block, whatever it holds. One without an end reaches to the end of s.
func redactPEM(s string) string {
	if !strings.Contains(s, pemBegin) {
		return s
	}
	var out strings.Builder
	for {
		i := strings.Index(s, pemBegin)
		if i < 0 {
			out.WriteString(s)
			return out.String()
		}
		out.WriteString(s[:i])
		out.WriteString("[PEM " + secret.Redacted[1:])
		s = s[i+len(pemBegin):]
		end := strings.Index(s, pemEnd)
		if end < 0 {
			return out.String()
		}
		s = s[end+len(pemEnd):]
		if tail := strings.Index(s, pemDash); tail >= 0 {
			s = s[tail+len(pemDash):]
		} else {
			return out.String()
		}
	}
}

// redactURLs replaces the password of every scheme://user:password@host.
func redactURLs(s string) string {
	const mark = "://"
	if !strings.Contains(s, mark) {
		return s
	}
	var out strings.Builder
	for {
		i := strings.Index(s, mark)
		if i < 0 {
			out.WriteString(s)
			return out.String()
		}
		i += len(mark)
		out.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexAny(s, "/?# \t\r\n\"'<>")
		if end < 0 {
			end = len(s)
		}
		authority := s[:end]
		at, colon := strings.LastIndexByte(authority, '@'), strings.IndexByte(authority, ':')
		if at >= 0 && colon >= 0 && colon < at {
			out.WriteString(authority[:colon+1] + secret.Redacted + authority[at:])
		} else {
			out.WriteString(authority)
		}
		s = s[end:]
	}
}

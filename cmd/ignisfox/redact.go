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

// redact answers s without tokens, PEM blocks, passwords inside URLs and what follows password= and the like, and cut at
// 64 KB. It takes linear time. It is the last net under the log; nothing relies on it alone.
func redact(s string) string {
	return redactPairs(redactURLs(redactPEM(token.Redact(s))))
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

// runEnds end a URL in a text.
const runEnds = " \t\r\n\"<>`"

// redactURLs replaces the password of every scheme://user:password@host, also where it holds the signs that divide a URL.
func redactURLs(s string) string {
	const mark = "://"
	var out strings.Builder
	done, end, at := 0, 0, 0 // end and the last @ are those of the run of signs that is being looked at
	for from := 0; ; {
		i := strings.Index(s[from:], mark)
		if i < 0 {
			break
		}
		i += from
		from = i + len(mark)
		if from >= end {
			if end = strings.IndexAny(s[from:], runEnds); end < 0 {
				end = len(s)
			} else {
				end += from
			}
			at = from + strings.LastIndexByte(s[from:end], '@')
		}
		colon, last := passwordIn(s, from, end, at, isWeb(s[:i]))
		if last == 0 {
			continue
		}
		out.WriteString(s[done:colon+1] + secret.Redacted)
		done, from = last, last
	}
	return out.String() + s[done:]
}

// passwordIn answers the colon before the password of the URL whose authority begins at from, and the @ behind it; zeros
// when it has none. at is the last @ before end.
func passwordIn(s string, from, end, at int, web bool) (colon, last int) {
	if at < from {
		return 0, 0
	}
	n := strings.IndexAny(s[from:end], ":/?#@")
	if n < 0 || s[from+n] != ':' || from+n > at {
		return 0, 0
	}
	colon = from + n
	// http://host:8080/x@y has a port there, and an @ that means something else.
	if rest := strings.TrimLeft(s[colon+1:min(end, colon+7)], "0123456789"); web && rest != "" && strings.IndexByte("/?#", rest[0]) >= 0 {
		return 0, 0
	}
	return colon, at
}

func isWeb(before string) bool {
	return strings.HasSuffix(before, "http") || strings.HasSuffix(before, "https")
}

const (
	nameMax  = 64 // bytes of a name that are looked at
	blankMax = 8  // blanks between a name and its sign
)

// redactPairs replaces the value of every name=value, and of "name":value, whose name says that it is secret.
func redactPairs(s string) string {
	var out strings.Builder
	done := 0
	for from := 0; ; {
		i := strings.IndexAny(s[from:], "=:")
		if i < 0 {
			break
		}
		i += from
		from = i + 1
		name, first := nameBefore(s, i)
		if !secretName(name) {
			continue
		}
		begin, end := valueAfter(s, from, first > 0 && (s[first-1] == '?' || s[first-1] == '&'))
		if begin == end || strings.HasPrefix(s[begin:end], secret.Redacted) {
			continue
		}
		out.WriteString(s[done:begin] + secret.Redacted)
		done, from = end, end
	}
	return out.String() + s[done:]
}

// nameBefore answers the name before the sign at i, and where it begins. Before a colon it has to stand in quotes, as in JSON:
// people write "password: too short".
func nameBefore(s string, i int) (name string, first int) {
	end := i
	for end > 0 && i-end < blankMax && s[end-1] == ' ' {
		end--
	}
	if end > 0 && (s[end-1] == '"' || s[end-1] == '\'') {
		if end--; end > 0 && s[end-1] == '\\' {
			end--
		}
	} else if s[i] == ':' {
		return "", 0
	}
	first = end
	for first > 0 && end-first < nameMax && inName(s[first-1]) {
		first--
	}
	return s[first:end], first
}

func inName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
}

// valueAfter answers where the value at from begins and ends: at its quote, at the next part of a query, or at a blank.
func valueAfter(s string, from int, query bool) (begin, end int) {
	begin = from
	for begin < len(s) && s[begin] == ' ' {
		begin++
	}
	open := begin
	for open < len(s) && s[open] == '\\' { // a quote inside of a quoted text
		open++
	}
	if open < len(s) && (s[open] == '"' || s[open] == '\'') {
		quote := s[begin : open+1]
		for end = open + 1; end < len(s); end++ {
			if strings.HasPrefix(s[end:], quote) {
				return open + 1, end
			}
			if s[end] == '\\' {
				end++ // whatever it is, it is no end
			}
		}
		return open + 1, len(s)
	}
	ends := runEnds + ",;}"
	if query {
		ends = runEnds + "&#"
	}
	if end = strings.IndexAny(s[begin:], ends); end < 0 {
		return begin, len(s)
	}
	return begin, begin + end
}

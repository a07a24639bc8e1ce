package schema

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// No text of a problem holds what was submitted: it may be a secret in the wrong field.

// value answers v as a value of the field's type, or what is wrong with it. It is for all types but Object.
func (f Field) value(v any) (any, string) {
	switch f.Type {
	case Int, Port:
		return f.number(v)
	case Bool:
		if b, ok := v.(bool); ok {
			return b, ""
		}
		return nil, "Give true or false."
	case Strings:
		return f.list(v)
	}
	s, ok := v.(string)
	if !ok {
		return nil, "Give a text."
	}
	return f.line(s)
}

func (f Field) number(v any) (any, string) {
	lowest, highest := int64(math.MinInt64), int64(math.MaxInt64)
	if f.Type == Port {
		lowest, highest = 1, 65535
	}
	if f.Min != nil {
		lowest = *f.Min
	}
	if f.Max != nil {
		highest = *f.Max
	}
	n, ok := integer(v)
	if ok && lowest <= n && n <= highest {
		return n, ""
	}
	switch {
	case lowest > math.MinInt64 && highest < math.MaxInt64:
		return nil, fmt.Sprintf("Give a whole number from %d to %d.", lowest, highest)
	case lowest > math.MinInt64:
		return nil, fmt.Sprintf("Give a whole number of %d or more.", lowest)
	case highest < math.MaxInt64:
		return nil, fmt.Sprintf("Give a whole number of %d or less.", highest)
	}
	return nil, "Give a whole number."
}

// integer reads the numbers that Go code and decoders of JSON make.
func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case int32:
		return int64(v), true
	case uint16:
		return int64(v), true
	case float64: // beyond 2^53 it may not be the number that was written
		return int64(v), v == math.Trunc(v) && math.Abs(v) <= 1<<53
	case json.Number:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		return n, err == nil
	}
	return 0, false
}

func (f Field) list(v any) (any, string) {
	var raw []any
	switch v := v.(type) {
	case []any:
		raw = v
	case []string:
		for _, s := range v {
			raw = append(raw, s)
		}
	default:
		return nil, "Give a list of texts."
	}
	if len(raw) > maxStrings {
		return nil, fmt.Sprintf("Give at most %d values.", maxStrings)
	}
	out, total := make([]string, 0, len(raw)), 0
	for _, one := range raw {
		s, ok := one.(string)
		if !ok || s == "" {
			return nil, "Each value of the list is a text that is not empty."
		}
		if problem := f.characters(s); problem != "" {
			return nil, problem
		}
		if total += len(s); total > maxText {
			return nil, fmt.Sprintf("All values together have at most %d bytes.", maxText)
		}
		out = append(out, s)
	}
	return out, ""
}

// line answers a value that is written as text, in the one way it is stored.
func (f Field) line(s string) (any, string) {
	if problem := f.characters(s); problem != "" {
		return nil, problem
	}
	problem := ""
	switch f.Type {
	case Enum:
		if !f.hasOption(s) {
			return nil, "Choose one of the values on offer."
		}
	case Host:
		s, problem = host(s)
	case Path:
		problem = devicePath(s)
	case Mode:
		s, problem = mode(s)
	case URL:
		problem = address(s)
	case Duration:
		if d, err := time.ParseDuration(s); err != nil || d < 0 || d > 366*24*time.Hour {
			problem = "Give a time as 30s, 5m or 2h."
		}
	}
	if problem == "" {
		problem = f.matches(s)
	}
	return s, problem
}

func (f Field) matches(s string) string {
	if f.Pattern == "" {
		return ""
	}
	if re, err := whole(f.Pattern); err == nil && re.MatchString(s) {
		return ""
	}
	return or(f.PatternHelp, "This is not in the form that the field asks for; see its help.")
}

// characters keeps out what would break a line, a protocol or the eye of the reader.
func (f Field) characters(s string) string {
	if len(s) > f.limit() {
		return fmt.Sprintf("Give at most %d bytes.", f.limit())
	}
	if !utf8.ValidString(s) {
		return "Give text in UTF-8."
	}
	for _, r := range s {
		switch {
		case f.Type == Text && (r == '\n' || r == '\r' || r == '\t'):
		case r == '\n' || r == '\r':
			return "Give one line, without line breaks."
		case r == '\t' && (f.Type == Command || f.Secret):
		case unicode.IsControl(r):
			return "Take out the control characters."
		case !f.Secret && f.Type != Text && !unicode.IsPrint(r):
			return "Take out the characters that do not show."
		}
	}
	return ""
}

var windowsDrive = regexp.MustCompile(`\A[A-Za-z]:[\\/]`)

func devicePath(s string) string {
	if !strings.HasPrefix(s, "/") && !windowsDrive.MatchString(s) {
		return "Give the whole path, from the root on: /etc/nginx/certs/site.pem."
	}
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '/' || r == '\\' }) {
		if part == "." || part == ".." {
			return "Give the path without \".\" and \"..\" in it."
		}
	}
	return ""
}

// mode answers four octal digits. Bits beyond 0777 are of no use to a certificate.
func mode(s string) (string, string) {
	n, err := strconv.ParseUint(s, 8, 16)
	if err != nil || n > 0o777 || len(s) < 3 || len(s) > 4 {
		return "", "Give a file mode in octal, from 0000 to 0777, as 0640."
	}
	return fmt.Sprintf("%04o", n), ""
}

// address checks a URL. Credentials do not belong into one: it is shown and logged.
func address(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.Opaque != "":
		return "Give an address that begins with https:// and a host."
	case u.User != nil:
		return "Give the address without user and password; they have fields of their own."
	case u.Fragment != "" || strings.HasSuffix(s, "#"):
		return "Give the address without \"#\" and what follows."
	}
	if _, problem := host(u.Hostname()); problem != "" {
		return problem
	}
	if u.Port() == "" && !strings.HasSuffix(u.Host, ":") {
		return ""
	}
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
		return "Give the address with a port from 1 to 65535, or without one."
	}
	return ""
}

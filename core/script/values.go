package script

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/text"
)

// Schedule says how often a device pulls. The zero value is Hourly. The moment is jittered on the device.
type Schedule string

// The schedules.
const (
	Hourly Schedule = "hourly"
	Daily  Schedule = "daily"
)

const (
	placeholder   = "PASTE_THE_PUSH_TOKEN_HERE"
	defaultReload = "systemctl reload nginx"
	maxValue      = 1024 // bytes of any one value
	maxSlug       = 48
)

var (
	tokenShape   = regexp.MustCompile(`^[A-Za-z0-9._~+/=-]{8,512}$`)        // RFC 6750; also what the scripts accept
	windowsDir   = regexp.MustCompile("^[A-Za-z]:\\\\[^<>:\"|?*\\[\\]`]*$") // the last three: PowerShell reads them as patterns
	slugShape    = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)
	notInSlug    = regexp.MustCompile(`[^a-z0-9.]+`)
	reservedName = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`) // devices on Windows, not files
)

// values are the target's values, checked and with the defaults filled in.
type values struct {
	baseURL, dest, reload, slug, token string
	group, target                      string // as they may be shown
	every                              Schedule
}

func (p Pull) values(os OS) (values, error) {
	v := values{
		baseURL: strings.TrimRight(p.BaseURL, "/"), dest: p.Dest, reload: p.Reload, slug: slug(p.Group),
		token: p.Token.Reveal(), every: p.Schedule,
		group: text.Visible(p.Group, 80), target: text.Visible(p.Target, 80),
	}
	if v.token == "" {
		v.token = placeholder
	}
	if v.every == "" {
		v.every = Hourly
	}
	if v.dest == "" {
		v.dest = "/etc/ssl/ignisfox/" + v.slug
		if os == Windows {
			v.dest = `C:\ssl\` + v.slug
		}
	}
	if v.reload == "" && os != Windows {
		v.reload = defaultReload
	}
	return v, v.check(os)
}

func (v values) check(os OS) error {
	switch {
	case !webAddress(v.baseURL):
		return refuse("bad_base_url", "base_url", "Give the http or https address of the server, without query or fragment.")
	case !oneLine(v.dest) || !absolute(os, v.dest):
		return refuse("bad_dest", "dest", "Give the full path of a directory, on one line and without hidden characters.")
	case !oneLine(v.reload):
		return refuse("bad_reload", "reload", "Give one line without hidden characters.")
	case !tokenShape.MatchString(v.token):
		return refuse("bad_token", "token", "This is not a push token.")
	case v.every != Hourly && v.every != Daily:
		return refuse("bad_schedule", "schedule", "Choose hourly or daily.")
	}
	return nil
}

func refuse(code, field, advice string) error {
	return fault.New(fault.Invalid, code, "The pull script cannot be made of these settings.").Field(field, advice)
}

// oneLine says whether s is short and shows as what it is: no NUL, CR, LF, nor anything that reorders the line.
func oneLine(s string) bool { return len(s) <= maxValue && text.AllPlain(s) }

func webAddress(s string) bool {
	if !oneLine(s) || strings.ContainsAny(s, " \"'<>`\\{}|^?#") {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.Opaque == ""
}

// absolute says whether dir is a full path below the root, without "..".
func absolute(os OS, dir string) bool {
	parts := strings.FieldsFunc(dir, func(r rune) bool { return r == '/' || (os == Windows && r == '\\') })
	for _, part := range parts {
		if part == ".." || part == "." {
			return false
		}
	}
	if os == Windows {
		return windowsDir.MatchString(dir) && len(parts) > 1
	}
	return strings.HasPrefix(dir, "/") && len(parts) > 0
}

// slug answers a name for files and units. A group name of small letters, digits, dots and dashes is its own slug; any
// other gets a short hash behind, so that two groups never share a directory.
func slug(group string) string {
	if len(group) <= maxSlug && slugShape.MatchString(group) && !reservedName.MatchString(group) && !strings.Contains(group, "..") {
		return group
	}
	s := strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(group), "-"), "-.")
	s = strings.Trim(s[:min(len(s), maxSlug)], "-.")
	if s == "" || reservedName.MatchString(s) {
		s = strings.TrimSuffix("group-"+s, "-")
	}
	sum := sha256.Sum256([]byte(group))
	return s + "-" + hex.EncodeToString(sum[:4])
}

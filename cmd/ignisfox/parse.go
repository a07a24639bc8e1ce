package main

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/text"
	"github.com/ignisfox/ignisfox/sdk/egress"
)

// The setters of the settings table. What they answer follows the setting's name: "must be …".

func setText(to *string, s string) error {
	if !text.AllPlain(s) {
		return errors.New("must not hold control or invisible characters")
	}
	*to = s
	return nil
}

func setAddress(to *string, s string) error {
	bad := errors.New("must be host:port, such as 127.0.0.1:8080")
	host, port, err := net.SplitHostPort(s)
	if err != nil || !text.AllPlain(s) || strings.ContainsAny(host, " /@") {
		return bad
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return bad
	}
	*to = s
	return nil
}

func setBaseURL(to *string, s string) error {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery || !text.AllPlain(s) {
		return errors.New("must be http:// or https:// with a host and perhaps a port, and nothing behind")
	}
	*to = u.Scheme + "://" + strings.ToLower(u.Host)
	return nil
}

func setDatabaseURL(c *config, s string) error {
	bad := errors.New("must be sqlite:PATH or postgres://USER@HOST/DATABASE")
	switch {
	case strings.HasPrefix(s, "sqlite:") && len(s) > len("sqlite:"):
	case strings.HasPrefix(s, "postgres://"), strings.HasPrefix(s, "postgresql://"):
		if u, err := url.Parse(s); err != nil || u.Host == "" && u.Query().Get("host") == "" {
			return bad
		}
	default:
		return bad
	}
	c.DatabaseURL = secret.NewString(s)
	return nil
}

func setKEK(to *string, s string) error {
	kind, rest, _ := strings.Cut(s, ":")
	if (kind != "file" && kind != "env") || rest == "" {
		return errors.New("must be file:PATH or env:NAME, where NAME is the variable that holds the key")
	}
	return setText(to, s)
}

func setPrefixes(to *[]netip.Prefix, s string) error {
	*to = nil
	for part := range strings.SplitSeq(s, ",") {
		p, err := netip.ParsePrefix(strings.TrimSpace(part))
		if err != nil {
			return errors.New("must be networks such as 10.0.0.0/8, separated by commas; one address is 10.0.0.1/32")
		}
		*to = append(*to, p.Masked())
	}
	return nil
}

func setNetworks(to *[]netip.Prefix, s string) (err error) {
	if *to, err = egress.ParseAllow(s); err != nil {
		return errors.New("must be networks such as 10.0.0.0/8 or single addresses, separated by commas")
	}
	return nil
}

func setIDs(to *[]string, s string) error {
	*to = nil
	for part := range strings.SplitSeq(s, ",") {
		kind, name, _ := strings.Cut(strings.TrimSpace(part), ".")
		if kind == "" || name == "" || !text.AllPlain(part) || strings.ContainsAny(kind+name, " /") {
			return errors.New("must be ids of plugins such as deploy.ssh, separated by commas")
		}
		*to = append(*to, kind+"."+name)
	}
	return nil
}

func setRate(to *limit.Rate, s string) (err error) {
	if *to, err = limit.Parse(s); err != nil {
		return errors.New("must be N/s, N/min or N/h, with ,burst=B behind if need be, such as 120/min,burst=20")
	}
	return nil
}

func setSignUp(to *bool, s string) error {
	if s != "open" && s != "closed" {
		return errors.New("must be open or closed")
	}
	*to = s == "open"
	return nil
}

func setLevel(to *slog.Level, s string) error {
	switch s {
	case "debug":
		*to = slog.LevelDebug
	case "info":
		*to = slog.LevelInfo
	case "warn":
		*to = slog.LevelWarn
	case "error":
		*to = slog.LevelError
	default:
		return errors.New("must be debug, info, warn or error")
	}
	return nil
}

// holdsPassword says whether a database URL carries a password, in its user part or as a parameter.
func holdsPassword(s string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return true
	}
	_, has := u.User.Password()
	return has || u.Query().Get("password") != ""
}

// Package tenant holds workspaces, the people in them, and the one table that says who may do what.
//
// Every use case begins with Actor.Allow(action); nothing else decides about rights. The table is in policy.go.
package tenant

import (
	"strconv"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/text"
)

// ID names a tenant. The empty ID is the platform itself.
type ID string

// UserID names a person. A user may be a member of several tenants.
type UserID string

// Tenant is an isolated workspace.
type Tenant struct {
	ID        ID
	Name      string
	TimeZone  string // IANA name, "UTC" unless set
	CreatedAt time.Time
	// SecondFactor asks every member for a second factor before anything else.
	SecondFactor bool
	// ConfirmedAt is when an owner first looked at name and time zone; zero: the profile is incomplete.
	ConfirmedAt time.Time
}

// User is a person who can sign in.
type User struct {
	ID            UserID
	Email         string // as typed; unique by EmailKey
	Name          string
	PasswordHash  string // PHC string, never shown
	PlatformAdmin bool
	TimeZone      string     // IANA name; empty: that of the workspace
	DateFormat    DateFormat // empty: DateLong
	CreatedAt     time.Time
	DisabledAt    time.Time // zero while enabled
	// HadWorkspace says that the person is or was in a workspace: none is made for them by itself any more.
	HadWorkspace bool
}

// DateFormat is how dates are shown to a person.
type DateFormat string

// The formats.
const (
	DateLong DateFormat = "long" // 4 Dec 2026
	DateISO  DateFormat = "iso"  // 2026-12-04
	DateUS   DateFormat = "us"   // 12/04/2026
)

// ParseDateFormat answers the format of that name.
func ParseDateFormat(s string) (DateFormat, error) {
	switch f := DateFormat(s); f {
	case DateLong, DateISO, DateUS:
		return f, nil
	}
	return "", fault.New(fault.Invalid, "bad_date_format", "There is no such date format.").
		Field("date_format", "Use long, iso or us.")
}

// Member is a user's place in one tenant.
type Member struct {
	User      UserID
	Email     string
	Name      string
	Role      Role
	CreatedAt time.Time
	LastAt    time.Time // read only: last seen in a browser; zero: never
}

// Role is what a member may do; see policy.go.
type Role string

// The roles, from least to most.
const (
	Viewer Role = "viewer"
	Editor Role = "editor"
	Owner  Role = "owner"
)

// ParseRole answers the role of that name.
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case Viewer, Editor, Owner:
		return r, nil
	}
	return "", fault.New(fault.Invalid, "bad_role", "There is no such role.").Field("role", "Use viewer, editor or owner.")
}

// EmailKey is the form in which addresses are compared: without surrounding space, in lower case.
func EmailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// CheckEmail refuses what cannot be an address. It does not prove that mail arrives.
func CheckEmail(email string) error {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" || domain == "" || strings.ContainsAny(email, " <>,;\"\\") || strings.Contains(domain, "@") ||
		len(email) > 254 || !text.AllPlain(email) {
		return fault.New(fault.Invalid, "bad_email", "The e-mail address is not usable.").
			Field("email", "Give an address such as kim@example.com.")
	}
	return nil
}

// CheckName refuses names that are empty, longer than max runes or that hold characters which do not show as themselves.
// field is the name of the input, for the advice.
func CheckName(field, name string, max int) error {
	f := fault.New(fault.Invalid, "bad_name", "The name is not usable.")
	switch {
	case strings.TrimSpace(name) == "":
		return f.Field(field, "Give it a name.")
	case len([]rune(name)) > max:
		return f.Field(field, "Use at most "+strconv.Itoa(max)+" characters.")
	case !text.AllPlain(name):
		return f.Field(field, "Leave out line breaks, control characters and invisible characters.")
	}
	return nil
}

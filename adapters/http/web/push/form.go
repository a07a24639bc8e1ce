package push

import (
	"slices"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
)

// form is what is typed about a target, as it was typed.
type form struct {
	Type     string
	Name     string
	Group    string // id, or the name where one types it
	Tags     string // separated by commas
	Networks string // one a line
	Expires  string // as a field of type datetime-local has it, in the person's time zone
	Preset   string
}

// moment is the form of a field of type datetime-local.
const moment = "2006-01-02T15:04"

func readForm(rq *kit.Request) form { return readFields(rq, "") }

// readFields reads the fields whose names begin so.
func readFields(rq *kit.Request, begin string) form {
	return form{
		Type: rq.Text(begin + "type"), Name: rq.Text(begin + "name"), Group: rq.Text(begin + "group"), Tags: rq.Text(begin + "tags"),
		Networks: strings.ReplaceAll(rq.Text(begin+"networks"), "\r\n", "\n"), Expires: rq.Text(begin + "expires"), Preset: rq.Text(begin + "preset"),
	}
}

// formOf answers the form as it is for a target that is there.
func formOf(v view.View, t target.Target) form {
	f := form{
		Type: string(t.Type), Name: t.Name, Group: t.Group, Tags: strings.Join(t.Tags, ", "), Preset: string(t.Settings.PFXPreset),
	}
	for _, n := range t.Settings.AllowedCIDRs {
		f.Networks += n.String() + "\n"
	}
	f.Networks = strings.TrimSpace(f.Networks)
	if e := t.Settings.ExpiresAt; e != nil {
		f.Expires = e.In(zone(v)).Format(moment)
	}
	return f
}

func zone(v view.View) *time.Location {
	if v.Zone == nil {
		return time.UTC
	}
	return v.Zone
}

func (f form) tags() []string { return fields(f.Tags, ",\n") }

func (f form) networks() []string { return fields(f.Networks, ", \t\n;") }

// fields answers what stands between the separators, without space around it.
func fields(s, separators string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// expires answers the end that was typed, nil for none.
func (f form) expires(v view.View) (*time.Time, error) {
	if f.Expires == "" {
		return nil, nil //nolint:nilnil // it never ends
	}
	for _, layout := range []string{moment, moment + ":05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, f.Expires, zone(v)); err == nil {
			return &t, nil
		}
	}
	return nil, fault.New(fault.Invalid, "bad_settings", "The settings of the target are not usable.").
		Field("settings.expires_at", "Give day and time such as 2026-12-31 18:00, or leave it empty.")
}

// asNew answers the target that the form describes.
func (f form) asNew(v view.View) (push.NewTarget, error) {
	nets, badNets := push.ParseCIDRs(f.networks())
	ends, badEnd := f.expires(v)
	return push.NewTarget{
		Name: f.Name, Type: target.Type(f.Type), Group: f.Group, Tags: f.tags(),
		Settings: target.Settings{PFXPreset: cert.Preset(f.Preset), AllowedCIDRs: nets, ExpiresAt: ends},
	}, fault.All(badNets, badEnd)
}

// otherwise answers a new target as the form describes it, for what else is wrong with it. An end that was there before may have come.
func (f form) otherwise(v view.View, was form) push.NewTarget {
	f.Type = string(target.TypePull)
	if f.Expires == was.Expires {
		f.Expires = ""
	}
	in, _ := f.asNew(v)
	return in
}

// change answers what the form wants otherwise than it was: what was left alone is not sent, so that a value that the form cannot
// show in full (seconds of an expiry, a comma in a tag) is kept.
func (f form) change(v view.View, was form) (c push.Change, err error) {
	if f.Name != was.Name {
		c.Name = &f.Name
	}
	if f.Group != was.Group {
		c.Group = &f.Group
	}
	if f.Tags != was.Tags {
		tags := f.tags()
		c.Tags = &tags
	}
	var s push.SettingsChange
	if f.Preset != was.Preset {
		preset := cert.Preset(f.Preset)
		s.PFXPreset = &preset
	}
	if !slices.Equal(f.networks(), was.networks()) {
		nets, bad := push.ParseCIDRs(f.networks())
		s.AllowedCIDRs, err = &nets, bad
	}
	if f.Expires != was.Expires {
		ends, bad := f.expires(v)
		s.ExpiresAt, err = ends, fault.All(err, bad)
		s.NeverExpires = s.ExpiresAt == nil
	}
	if s != (push.SettingsChange{}) {
		c.Settings = &s
	}
	return c, err
}

package push

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// MaxCIDRs is how many networks one target may name.
const MaxCIDRs = 100

// ParseCIDRs reads what people type: networks such as 192.0.2.0/24, or single addresses. Fault Invalid, bad_settings.
func ParseCIDRs(list []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, min(len(list), MaxCIDRs))
	for _, s := range list {
		if len(out) == MaxCIDRs {
			return nil, badCIDRs("At most 100 networks.")
		}
		s = strings.TrimSpace(s)
		if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, badCIDRs("Give networks such as 192.0.2.0/24 or 2001:db8::/32, or single addresses.")
		}
		out = append(out, p)
	}
	return out, nil
}

// Serving says which of the facts that only targets that are deployed to have were given.
type Serving struct{ Endpoints, SNI, Schedule bool }

// check refuses what a pull target does not have.
func (s Serving) check() error {
	if s == (Serving{}) {
		return nil
	}
	f := badSettings()
	for _, fact := range []struct {
		there bool
		field string
		words string
	}{{s.Endpoints, "endpoints", "endpoints"}, {s.SNI, "sni", "SNI"}, {s.Schedule, "schedule", "schedule"}} {
		if fact.there {
			f = f.Field(fact.field, "A pull target has no "+fact.words+" in this version. Leave it out.")
		}
	}
	return f
}

func badCIDRs(advice string) error {
	return badSettings().Field("settings.allowed_cidrs", advice)
}

func badSettings() *fault.Fault {
	return fault.New(fault.Invalid, "bad_settings", "The settings of the target are not usable.")
}

// check refuses what cannot be used and brings the rest into its one form. Expiry is only held against now when it is new:
// see Change.
func check(t *target.Target, now time.Time) error {
	if t.Type != target.TypePull {
		return fault.New(fault.Invalid, "bad_type", "This server has no targets of that type.").
			Field("type", "Use pull: the device fetches by itself.")
	}
	t.Name = strings.TrimSpace(t.Name)
	tags, err := target.CleanTags(t.Tags)
	if err == nil {
		t.Tags = tags
	}
	return fault.All(tenant.CheckName("name", t.Name, target.NameRunes), err, checkPreset(&t.Settings), checkNetworks(&t.Settings),
		checkExpiry(&t.Settings, now))
}

// Check answers what Create would refuse of in before it looks at what is stored.
func (s *Service) Check(in NewTarget) error {
	_, err := in.checked(s.Now())
	return err
}

// checked answers the target that in describes, in its one form.
func (in NewTarget) checked(now time.Time) (target.Target, error) {
	t := target.Target{Name: in.Name, Type: in.Type, Settings: in.Settings, Tags: in.Tags}
	err := fault.All(check(&t, now), in.Serving.check())
	return t, err
}

func checkPreset(s *target.Settings) error {
	if s.PFXPreset == "" {
		s.PFXPreset = cert.PresetModern
	}
	if _, err := cert.ParsePreset(string(s.PFXPreset)); err != nil {
		return badSettings().Field("settings.pfx_preset", "Give modern or legacy.")
	}
	return nil
}

func checkNetworks(s *target.Settings) error {
	if len(s.AllowedCIDRs) > MaxCIDRs {
		return badCIDRs("At most 100 networks.")
	}
	var nets []netip.Prefix
	for _, p := range s.AllowedCIDRs {
		p, ok := plainNet(p)
		if !ok {
			return badCIDRs("Give networks such as 192.0.2.0/24 or 2001:db8::/32.")
		}
		if !slices.Contains(nets, p) {
			nets = append(nets, p)
		}
	}
	s.AllowedCIDRs = nets
	return nil
}

// plainNet answers the network without host bits, an IPv4 network written as IPv6 as what it is: addresses are compared
// in that form.
func plainNet(p netip.Prefix) (netip.Prefix, bool) {
	if !p.IsValid() {
		return p, false
	}
	if a := p.Addr(); a.Is4In6() {
		if p.Bits() < 96 {
			return p, false
		}
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}

func checkExpiry(s *target.Settings, now time.Time) error {
	if s.ExpiresAt == nil {
		return nil
	}
	at := s.ExpiresAt.UTC().Truncate(time.Microsecond) // as the store keeps it
	if !at.After(now) {
		return badSettings().Field("settings.expires_at", "Give a time in the future, or leave it out.")
	}
	s.ExpiresAt = &at
	return nil
}

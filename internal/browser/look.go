package browser

import (
	"github.com/go-rod/rod/lib/proto"
)

// The looks that every page is checked in.
var (
	Desktop     = Options{Width: 1440, Height: 900}
	DesktopDark = Options{Width: 1440, Height: 900, Dark: true}
	Phone       = Options{Width: 390, Height: 844, Touch: true}
	PhoneDark   = Options{Width: 390, Height: 844, Touch: true, Dark: true}
	Narrow      = Options{Width: 320, Height: 640, Touch: true} // the least that must not scroll sideways
)

// Look changes how the open page is looked at: size, theme, touch and motion. The page stays as it is; but once it was touched,
// Chromium tells it of a mouse again (hover, a fine pointer) with the next page it loads.
func (p *Page) Look(o Options) {
	p.t.Helper()
	s, cancel := p.call()
	defer cancel()
	if err := p.look(s, o); err != nil {
		p.fail("Look", err)
	}
	p.opts.Width, p.opts.Height, p.opts.Dark, p.opts.Touch, p.opts.Motion = o.Width, o.Height, o.Dark, o.Touch, o.Motion
}

// look sets the look of the page. Scroll bars lie over the page, as on a telephone, so that a width is the same everywhere.
func (p *Page) look(s session, o Options) error {
	if o.Width == 0 {
		o.Width, o.Height = Desktop.Width, Desktop.Height
	}
	theme, motion := "light", "reduce"
	if o.Dark {
		theme = "dark"
	}
	if o.Motion {
		motion = "no-preference"
	}
	requests := []interface{ Call(proto.Client) error }{
		proto.EmulationSetDeviceMetricsOverride{Width: o.Width, Height: o.Height, DeviceScaleFactor: 1},
		proto.EmulationSetScrollbarsHidden{Hidden: true},
		proto.EmulationSetEmulatedMedia{Features: []*proto.EmulationMediaFeature{
			{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: motion},
		}},
	}
	if o.Touch != p.touch { // switching off what is not on would take the mouse away
		one := 1
		requests = append(requests, proto.EmulationSetTouchEmulationEnabled{Enabled: o.Touch, MaxTouchPoints: &one})
	}
	for _, request := range requests {
		if err := request.Call(s); err != nil {
			return err
		}
	}
	p.touch = o.Touch
	return nil
}

// NoSideScroll checks that the page is not wider than its window, and otherwise names what reaches out of it.
func (p *Page) NoSideScroll() {
	p.t.Helper()
	var wide []string
	p.read("NoSideScroll", &wide, "wide")
	if len(wide) > 0 {
		p.t.Errorf("browser: %s scrolls sideways: %s: %q", p.URL(), wide[0], wide[1:])
	}
}

// Accessible checks the page as it stands with Axe in both themes and on a telephone, and that it does not scroll sideways there and
// in the narrowest window. Afterwards it looks as before.
func (p *Page) Accessible() {
	p.t.Helper()
	before := p.opts
	for _, look := range []Options{Desktop, DesktopDark, Phone} {
		p.Look(look)
		p.Axe()
		p.NoSideScroll()
	}
	p.Look(Narrow)
	p.NoSideScroll()
	p.Look(before)
}

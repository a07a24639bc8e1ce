package browser

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-rod/rod/lib/proto"
)

// Screenshot writes a picture of the whole page, not only of what the window shows, as PNG. Folders are made.
func (p *Page) Screenshot(path string) {
	p.t.Helper()
	p.wait("Screenshot "+path, func(s session) error {
		if err := ask(s, nil, "still"); err != nil {
			return err
		}
		size, err := proto.PageGetLayoutMetrics{}.Call(s)
		if err != nil {
			return err
		}
		if size.CSSContentSize == nil {
			return fmt.Errorf("the page has no size")
		}
		result, err := proto.PageCaptureScreenshot{
			Format: proto.PageCaptureScreenshotFormatPng, CaptureBeyondViewport: true,
			Clip: &proto.PageViewport{Width: size.CSSContentSize.Width, Height: size.CSSContentSize.Height, Scale: 1},
		}.Call(s)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, result.Data, 0o644)
	})
}

// Shots writes pictures of the page as it stands into a folder: NAME-light.png and NAME-dark.png at 1440 x 900, and
// NAME-phone-light.png and NAME-phone-dark.png at 390 x 844. Afterwards the page looks as before.
func (p *Page) Shots(dir, name string) {
	p.t.Helper()
	before := p.opts
	for _, shot := range []struct {
		suffix string
		look   Options
	}{{"light", Desktop}, {"dark", DesktopDark}, {"phone-light", Phone}, {"phone-dark", PhoneDark}} {
		p.Look(shot.look)
		p.Screenshot(filepath.Join(dir, name+"-"+shot.suffix+".png"))
	}
	p.Look(before)
}

package browser

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/go-rod/rod/lib/proto"
)

const maxPicture = 16000 // CSS pixels of height, which is what Chromium draws at once

// Screenshot writes a picture of the whole page, not only of what the window shows, as PNG. Folders are made. For the picture the
// window is made as high as the page, so that what clings to its edges stands where it belongs.
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
			return errors.New("the page has no size")
		}
		whole := p.opts
		if whole.Width == 0 {
			whole.Width = Desktop.Width
		}
		whole.Height = min(int(size.CSSContentSize.Height), maxPicture)
		if err := p.look(s, whole); err != nil {
			return err
		}
		picture, err := capture(s)
		if err = errors.Join(err, p.look(s, p.opts)); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, picture, 0o644)
	})
}

// capture takes a picture of the window once nothing in it moves.
func capture(s session) ([]byte, error) {
	if err := until(s, func() error { return ask(s, nil, "still") }); err != nil {
		return nil, err
	}
	result, err := proto.PageCaptureScreenshot{Format: proto.PageCaptureScreenshotFormatPng}.Call(s)
	if err != nil {
		return nil, err
	}
	return result.Data, nil
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

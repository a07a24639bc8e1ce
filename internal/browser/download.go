package browser

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// downloads are those of one page, in the order they began.
type downloads struct {
	dir string

	mu  sync.Mutex
	all []*download
}

type download struct{ guid, name, state string }

func newDownloads(dir string) *downloads { return &downloads{dir: dir} }

func (d *downloads) begin(guid, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, &download{guid, name, "inProgress"})
}

func (d *downloads) has(guid string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.find(guid) != nil
}

func (d *downloads) progress(guid, state string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if one := d.find(guid); one != nil {
		one.state = state
	}
}

func (d *downloads) find(guid string) *download {
	for _, one := range d.all {
		if one.guid == guid {
			return one
		}
	}
	return nil
}

// nth answers a copy of a download when it has ended.
func (d *downloads) nth(n int) (download, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.all) <= n {
		return download{}, errors.New("no download began")
	}
	one := *d.all[n]
	if one.state == "inProgress" {
		return one, fmt.Errorf("the download of %s does not end", one.name)
	}
	return one, nil
}

func (d *downloads) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.all)
}

// Download does something that makes the browser save a file, and answers it with the name that the browser would give it.
//
//	f := p.Download(func() { p.ClickText("link", "Export CSV") })
func (p *Page) Download(do func()) File {
	p.t.Helper()
	before := p.downloads.count()
	do()
	var one download
	p.wait("Download", func(session) (err error) {
		one, err = p.downloads.nth(before)
		return err
	})
	if one.state != "completed" {
		p.t.Fatalf("browser: the download of %s was %s", one.name, one.state)
	}
	body, err := os.ReadFile(filepath.Join(p.downloads.dir, one.guid))
	if err != nil {
		p.t.Fatalf("browser: the download of %s: %v", one.name, err)
	}
	return File{one.name, body}
}

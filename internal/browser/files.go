package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/go-rod/rod/lib/proto"
)

// File is a file on the person's own machine.
type File struct {
	Name string // without folders
	Body []byte
}

// Upload chooses files in the file field that is named by its label or a selector; the field itself may be hidden.
func (p *Page) Upload(label string, files ...File) {
	p.t.Helper()
	paths := p.store(files)
	p.act("Upload "+label, func(s session) error {
		return until(s, func() error {
			el, err := p.byLabel(s, label, false)
			if err != nil {
				return err
			}
			return proto.DOMSetFileInputFiles{Files: paths, ObjectID: el}.Call(s)
		})
	})
}

// Drop drags files from the desktop and drops them on the only element that matches and is seen. Chromium gives the second of two
// files with the same name a number.
func (p *Page) Drop(selector string, files ...File) {
	p.t.Helper()
	paths := p.store(files)
	p.act("Drop "+selector, func(s session) error {
		at, err := aim(s, func() (element, error) { return p.bySelector(s, selector, true) })
		if err != nil {
			return err
		}
		data := &proto.InputDragData{Items: []*proto.InputDragDataItem{}, Files: paths, DragOperationsMask: 1}
		for _, t := range []proto.InputDispatchDragEventType{
			proto.InputDispatchDragEventTypeDragEnter,
			proto.InputDispatchDragEventTypeDragOver,
			proto.InputDispatchDragEventTypeDrop,
		} {
			if err := (proto.InputDispatchDragEvent{Type: t, X: at.X, Y: at.Y, Data: data}).Call(s); err != nil {
				return err
			}
		}
		return nil
	})
}

// store writes files, each into a folder of its own so that they may have the same name.
func (p *Page) store(files []File) []string {
	p.t.Helper()
	dir := p.t.TempDir()
	var paths []string
	for i, f := range files {
		path := filepath.Join(dir, strconv.Itoa(i), f.Name)
		err := os.Mkdir(filepath.Dir(path), 0o700)
		if err == nil {
			err = os.WriteFile(path, f.Body, 0o600)
		}
		if err != nil {
			p.t.Fatal(fmt.Errorf("browser: %w", err))
		}
		paths = append(paths, path)
	}
	return paths
}

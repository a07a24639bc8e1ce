// Package manual shows the pages of docs/ as the version that runs has them, so that help needs no other site.
//
//	err := manual.Register(k, docs.Pages)
package manual

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/fault"
)

// Root is the address below which the pages are.
const Root = "/docs/"

// entry is a page, drawn once.
type entry struct {
	ID    string
	Title string
	body  []byte // HTML made of our own Markdown, in which HTML is not let through
}

// Register draws every page and adds its route.
func Register(k *kit.Kit, pages fs.FS) error {
	m, err := load(pages)
	if err != nil {
		return err
	}
	list := inOrder(m)
	k.Open(http.MethodGet, Root+"{$}", func(rq *kit.Request) error {
		return rq.Render(http.StatusOK, index(rq.View, list))
	})
	k.Open(http.MethodGet, Root+"{page}", func(rq *kit.Request) error {
		e, ok := m[rq.PathValue("page")]
		if !ok {
			return fault.Missing("page of the manual")
		}
		return rq.Render(http.StatusOK, page(rq.View, e))
	})
	return nil
}

// chapters are the pages as somebody would read them; those that are not named come behind, by their names.
var chapters = []string{
	"overview", "vault", "groups", "upload", "push", "deploy-ssh", "pull", "ingest", "settings", "sign-in", "api", "configuration", "operations", "security",
	"troubleshooting", "plugins", "architecture",
}

// inOrder answers the pages in the order of chapters.
func inOrder(pages map[string]entry) []entry {
	place := func(e entry) int {
		if i := slices.Index(chapters, e.ID); i >= 0 {
			return i
		}
		return len(chapters)
	}
	return slices.SortedFunc(maps.Values(pages), func(a, b entry) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.ID, b.ID))
	})
}

func load(pages fs.FS) (map[string]entry, error) {
	names, err := fs.Glob(pages, "*.md")
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, n := range names {
		known[n] = true
	}
	md := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(parser.WithAutoHeadingID(),
		parser.WithASTTransformers(util.Prioritized(links{known}, 100), util.Prioritized(cells{}, 200), util.Prioritized(comments{}, 300))))
	out := map[string]entry{}
	for _, n := range names {
		source, err := fs.ReadFile(pages, n)
		if err != nil {
			return nil, err
		}
		var html bytes.Buffer
		if err := md.Convert(source, &html); err != nil {
			return nil, fmt.Errorf("draw %s: %w", n, err)
		}
		id := strings.TrimSuffix(n, ".md")
		out[id] = entry{ID: id, Title: titleOf(source, id), body: html.Bytes()}
	}
	return out, nil
}

// titleOf answers the first heading.
func titleOf(source []byte, id string) string {
	first, _, _ := strings.Cut(string(source), "\n")
	if t, ok := strings.CutPrefix(first, "# "); ok {
		return strings.TrimSpace(t)
	}
	return id
}

// links leads links between pages to where the program shows them. What it does not show (decisions, code) is left
// as plain text, pictures are left out.
type links struct{ known map[string]bool }

// Transform implements parser.ASTTransformer.
func (l links) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var gone, pictures []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Link:
			if to, ok := l.lead(string(n.Destination)); ok {
				n.Destination = []byte(to)
			} else if entering {
				gone = append(gone, n)
			}
		case *ast.Image:
			if entering {
				pictures = append(pictures, n)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range pictures {
		drop(n)
	}
	for _, n := range gone {
		for c := n.FirstChild(); c != nil; {
			next := c.NextSibling()
			n.Parent().InsertBefore(n.Parent(), n, c)
			c = next
		}
		n.Parent().RemoveChild(n.Parent(), n)
	}
}

// drop takes a node out, and the paragraph that held nothing else.
func drop(n ast.Node) {
	p := n.Parent()
	p.RemoveChild(p, n)
	if p.ChildCount() == 0 && p.Parent() != nil {
		p.Parent().RemoveChild(p.Parent(), p)
	}
}

func (l links) lead(to string) (string, bool) {
	name, anchor, _ := strings.Cut(to, "#")
	switch {
	case name == "" && anchor != "", strings.HasPrefix(to, Root), strings.HasPrefix(to, "https://"):
		return to, true
	case l.known[path.Clean(name)]:
		out := Root + strings.TrimSuffix(path.Clean(name), ".md")
		if anchor != "" {
			out += "#" + anchor
		}
		return out, true
	default:
		return "", false
	}
}

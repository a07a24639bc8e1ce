package manual

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	extension "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// cells has each cell of a table know the head of its column, which narrow pages show beside it.
type cells struct{}

// Transform implements parser.ASTTransformer.
func (cells) Transform(doc *ast.Document, r text.Reader, _ parser.Context) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*extension.Table); ok && entering {
			label(t, r.Source())
		}
		return ast.WalkContinue, nil
	})
}

func label(t *extension.Table, source []byte) {
	var heads []string
	for row := t.FirstChild(); row != nil; row = row.NextSibling() {
		column := 0
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			switch {
			case row.Kind() == extension.KindTableHeader:
				heads = append(heads, plain(cell, source))
			case column < len(heads) && heads[column] != "":
				cell.SetAttributeString("data-label", []byte(heads[column]))
			}
			column++
		}
	}
}

// plain answers the text of a node without its marks.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// comments takes away what is written for those who edit a page. Any other HTML would be left out anyway.
type comments struct{}

// Transform implements parser.ASTTransformer.
func (comments) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var gone []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if h, ok := n.(*ast.HTMLBlock); ok && entering && h.HTMLBlockType == ast.HTMLBlockType2 {
			gone = append(gone, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range gone {
		n.Parent().RemoveChild(n.Parent(), n)
	}
}

package browser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-rod/rod/lib/proto"
)

// element is Chromium's handle of an element; it is valid until the page navigates.
type element = proto.RuntimeRemoteObjectID

// bySelector finds the only element that matches; seen wants it to be one that can be seen.
func (p *Page) bySelector(s session, css string, seen bool) (element, error) {
	return object(s, "one", p.root, css, seen)
}

// byName finds the only element with a role and an accessible name. What is hidden, or inert behind an open dialog, has none.
func (p *Page) byName(s session, role, name string) (element, error) {
	found, err := p.named(s, role, name)
	if err != nil {
		return "", err
	}
	if len(found) == 1 {
		return resolve(s, found[0])
	}
	if len(found) == 0 {
		return "", fmt.Errorf("there is no %s named %q%s", role, name, p.where())
	}
	return "", fmt.Errorf("%d elements are a %s named %q%s; narrow it with In", len(found), role, name, p.where())
}

// byLabel finds the only field with a label, or that matches a selector when no field has that label.
func (p *Page) byLabel(s session, label string, seen bool) (element, error) {
	found, err := p.named(s, "", label)
	if err != nil {
		return "", err
	}
	var fields []element
	for _, n := range found {
		el, err := resolve(s, n)
		if err != nil {
			return "", err
		}
		if is, err := matches(s, el, "input, select, textarea"); err != nil {
			return "", err
		} else if is {
			fields = append(fields, el)
		}
	}
	switch len(fields) {
	case 1:
		return fields[0], nil
	case 0:
		el, err := p.bySelector(s, label, seen)
		if err != nil {
			err = fmt.Errorf("no field is labelled %q%s, and %w", label, p.where(), err)
		}
		return el, err
	}
	return "", fmt.Errorf("%d fields are labelled %q%s; narrow it with In", len(fields), label, p.where())
}

// named answers the nodes of the accessibility tree with a name and, unless it is empty, a role.
func (p *Page) named(s session, role, name string) ([]*proto.AccessibilityAXNode, error) {
	root, err := object(s, "within", p.root)
	if err != nil {
		return nil, err
	}
	result, err := proto.AccessibilityQueryAXTree{ObjectID: root, AccessibleName: name, Role: role}.Call(s)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(result.Nodes, func(n *proto.AccessibilityAXNode) bool {
		return n.Ignored || n.BackendDOMNodeID == 0
	}), nil
}

func resolve(s session, n *proto.AccessibilityAXNode) (element, error) {
	result, err := proto.DOMResolveNode{BackendNodeID: n.BackendDOMNodeID}.Call(s)
	if err != nil {
		return "", err
	}
	return result.Object.ObjectID, nil
}

func matches(s session, el element, css string) (bool, error) {
	result, err := proto.RuntimeCallFunctionOn{
		ObjectID: el, ReturnByValue: true,
		FunctionDeclaration: fmt.Sprintf("function() { return this.nodeType === 1 && this.matches(%q) }", css),
	}.Call(s)
	if err != nil {
		return false, err
	}
	return result.Result.Value.Bool(), nil
}

func (p *Page) where() string {
	if p.root == "" {
		return ""
	}
	return " in " + p.root
}

// plain makes runs of white space one space, as a reader sees text.
func plain(text string) string { return strings.Join(strings.Fields(text), " ") }

package browser

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-rod/rod/lib/proto"
)

const maxTabs = 300 // presses of Tab before TabTo gives up

// Focused answers the ARIA role and the accessible name of what has the focus, as ("button", "Save"). Both are empty when
// nothing has.
func (p *Page) Focused() (role, name string) {
	p.t.Helper()
	p.wait("Focused", func(s session) (err error) {
		role, name, err = focused(s)
		return err
	})
	return role, name
}

func focused(s session) (role, name string, err error) {
	var none bool
	if err := ask(s, &none, "unfocused"); err != nil || none {
		return "", "", err
	}
	el, err := object(s, "focused")
	if err != nil {
		return "", "", err
	}
	tree, err := proto.AccessibilityGetPartialAXTree{ObjectID: el}.Call(s)
	if err != nil {
		return "", "", err
	}
	if len(tree.Nodes) == 0 {
		return "", "", errors.New("the focus is on nothing that the accessibility tree has")
	}
	node := tree.Nodes[0]
	if node.Role != nil {
		role = node.Role.Value.Str()
	}
	if node.Name != nil {
		name = node.Name.Value.Str()
	}
	return role, name, nil
}

// TabTo presses Tab until the focus is on the element with a role and a name. It fails when a person would not get there, or would
// not see that they are there: each stop on the way must show its focus by an outline or a shadow.
func (p *Page) TabTo(role, name string) {
	p.t.Helper()
	var seen []string
	p.act(fmt.Sprintf("TabTo %s %q", role, name), func(s session) error {
		for range maxTabs {
			if err := pressCombination(s, "Tab"); err != nil {
				return err
			}
			r, n, err := focused(s)
			if err != nil {
				return err
			}
			var shown bool
			if err := ask(s, &shown, "focusShown"); err != nil {
				return err
			}
			if !shown {
				return fmt.Errorf("the focus on %s %q is not to be seen", r, n)
			}
			if r == role && n == name {
				return nil
			}
			seen = append(seen, r+" "+n)
		}
		return fmt.Errorf("Tab does not lead there, but to: %s", strings.Join(firstRound(seen), ", "))
	})
}

// firstRound cuts a list where it begins to repeat.
func firstRound(list []string) []string {
	for i := 1; i < len(list); i++ {
		if list[i] == list[0] {
			return list[:i]
		}
	}
	return list
}

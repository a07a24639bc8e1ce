package browser

import (
	"fmt"
	"strings"

	"github.com/go-rod/rod/lib/proto"
)

// Fill replaces the value of a field, which is named by its label or a selector, by typed text. A select gets the option with that
// label or value; dates, times and colours are given as the document has them, as 2026-01-31.
func (p *Page) Fill(label, text string) {
	p.t.Helper()
	p.act("Fill "+label, func(s session) error {
		var el element
		var how string
		err := until(s, func() (err error) {
			if el, err = p.byLabel(s, label, true); err != nil {
				return err
			}
			return askOf(s, el, &how, "field", text)
		})
		if err != nil || how == "done" {
			return err
		}
		if text == "" {
			err = press(s, 0, namedKeys["Delete"])
		} else {
			err = proto.InputInsertText{Text: text}.Call(s)
		}
		if err != nil {
			return err
		}
		value, err := valueOf(s, el)
		if err == nil && value != strings.ReplaceAll(text, "\r\n", "\n") {
			err = fmt.Errorf("the field holds %q afterwards", value)
		}
		return err
	})
}

// Value answers what a field holds, which is named by its label or a selector.
func (p *Page) Value(label string) string {
	p.t.Helper()
	var value string
	p.wait("Value "+label, func(s session) error {
		el, err := p.byLabel(s, label, false)
		if err == nil {
			value, err = valueOf(s, el)
		}
		return err
	})
	return value
}

// Check ticks a checkbox or chooses a radio button, or with on false takes the tick away, by clicking it if it is not so yet.
func (p *Page) Check(label string, on bool) {
	p.t.Helper()
	p.act("Check "+label, func(s session) error {
		find := func() (element, error) { return p.byLabel(s, label, false) }
		is, err := p.checked(s, label)
		if err != nil || is == on {
			return err
		}
		if err := clickOn(s, find); err != nil {
			return err
		}
		if err := p.settle(s); err != nil { // a box may send its form
			return err
		}
		if is, err = p.checked(s, label); err == nil && is != on {
			err = fmt.Errorf("it is %v after the click", is)
		}
		return err
	})
}

func (p *Page) checked(s session, label string) (is bool, err error) {
	err = until(s, func() error {
		el, err := p.byLabel(s, label, false)
		if err != nil {
			return err
		}
		return askOf(s, el, &is, "checked")
	})
	return is, err
}

func valueOf(s session, el element) (value string, err error) {
	err = askOf(s, el, &value, "value")
	return value, err
}

package browser

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-rod/rod/lib/proto"
)

// key is what a keyboard tells of a key, in the words of KeyboardEvent.
type key struct {
	key, code string
	number    int    // the old keyCode
	text      string // what it types
}

var namedKeys = map[string]key{
	"Tab": {"Tab", "Tab", 9, ""}, "Enter": {"Enter", "Enter", 13, "\r"}, "Escape": {"Escape", "Escape", 27, ""},
	"Space": {" ", "Space", 32, " "}, "Backspace": {"Backspace", "Backspace", 8, ""}, "Delete": {"Delete", "Delete", 46, ""},
	"Home": {"Home", "Home", 36, ""}, "End": {"End", "End", 35, ""},
	"PageUp": {"PageUp", "PageUp", 33, ""}, "PageDown": {"PageDown", "PageDown", 34, ""},
	"ArrowLeft": {"ArrowLeft", "ArrowLeft", 37, ""}, "ArrowUp": {"ArrowUp", "ArrowUp", 38, ""},
	"ArrowRight": {"ArrowRight", "ArrowRight", 39, ""}, "ArrowDown": {"ArrowDown", "ArrowDown", 40, ""},
	"F1": {"F1", "F1", 112, ""},
	"?":  {"?", "Slash", 191, "?"}, "/": {"/", "Slash", 191, "/"}, ".": {".", "Period", 190, "."}, ",": {",", "Comma", 188, ","},
	"-": {"-", "Minus", 189, "-"}, "[": {"[", "BracketLeft", 219, "["}, "]": {"]", "BracketRight", 221, "]"},
}

// modifiers are the bits of the protocol and the keys that set them.
var modifiers = map[string]struct {
	bit int
	key key
}{
	"Alt": {1, key{"Alt", "AltLeft", 18, ""}}, "Control": {2, key{"Control", "ControlLeft", 17, ""}},
	"Meta": {4, key{"Meta", "MetaLeft", 91, ""}}, "Shift": {8, key{"Shift", "ShiftLeft", 16, ""}},
}

const shift = 8

// Press presses keys one after the other, on what has the focus: letters, digits, or names as Tab, Enter, Escape, Space, ArrowDown,
// each with modifiers before it if any: Shift+Tab, Control+k.
func (p *Page) Press(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		p.act("Press "+k, func(s session) error { return pressCombination(s, k) })
	}
}

// Type types text into what has the focus, key by key.
func (p *Page) Type(text string) {
	p.t.Helper()
	p.act("Type", func(s session) error {
		for _, r := range text {
			k, err := keyOf(string(r))
			if err == nil {
				err = press(s, 0, k)
			} else { // no key of ours
				err = proto.InputInsertText{Text: string(r)}.Call(s)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func pressCombination(s session, combination string) error {
	names := strings.Split(combination, "+")
	last := names[len(names)-1]
	k, err := keyOf(last)
	if err != nil {
		return err
	}
	held := 0
	for _, name := range names[:len(names)-1] {
		m, ok := modifiers[name]
		if !ok {
			return fmt.Errorf("%q is no modifier", name)
		}
		held |= m.bit
		if err := send(s, proto.InputDispatchKeyEventTypeRawKeyDown, held, m.key); err != nil {
			return err
		}
	}
	if err := press(s, held, k); err != nil {
		return err
	}
	for _, name := range names[:len(names)-1] {
		held &^= modifiers[name].bit
		if err := send(s, proto.InputDispatchKeyEventTypeKeyUp, held, modifiers[name].key); err != nil {
			return err
		}
	}
	return nil
}

func keyOf(name string) (key, error) {
	if k, ok := namedKeys[name]; ok {
		return k, nil
	}
	r, _ := utf8.DecodeRuneInString(name)
	upper := strings.ToUpper(name)
	switch {
	case len(name) != 1:
	case r >= '0' && r <= '9':
		return key{name, "Digit" + name, int(r), name}, nil
	case upper[0] >= 'A' && upper[0] <= 'Z':
		return key{name, "Key" + upper, int(upper[0]), name}, nil
	case name == " ":
		return namedKeys["Space"], nil
	}
	return key{}, fmt.Errorf("%q is no key the rig knows", name)
}

// press presses a key and lets it go. With a modifier other than Shift it types nothing.
func press(s session, held int, k key) error {
	down := proto.InputDispatchKeyEventTypeKeyDown
	if held&^shift != 0 {
		k.text = ""
	}
	if held&shift != 0 && len(k.key) == 1 {
		k.key, k.text = strings.ToUpper(k.key), strings.ToUpper(k.text)
	}
	if k.text == "" {
		down = proto.InputDispatchKeyEventTypeRawKeyDown
	}
	if err := send(s, down, held, k); err != nil {
		return err
	}
	k.text = ""
	return send(s, proto.InputDispatchKeyEventTypeKeyUp, held, k)
}

func send(s session, t proto.InputDispatchKeyEventType, held int, k key) error {
	return proto.InputDispatchKeyEvent{
		Type: t, Modifiers: held, Key: k.key, Code: k.code, WindowsVirtualKeyCode: k.number, Text: k.text, UnmodifiedText: k.text,
	}.Call(s)
}

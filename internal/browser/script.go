package browser

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-rod/rod/lib/proto"
)

const pollEvery = 15 * time.Millisecond

//go:embed page.js
var pageJS string

// until tries until it works or the call of the test ends, and answers what was in the way last.
func until(s session, try func() error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var last error
	for n := 1; ; n++ {
		err := try()
		if err == nil {
			return nil
		}
		if s.ctx.Err() == nil || last == nil {
			last = err
		}
		if n == s.tries {
			return last
		}
		select {
		case <-s.ctx.Done():
			return last
		case <-tick.C:
		}
	}
}

// ask calls a function of page.js and decodes what it answers into into, unless that is nil.
func ask(s session, into any, name string, args ...any) error {
	return evaluate(s, into, fmt.Sprintf("(...args) => (%s).%s(...args)", pageJS, name), args...)
}

// evaluate calls a function in the page with arguments that JSON can hold, waits for its promise, and decodes its answer.
func evaluate(s session, into any, function string, args ...any) error {
	value, err := run(s, function, true, args)
	if err != nil || into == nil {
		return err
	}
	if value.Value.Nil() { // undefined, or null
		return json.Unmarshal([]byte("null"), into)
	}
	b, err := value.Value.MarshalJSON()
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// object calls a function of page.js that answers an element, and answers Chromium's handle of it.
func object(s session, name string, args ...any) (proto.RuntimeRemoteObjectID, error) {
	value, err := run(s, fmt.Sprintf("(...args) => (%s).%s(...args)", pageJS, name), false, args)
	if err != nil {
		return "", err
	}
	if value.ObjectID == "" {
		return "", errors.New(name + " answers no element")
	}
	return value.ObjectID, nil
}

func run(s session, function string, byValue bool, args []any) (*proto.RuntimeRemoteObject, error) {
	if args == nil {
		args = []any{}
	}
	list, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	result, err := proto.RuntimeEvaluate{
		Expression:    fmt.Sprintf("(%s)(...%s)", strings.Trim(strings.TrimSpace(function), ";"), list),
		ReturnByValue: byValue, AwaitPromise: true, Silent: true,
	}.Call(s)
	if err != nil {
		return nil, err
	}
	return result.Result, thrown(result.ExceptionDetails)
}

// askOf calls a function of page.js with an element as its first argument.
func askOf(s session, el proto.RuntimeRemoteObjectID, into any, name string, args ...any) error {
	list, err := json.Marshal(append([]any{}, args...))
	if err != nil {
		return err
	}
	result, err := proto.RuntimeCallFunctionOn{
		ObjectID: el, ReturnByValue: true, Silent: true,
		FunctionDeclaration: fmt.Sprintf("function() { return (%s).%s(this, ...%s) }", pageJS, name, list),
	}.Call(s)
	if err != nil {
		return err
	}
	if err := thrown(result.ExceptionDetails); err != nil || into == nil {
		return err
	}
	b, err := result.Result.Value.MarshalJSON()
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// thrown answers the message of an exception without its stack.
func thrown(d *proto.RuntimeExceptionDetails) error {
	if d == nil {
		return nil
	}
	text, _, _ := strings.Cut(exceptionText(d), "\n    at ")
	return errors.New(strings.TrimPrefix(text, "Error: "))
}

// Eval calls a JavaScript function in the page and answers what it answers, as JSON decodes it: nil, bool, float64, string, []any or
// map[string]any. It works on pages without script too.
//
//	p.Eval("() => document.activeElement.id") == "name"
func (p *Page) Eval(function string, args ...any) any {
	p.t.Helper()
	s, cancel := p.call()
	defer cancel()
	var v any
	if err := evaluate(s, &v, function, args...); err != nil {
		p.fail("Eval", err)
	}
	return v
}

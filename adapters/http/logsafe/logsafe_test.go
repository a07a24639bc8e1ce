package logsafe_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/logsafe"
)

func TestMethod(t *testing.T) {
	for in, want := range map[string]string{"GET": "GET", "OPTIONS": "OPTIONS", "get": "other", "": "other", "CANARY": "other"} {
		if got := logsafe.Method(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func caught(f func()) (said string) {
	defer func() { said = logsafe.Panic(recover()) }()
	f()
	return ""
}

func TestPanic(t *testing.T) {
	var list []int
	if got := caught(func() { list[0] = 1 }); !strings.Contains(got, "index out of range") {
		t.Errorf("the words of the runtime: %s", got)
	}
	for _, v := range []any{"CANARY", errors.New("CANARY")} {
		if got := caught(func() { panic(v) }); got == "" || strings.Contains(got, "CANARY") {
			t.Errorf("%T: %s", v, got)
		}
	}
}

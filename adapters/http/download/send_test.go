package download_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/download"
)

func TestAFileIsSavedNotShown(t *testing.T) {
	w := httptest.NewRecorder()
	download.Send(w, "a.pem", "application/x-pem-file", []byte("abc"))
	for name, want := range map[string]string{
		"Content-Type": "application/x-pem-file", "Content-Disposition": `attachment; filename="a.pem"`,
		"Content-Security-Policy": "sandbox", "Content-Length": "3",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if w.Body.String() != "abc" {
		t.Errorf("body %q", w.Body)
	}
}

func TestAStreamThatFails(t *testing.T) {
	log, broken := slog.New(slog.DiscardHandler), errors.New("broken")
	w := httptest.NewRecorder()
	err := download.Stream(t.Context(), w, log, "a.zip", "application/zip", func(io.Writer) error { return broken })
	if !errors.Is(err, broken) || len(w.Header()) != 0 || w.Body.Len() != 0 {
		t.Errorf("before the first byte: %v, headers %v, %d bytes", err, w.Header(), w.Body.Len())
	}
	defer func() {
		if r := recover(); r != any(http.ErrAbortHandler) { //nolint:errorlint // what was thrown is compared, not what it wraps
			t.Errorf("after the first byte: %v, want the connection cut", r)
		}
	}()
	_ = download.Stream(t.Context(), httptest.NewRecorder(), log, "a.zip", "application/zip", func(out io.Writer) error {
		_, _ = io.WriteString(out, "half")
		return broken
	})
}

func TestAnEmptyStreamIsAFile(t *testing.T) {
	w := httptest.NewRecorder()
	err := download.Stream(t.Context(), w, slog.New(slog.DiscardHandler), "a.csv", "text/csv", func(io.Writer) error { return nil })
	if err != nil || w.Header().Get("Content-Disposition") == "" {
		t.Errorf("%v, headers %v", err, w.Header())
	}
}

package main

import (
	"bytes"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestQuick runs every part on both engines: the tool works, whatever its figures.
func TestQuick(t *testing.T) {
	var stderr, out bytes.Buffer
	o, err := parseOptions([]string{"-quick"}, &stderr)
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), o, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	number := `[0-9]+(\.[0-9]+)?`
	for _, row := range []string{
		`sqlite, kind=key +(N +){4}>= 0.60 +(met|MISSED) +N`, `sqlite, 304 +(N +){4}>= 0.65 +(met|MISSED) +N`,
		`postgres, kind=key +(N +){4}>= 0.60 +(met|MISSED) +N`, `postgres, 304 +(N +){4}>= 0.65 +(met|MISSED) +N`,
		`sqlite +N +N +N`, `postgres +N +N +N`,
		`list, newest first, page 1 +N +N +max N +<= 3.00 +(met|MISSED) +(met|MISSED)`,
		`search, two words that never meet +N +N +max N +-`,
		`search, word, kind and group +N +N +max N +<= 3.00 +(met|MISSED) +(met|MISSED)`,
		`overview +N +N +<= 2.00 +(met|MISSED) +N +N +N`, `vault, newest first +N +N +<= 2.00 +(met|MISSED) +N +N +N`,
		`groups \* +N +N +<= 2.00 +(met|MISSED) +N +N +N`, `overview, after a change +N +N +- +N +N +N`, `page +N`, `app.js +N`, `app.css +N`,
		`inter-latin.woff2 +N`, `icons.svg +N`, `together +N +<= 120.00 +met`,
		`empty vault +N +1.00`, `first start: schema and KEK made +N +N`, `200 artifacts +N +N`,
		`binary +N`, `idle, empty vault +N +1.00`, `after +N +N`,
		`sqlite, 1 +N +1.00 +N +1.00 +N +N +N`, `sqlite, 3 +N +N +N +N +N +N +N +<= 4.00 +(met|MISSED)`,
		`postgres, 1 +N +1.00 +N +1.00 +N +N +N`, `postgres, 3 +N +N +N +N +N +N +N +<= 4.00 +(met|MISSED)`,
		`one after another +N +N +N +N +N +<= 0.05 +(met|MISSED)`, `25 at a time +N +N +N +N`,
		`sweep, 50 due +N +N +<= 3.00 +(met|MISSED)`, `look at a healthy target, by the queue +N +N +<= 3.00 +(met|MISSED)`,
		`renewal of one target, from the upload on +N +N +<= 3.00 +(met|MISSED)`,
	} {
		if !regexp.MustCompile(`(?m)^  ` + strings.ReplaceAll(row, "N", number) + `$`).MatchString(out.String()) {
			t.Errorf("no row like %s", row)
		}
	}
	if !regexp.MustCompile(`\n[0-9]+ of 147 aims met\n`).MatchString(out.String()) {
		t.Errorf("not every aim was judged")
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func TestOptions(t *testing.T) {
	for _, args := range [][]string{{"-only", "fetch,nothing"}, {"-engines", "oracle"}, {"-rounds", "many"}} {
		var stderr bytes.Buffer
		if _, err := parseOptions(args, &stderr); err == nil || stderr.Len() == 0 {
			t.Errorf("%v was taken without a word", args)
		}
	}
	o, err := parseOptions([]string{"-only", "list,fetch", "-rounds", "11", "-quick"}, &bytes.Buffer{})
	if err != nil || o.rounds != 11 || len(o.only) != 2 || o.sizes[1] != 200 {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestStats(t *testing.T) {
	if got := median([]float64{9, 1, 5}); got != 5 {
		t.Errorf("median of three: %v", got)
	}
	if got := median([]float64{4, 1, 2, 9}); got != 3 {
		t.Errorf("median of four: %v", got)
	}
	if got := against([]float64{2, 30, 8}, []float64{1, 10, 2}); got != 3 {
		t.Errorf("twice, three and four times: %v", got)
	}
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	if p50, p99 := quantile(hundred, .5), quantile(hundred, .99); p50 != 50 || p99 != 99 {
		t.Errorf("p50 %v, p99 %v", p50, p99)
	}
	few, many := make([]float64, tailSamples-1), make([]float64, tailSamples)
	few[0], many[0] = 9, 9
	if v, word := tailOf(few); v != 9 || word != "max " {
		t.Errorf("few samples: %s%v", word, v)
	}
	if v, word := tailOf(many); v != 0 || word != "" {
		t.Errorf("enough samples: %s%v", word, v)
	}
	if !math.IsNaN(median(nil)) || !math.IsNaN(quantile(nil, .5)) {
		t.Error("the median of nothing is a number")
	}
	if a := (aim{limit: 3, most: true}); !a.met(3) || a.met(3.01) {
		t.Error("at most 3")
	}
	if a := (aim{limit: .6}); !a.met(.6) || a.met(.59) {
		t.Error("at least 0.6")
	}
}

// TestLoadNoticesWrongAnswers: a server that answers anything else must not be taken for a fast one.
func TestLoadNoticesWrongAnswers(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"status":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"no length": func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
		"cut short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9")
			_, _ = w.Write([]byte("1"))
		},
	} {
		srv := httptest.NewServer(h)
		l, err := dial(t.Context(), srv.Listener.Addr().String(), http.StatusOK, [][]byte{[]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.run(time.Second); err == nil {
			t.Errorf("%s: no error", name)
		}
		l.close()
		srv.Close()
	}
}

// TestBareRepeats: the yardstick writes what it was shown, byte for byte but the date.
func TestBareRepeats(t *testing.T) {
	shown := &answer{status: http.StatusOK, header: http.Header{"Etag": {`"x"`}, "Content-Length": {"3"}}, body: []byte("abc")}
	srv := httptest.NewServer(http.HandlerFunc(shown.bare))
	defer srv.Close()
	got, err := ask(t.Context(), srv.Listener.Addr().String(), http.StatusOK, []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if string(got.body) != "abc" || got.header.Get("ETag") != `"x"` || len(got.header) != 2+1 { // and Content-Type, which net/http guesses
		t.Errorf("%+v", got)
	}
}

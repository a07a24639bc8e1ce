package kit

import (
	"strings"
	"testing"
)

func TestFormsAreMarked(t *testing.T) {
	const f = `<input type="hidden" name="view" value="0123456789abcdef">`
	for in, want := range map[string]string{
		"":                             "",
		"<p>none</p>":                  "<p>none</p>",
		"a<form":                       "a<form",
		"<formx>":                      "<formx>",
		"<form>":                       "<form>",
		"<form":                        "<form",
		"<form method":                 "<form method",
		`<form method="post`:           `<form method="post`,
		`<form method="post">x</form>`: `<form method="post">` + f + `x</form>`,
		`<form method="POST">`:         `<form method="POST">` + f,
		`<form method=post>`:           `<form method=post>` + f,
		`<form method='post'>`:         `<form method='post'>` + f,
		"<form\n\tclass=\"a\"\n method=\"post\"\n>":                   "<form\n\tclass=\"a\"\n method=\"post\"\n>" + f,
		`<form method="get">`:                                         `<form method="get">`,
		`<form action="/x">`:                                          `<form action="/x">`,
		`<form data-method="post">`:                                   `<form data-method="post">`,
		`<form title="method=post">`:                                  `<form title="method=post">`,
		`<form title=" method='post' ">`:                              `<form title=" method='post' ">`,
		`<form title="a>b" method="post" data-upload>`:                `<form title="a>b" method="post" data-upload>` + f,
		`<form method="post" title="<form method='post'>">`:           `<form method="post" title="<form method='post'>">` + f,
		`<form data-upload method="post"/>`:                           `<form data-upload method="post"/>` + f,
		`<form method="post"><form method="get"><form method="post">`: `<form method="post">` + f + `<form method="get"><form method="post">` + f,
		`<p>&lt;form method=&#34;post&#34;&gt;</p>`:                   `<p>&lt;form method=&#34;post&#34;&gt;</p>`,
		`<form method="post" =x>`:                                     `<form method="post" =x>` + f,
	} {
		if got := string(marked([]byte(in), "0123456789abcdef")); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzMarkedLosesNothing(f *testing.F) {
	for _, s := range []string{`<form method="post">`, `<form a=b method='post'><form>`, "<form<form", `<form ="'>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, page string) {
		const view = "\x00view\x00"
		if strings.Contains(page, view) {
			return
		}
		got := string(marked([]byte(page), view))
		if back := strings.ReplaceAll(got, `<input type="hidden" name="view" value="`+view+`">`, ""); back != page {
			t.Errorf("%q becomes %q", page, got)
		}
	})
}

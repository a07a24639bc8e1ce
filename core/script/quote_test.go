package script

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// corpus is what breaks out of quotes, comments, words and lines, in either shell, when an encoder is wrong.
var corpus = []string{
	"", " ", "plain", "two words", "it's", "'", "''", "'''", `"`, `""`, `\`, `\\`, `\'`, `'\''`, `'"'"'`, `\"`, "`", "`id`", "``",
	"$", "$$", "$HOME", "${HOME}", "$(id)", "$(touch owned)", "${x:-`id`}", "$'\\x41'", `$"x"`, "$((1+1))", "$IFS", "!", "!!", "!$", "#", "# comment",
	"a#b", ";", "; id", ";;", "&", "&&", "& calc", "|", "||id", "<", ">", ">owned", "<<EOF", "EOF", "<(id)", "(", ")", "()", "{", "}", "{a,b}", "[", "]",
	"[a-z]", "*", "?", "~", "~root", "-n", "--help", "-e\\n", "=", "x=1", "%", "%s%n", "%PATH%", "^", "@", "@(x)", "@'", "'@", `@"`, `"@`, "$_", "$env:PATH",
	"$($x)", "--%", "`n", "`$x", "' + (calc) + '", "'; id; '", "' ; Remove-Item x ; '", "\u2018; calc; \u2019", "\u201a", "\u201b", "\u201c; calc \u201d", "\u201e",
	"a\u2019b\u2018c'd", "\u0111", "\u00e2\u20ac\u2122", "<#", "#>", "#> calc", "line\nbreak", "\n", "\r", "a\r\nid", "\ttab\t", "\x01\x02\x1b[31m", "\x7f", "\x80\xff\xfe",
	"\xe2\x80", "\u00fc\u00df", "\u6771\u4eac", "\U0001F98A", "\u202eevil", "\u2028x\u2029", "\u00a0", "\ufeff", "e\u0301", strings.Repeat("'", 300), strings.Repeat(`\`, 301),
}

func TestTheCorpusIsLarge(t *testing.T) {
	if len(corpus) < 60 {
		t.Errorf("%d strings", len(corpus))
	}
}

// inBash answers what bash makes of words.
func inBash(words ...string) (string, error) {
	out, err := exec.Command("bash", "-c", `printf '%s\0' `+strings.Join(words, " ")).Output()
	return string(out), err
}

func TestBashQuoteGivesTheSameBytes(t *testing.T) {
	words := make([]string, len(corpus))
	for i, s := range corpus {
		words[i] = bashQuote(s)
		if got, err := inBash(words[i]); err != nil || got != s+"\x00" {
			t.Errorf("%q became %q, %v", s, got, err)
		}
	}
	if got, err := inBash(words...); err != nil || got != strings.Join(corpus, "\x00")+"\x00" {
		t.Errorf("all in one line: %v", err)
	}
}

func TestBashQuoteGivesTheSameBytesForAnyString(t *testing.T) {
	any := rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "text") {
			return strings.ReplaceAll(rapid.String().Draw(t, "s"), "\x00", "")
		}
		return string(rapid.SliceOf(rapid.ByteRange(1, 255)).Draw(t, "bytes"))
	})
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(any, 1, 8).Draw(t, "all")
		words := make([]string, len(all))
		for i, s := range all {
			words[i] = bashQuote(s)
		}
		if got, err := inBash(words...); err != nil || got != strings.Join(all, "\x00")+"\x00" {
			t.Fatalf("%q became %q, %v", all, got, err)
		}
	})
}

// literal is a string literal as build/psparse reports it.
type literal struct{ Kind, Text, Value string }

// parsePowerShell parses a script and answers its string literals; a syntax error fails the test.
func parsePowerShell(t *testing.T, source string) []literal {
	t.Helper()
	cmd := exec.Command("node", "../../build/psparse/check.mjs", "--strings")
	cmd.Stdin = strings.NewReader(source)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		t.Fatalf("the PowerShell check (node build/psparse/check.mjs) says: %v\n%s", err, complaints.String())
	}
	var list []literal
	if err := json.Unmarshal(out.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// powerShellValues answers what assigning each expression gives, read from the parser's literals.
func powerShellValues(t *testing.T, expressions []string) []string {
	t.Helper()
	var source strings.Builder
	for i, e := range expressions {
		fmt.Fprintf(&source, "$v%d = %s\n", i, e)
	}
	list := parsePowerShell(t, source.String())
	if len(list) != len(expressions) {
		t.Fatalf("%d string literals for %d values", len(list), len(expressions))
	}
	values := make([]string, len(list))
	for i, l := range list {
		if l.Kind != "verbatim_string_characters" {
			t.Fatalf("%s became a %s, which can run code", expressions[i], l.Kind)
		}
		values[i] = l.Value
		if strings.Contains(expressions[i], "FromBase64String") {
			b, err := base64.StdEncoding.DecodeString(l.Value)
			if err != nil {
				t.Fatal(err)
			}
			values[i] = string(b)
		}
	}
	return values
}

func TestPowerShellValuesAreTheSameString(t *testing.T) {
	all := corpus
	for seed := range 400 {
		all = append(all, rapid.String().Example(seed), rapid.StringOf(rapid.RuneFrom([]rune("'\u2018\u2019\u201a\u201b\"$(`;# a\u0111\n"))).Example(seed))
	}
	var values, quotes, of []string
	for _, s := range all {
		if strings.ContainsAny(s, "\x00\r") { // the parser's reading of line ends is its own; Render refuses both
			continue
		}
		of = append(of, s)
		values = append(values, psValue(s))
		quotes = append(quotes, psQuote(strings.ToValidUTF8(s, "?")))
		if !isASCII(psValue(s)) {
			t.Errorf("psValue(%q) is not ASCII", s)
		}
	}
	for i, got := range powerShellValues(t, values) {
		if got != of[i] {
			t.Errorf("psValue: %q became %q", of[i], got)
		}
	}
	for i, got := range powerShellValues(t, quotes) {
		if want := strings.ToValidUTF8(of[i], "?"); got != want {
			t.Errorf("psQuote: %q became %q", want, got)
		}
	}
}

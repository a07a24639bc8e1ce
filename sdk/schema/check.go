package schema

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a schema. They are far above what a device needs and keep a form drawable.
const (
	maxFields  = 100
	maxNesting = 2 // objects within each other
	maxOptions = 200
	maxName    = 40
	maxTitle   = 100
	maxHelp    = 2000
	maxPattern = 500
	maxLine    = 4096  // bytes of a string, unless MaxLen says otherwise
	maxText    = 65536 // bytes of a Text, unless MaxLen says less
	maxStrings = 100   // values of a Strings
)

var snake = regexp.MustCompile(`\A[a-z][a-z0-9]*(_[a-z0-9]+)*\z`)

// Check says what is wrong with the schema itself, everything at once. A plugin whose schema fails it is not used.
func (s Schema) Check() error {
	c := checker{}
	c.fields("", s.Fields, 0)
	if c.count > maxFields {
		c.add("", "has %d fields; at most %d", c.count, maxFields)
	}
	return errors.Join(c.found...)
}

type checker struct {
	found []error
	count int
}

func (c *checker) add(path, format string, args ...any) {
	if len(c.found) < 50 {
		c.found = append(c.found, fmt.Errorf("schema: %s: %s", or(path, "the fields"), fmt.Sprintf(format, args...)))
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// fields checks the fields of one object, nesting objects deep.
func (c *checker) fields(prefix string, fields []Field, nesting int) {
	c.count += len(fields)
	if c.count > maxFields {
		return // Check says so
	}
	above := map[string]Field{}
	for _, f := range fields {
		if len(f.Name) > maxName || !snake.MatchString(f.Name) {
			c.add(prefix+fmt.Sprintf("%.50q", f.Name), "the name is not snake_case of %d letters at most", maxName)
			continue
		}
		path := prefix + f.Name
		if _, twice := above[f.Name]; twice {
			c.add(path, "two fields have this name")
		}
		c.words(path, f)
		c.rules(path, f)
		c.when(path, f, above)
		if f.Type == Object {
			if nesting == maxNesting {
				c.add(path, "objects may be %d deep", maxNesting)
				continue
			}
			c.fields(path+".", f.Fields, nesting+1)
		}
		above[f.Name] = f
	}
}

// words checks what a person gets to read.
func (c *checker) words(path string, f Field) {
	if f.Title == "" {
		c.add(path, "has no title")
	}
	for _, w := range []struct {
		what, text string
		max        int
	}{{"title", f.Title, maxTitle}, {"help", f.Help, maxHelp}, {"placeholder", f.Placeholder, maxTitle}, {"section", f.Section, maxTitle},
		{"pattern help", f.PatternHelp, maxHelp}} {
		if !readable(w.text, w.max) {
			c.add(path, "the %s is longer than %d bytes or has characters that do not show", w.what, w.max)
		}
	}
}

func readable(s string, max int) bool {
	return len(s) <= max && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// rules checks that what the field asks for fits its type.
func (c *checker) rules(path string, f Field) {
	if !f.Type.known() {
		c.add(path, "there is no type %.20q; it may need a newer Ignisfox", f.Type)
		return
	}
	if f.Secret && f.Type != String && f.Type != Text {
		c.add(path, "only string and text can be secret")
	}
	if f.Secret && f.Default != nil {
		c.add(path, "a secret has no default")
	}
	if f.Destination && (f.Secret || f.Type == Object) {
		c.add(path, "a destination is neither secret nor an object; mark the fields in it")
	}
	if (len(f.Fields) > 0) != (f.Type == Object) {
		c.add(path, "objects have fields, and only they do")
	}
	if (len(f.Options) > 0) != (f.Type == Enum) {
		c.add(path, "enums have options, and only they do")
	}
	c.options(path, f)
	if (f.Min != nil || f.Max != nil) && f.Type != Int {
		c.add(path, "only int has min and max")
	}
	if f.Min != nil && f.Max != nil && *f.Min > *f.Max {
		c.add(path, "min is above max")
	}
	if limit := f.Type.longest(); f.MaxLen < 0 || f.MaxLen > limit {
		c.add(path, "max_len of this type is from 0 to %d", limit)
	}
	if !c.pattern(path, f) || f.Default == nil {
		return
	}
	if f.Type == Object {
		c.add(path, "an object has no default; give its fields theirs")
	} else if _, problem := f.value(f.Default); problem != "" {
		c.add(path, "the default is not a value of the field: %s", problem)
	}
}

func (c *checker) options(path string, f Field) {
	if len(f.Options) > maxOptions {
		c.add(path, "has more than %d options", maxOptions)
		return
	}
	seen := map[string]bool{}
	for _, o := range f.Options {
		if o.Value == "" || o.Value == "*" || o.Title == "" || !readable(o.Value, maxTitle) || !readable(o.Title, maxTitle) || seen[o.Value] {
			c.add(path, "each option has a value of its own, not \"*\", and a title")
			return
		}
		seen[o.Value] = true
	}
}

// pattern says whether the pattern can be used.
func (c *checker) pattern(path string, f Field) bool {
	if f.Pattern == "" {
		return true
	}
	if !f.Type.text() {
		c.add(path, "a pattern needs a type that is written as text")
		return false
	}
	_, err := regexp.Compile(f.Pattern) // alone too: "a)|(b" would compile between our brackets
	if err == nil {
		_, err = whole(f.Pattern)
	}
	if err != nil || len(f.Pattern) > maxPattern {
		c.add(path, "the pattern is not RE2 or longer than %d bytes", maxPattern)
		return false
	}
	return true
}

// whole compiles a pattern for the whole value.
func whole(pattern string) (*regexp.Regexp, error) { return regexp.Compile(`\A(?:` + pattern + `)\z`) }

// when checks a condition. The field it names stands above, so that no two can wait for each other.
func (c *checker) when(path string, f Field, above map[string]Field) {
	if f.When == nil {
		return
	}
	g, ok := above[f.When.Field]
	if !ok {
		c.add(path, "when names %.50q, which is no field above it in the same object", f.When.Field)
		return
	}
	if g.Secret || g.Type == Object || len(f.When.In) == 0 || len(f.When.In) > maxOptions {
		c.add(path, "when needs a field that is neither secret nor an object, and at least one value")
		return
	}
	for _, v := range f.When.In {
		if !g.couldBe(v) {
			c.add(path, "when waits for %.50q, which %s cannot be", v, g.Name)
		}
	}
}

// couldBe says whether a condition can wait for this value.
func (f Field) couldBe(v string) bool {
	switch {
	case v == "*":
		return f.Type != Bool
	case f.Type == Bool:
		return v == "true" || v == "false"
	case f.Type == Enum:
		return v == "" || f.hasOption(v)
	}
	return f.Type != Strings
}

func (f Field) hasOption(v string) bool {
	for _, o := range f.Options {
		if o.Value == v {
			return true
		}
	}
	return false
}

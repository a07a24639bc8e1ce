package schema_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/sdk/schema"
)

func TestCheckFindsWhatIsWrongWithASchema(t *testing.T) {
	f := func(change func(*schema.Field)) []schema.Field {
		one := schema.Field{Name: "a", Title: "A", Type: schema.String}
		change(&one)
		return []schema.Field{one}
	}
	under := func(typ schema.Type, c schema.Condition) []schema.Field {
		above := schema.Field{Name: "a", Title: "A", Type: typ}
		if typ == schema.Enum {
			above.Options = []schema.Option{{Value: "x", Title: "X"}}
		}
		return []schema.Field{above, {Name: "b", Title: "B", Type: schema.String, When: &c}}
	}
	object := func(inner ...schema.Field) []schema.Field {
		return []schema.Field{{Name: "o", Title: "O", Type: schema.Object, Fields: inner}}
	}
	many := make([]schema.Field, 101)
	for i := range many {
		many[i] = schema.Field{Name: fmt.Sprintf("f%d", i), Title: "F", Type: schema.Bool}
	}
	for want, fields := range map[string][]schema.Field{
		"snake_case":            f(func(f *schema.Field) { f.Name = "camelCase" }),
		"is not snake_case":     f(func(f *schema.Field) { f.Name = "a.b" }),
		"of 40 letters":         f(func(f *schema.Field) { f.Name = strings.Repeat("a", 41) }),
		"have this name":        append(f(func(*schema.Field) {}), f(func(*schema.Field) {})...),
		"no title":              f(func(f *schema.Field) { f.Title = "" }),
		"the title is longer":   f(func(f *schema.Field) { f.Title = strings.Repeat("a", 101) }),
		"the help is":           f(func(f *schema.Field) { f.Help = "a\u202eb" }),
		"there is no type":      f(func(f *schema.Field) { f.Type = "colour" }),
		"can be secret":         f(func(f *schema.Field) { f.Type, f.Secret = schema.Int, true }),
		"secret has no default": f(func(f *schema.Field) { f.Secret, f.Default = true, "x" }),
		"neither secret nor":    f(func(f *schema.Field) { f.Secret, f.Destination = true, true }),
		"objects have fields":   f(func(f *schema.Field) { f.Type = schema.Object }),
		"only they do":          f(func(f *schema.Field) { f.Options = []schema.Option{{Value: "a", Title: "A"}} }),
		"enums have options":    f(func(f *schema.Field) { f.Type = schema.Enum }),
		"a value of its own": f(func(f *schema.Field) {
			f.Type, f.Options = schema.Enum, []schema.Option{{Value: "a", Title: "A"}, {Value: "a", Title: "B"}}
		}),
		"not \"*\"":         f(func(f *schema.Field) { f.Type, f.Options = schema.Enum, []schema.Option{{Value: "*", Title: "A"}} }),
		"only int has":      f(func(f *schema.Field) { f.Min = num(1) }),
		"min is above":      f(func(f *schema.Field) { f.Type, f.Min, f.Max = schema.Int, num(2), num(1) }),
		"max_len":           f(func(f *schema.Field) { f.MaxLen = 5000 }),
		"from 0 to 0":       f(func(f *schema.Field) { f.Type, f.MaxLen = schema.Host, 5 }),
		"needs a type":      f(func(f *schema.Field) { f.Type, f.Pattern = schema.Int, "1" }),
		"not RE2":           f(func(f *schema.Field) { f.Pattern = "(" }),
		"RE2 or longer":     f(func(f *schema.Field) { f.Pattern = "a)|(b" }),
		"whole number":      f(func(f *schema.Field) { f.Type, f.Default = schema.Port, 0 }),
		"is not a value":    f(func(f *schema.Field) { f.Default = 1 }),
		"Give letters":      f(func(f *schema.Field) { f.Default, f.Pattern, f.PatternHelp = "1", "[a-z]", "Give letters." }),
		"which is no field": f(func(f *schema.Field) { f.When = &schema.Condition{Field: "a", In: []string{"x"}} }),
		"cannot be":         under(schema.Enum, schema.Condition{Field: "a", In: []string{"y"}}),
		"waits for \"yes\"": under(schema.Bool, schema.Condition{Field: "a", In: []string{"yes"}}),
		"at least one":      under(schema.Bool, schema.Condition{Field: "a"}),
		"above it in the same": append(object(schema.Field{Name: "i", Title: "I", Type: schema.Bool}),
			schema.Field{Name: "b", Title: "B", Type: schema.String, When: &schema.Condition{Field: "i", In: []string{"true"}}}),
		"2 deep": object(object(object(schema.Field{Name: "a", Title: "A", Type: schema.Bool})...)...),
		"an object has no default": func() []schema.Field {
			o := object(schema.Field{Name: "a", Title: "A", Type: schema.Bool})
			o[0].Default = map[string]any{}
			return o
		}(),
		"at most 100": many,
	} {
		if err := (schema.Schema{Fields: fields}).Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if err := (schema.Schema{Fields: object(object(schema.Field{Name: "a", Title: "A", Type: schema.Bool})...)}).Check(); err != nil {
		t.Errorf("objects two deep: %v", err)
	}
}

func TestASchemaSurvivesJSON(t *testing.T) {
	data, err := device.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := schema.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.Marshal()
	if err != nil || string(again) != string(data) {
		t.Errorf("changed on the way: %v\n%s\n%s", err, data, again)
	}
	if port, _ := got.Find("port"); !reflect.DeepEqual(port.Default, int64(22)) {
		t.Errorf("a default came as %T", port.Default)
	}
}

func TestParseToleratesTheFutureAndNothingElse(t *testing.T) {
	with := func(more string) []byte {
		return []byte(`{"fields":[{"name":"a","title":"A","type":"string"` + more + `}],"colour":"red"}`)
	}
	if _, err := schema.Parse(with(`,"shape":{"round":true}`)); err != nil {
		t.Errorf("what a newer SDK added: %v", err)
	}
	for name, data := range map[string][]byte{
		"nothing":          nil,
		"no object":        []byte(`[]`),
		"something behind": append(with(""), "{}"...),
		"not sane":         with(`,"min":1`),
		"too large":        with(`,"x":"` + strings.Repeat("a", schema.MaxJSON) + `"`),
		"too deep":         []byte(strings.Repeat(`{"fields":[`, 200) + strings.Repeat(`]}`, 200)),
		"a type to come":   []byte(`{"fields":[{"name":"a","title":"A","type":"colour"}]}`),
	} {
		if _, err := schema.Parse(data); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	var large schema.Schema
	for i := range 100 {
		large.Fields = append(large.Fields, schema.Field{Name: fmt.Sprintf("f%d", i), Title: "F", Type: schema.Enum, Help: strings.Repeat("a", 2000)})
		for j := range 40 {
			large.Fields[i].Options = append(large.Fields[i].Options, schema.Option{Value: fmt.Sprint(j), Title: strings.Repeat("b", 80)})
		}
	}
	if _, err := large.Marshal(); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a schema too large to travel: %v", err)
	}
	if err := json.Unmarshal([]byte(`{"fields":null}`), &large); err != nil {
		t.Error(err)
	}
}

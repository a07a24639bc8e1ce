package schema_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ignisfox/ignisfox/sdk/schema"
)

const canary = "zq7canary"

// drawValue draws what might be sent for a field: often right, sometimes of another type.
func drawValue(rt *rapid.T, f schema.Field, label string) any {
	if rapid.IntRange(0, 9).Draw(rt, label+" wrong") == 0 {
		return rapid.SampledFrom([]any{nil, "", canary, canary + "\n", -1.0, 1.5, 70000.0, true, []any{canary}, values{canary + " ": canary}}).Draw(rt, label)
	}
	switch f.Type {
	case schema.Int, schema.Port:
		return float64(rapid.IntRange(1, 10).Draw(rt, label))
	case schema.Bool:
		return rapid.Bool().Draw(rt, label)
	case schema.Enum:
		return rapid.SampledFrom(f.Options).Draw(rt, label).Value
	case schema.Host:
		return rapid.SampledFrom([]string{"A.example", "b.example.", "192.0.2.1", "2001:DB8::1"}).Draw(rt, label)
	case schema.Path:
		return "/" + rapid.StringMatching(`[a-z/.]{0,8}`).Draw(rt, label)
	case schema.Mode:
		return rapid.StringMatching(`0?[0-7]{3}`).Draw(rt, label)
	case schema.URL:
		return "https://" + rapid.StringMatching(`[a-z]{1,5}\.example(:[1-9][0-9]?)?(/[a-z?=]*)?`).Draw(rt, label)
	case schema.Duration:
		return rapid.StringMatching(`[1-9][0-9]{0,2}(s|m|ms)`).Draw(rt, label)
	case schema.Strings:
		var list []any
		for _, s := range rapid.SliceOfN(rapid.StringMatching(`[ -~]{1,20}`), 0, 5).Draw(rt, label) {
			list = append(list, s)
		}
		return list
	case schema.Object:
		return drawObject(rt, f.Fields, label+".")
	}
	return rapid.StringMatching(`[a-z]{1,12}`).Draw(rt, label)
}

func drawObject(rt *rapid.T, fields []schema.Field, prefix string) values {
	out := values{}
	for _, f := range fields {
		if rapid.IntRange(0, 3).Draw(rt, prefix+f.Name+" given") > 0 {
			out[f.Name] = drawValue(rt, f, prefix+f.Name)
		}
	}
	return out
}

// asJSON brings values through JSON, as they are stored and sent.
func asJSON(t *rapid.T, v values, numbers bool) values {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if numbers {
		d.UseNumber()
	}
	var out values
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Whatever is sent: nothing of it is repeated in a problem, no secret is among the plain settings, and what is stored stays as it is
// however often it is read, shown and sent back.
func TestWhatIsValidStaysValid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plain, secrets, problems := device.Split(drawObject(rt, device.Fields, ""))
		stored, more := device.Validate(plain, secrets, nil)
		for _, p := range []schema.Problems{problems, more} {
			for path, words := range p {
				if strings.Contains(path+words, canary) {
					rt.Fatalf("%q repeats what was submitted: %q", path, words)
				}
			}
		}
		if len(more) > 0 {
			return
		}
		have := map[string]bool{}
		for path := range secrets {
			have[path] = true
		}
		again, more := device.Validate(asJSON(rt, stored, rapid.Bool().Draw(rt, "numbers")), nil, have)
		if len(more) > 0 || !reflect.DeepEqual(again, stored) {
			rt.Fatalf("validated again: %v, problems %v, was %v", again, more, stored)
		}
		for _, path := range device.SecretsOf(stored) {
			if top, _, nested := strings.Cut(path, "."); !nested && stored[top] != nil {
				rt.Fatalf("the secret %s is among the settings", path)
			}
		}
		m, more := device.Merge(stored, asJSON(rt, device.Present(stored, have), false))
		if len(more)+len(m.Secrets)+len(m.Removed) > 0 {
			rt.Fatalf("sent back as shown: %+v, problems %v", m, more)
		}
		if back, more := device.Validate(m.Plain, nil, have); len(more) > 0 || !reflect.DeepEqual(back, stored) {
			rt.Fatalf("sent back as shown: %v, problems %v, was %v", back, more, stored)
		}
		if changed := device.Destinations(stored, again); len(changed) > 0 {
			rt.Fatalf("destinations changed by themselves: %v", changed)
		}
	})
}

func FuzzValidate(f *testing.F) {
	f.Add([]byte(`{"host":"a.example","user":"u","password":"p","jump":{"host":"j"},"use_jump":true}`))
	f.Add([]byte(`{"host":"0x7f.1","port":1e3,"api":"https://[::1]:8/","mode":"0777","cert_path":"/a/..","wait":"1h1h","tags":["a"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var all values
		if len(data) > 1<<16 || json.Unmarshal(data, &all) != nil {
			return
		}
		plain, secrets, problems := device.Split(all)
		stored, more := device.Validate(plain, secrets, map[string]bool{"password": true, "key": true})
		if len(problems)+len(more) > 0 {
			return
		}
		again, more := device.Validate(stored, secrets, map[string]bool{"password": true, "key": true})
		if len(more) > 0 || !reflect.DeepEqual(again, stored) {
			t.Fatalf("validated again: %v, problems %v, was %v", again, more, stored)
		}
		device.Present(stored, nil)
		if changed := device.Destinations(stored, all); len(changed) > 100 {
			t.Fatal("more destinations than fields")
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"fields":[{"name":"b","title":"B","type":"bool"},{"name":"o","title":"O","type":"object","when":{"field":"b","in":["true"]},` +
		`"fields":[{"name":"s","title":"S","type":"strings","default":["x"]}]}]}`))
	f.Add([]byte(`{"fields":[{"name":"a","title":"A","type":"int","default":1e2,"min":-5}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := schema.Parse(data)
		if err != nil {
			return
		}
		again, err := s.Marshal()
		if err != nil {
			return // it grew beyond the limit, by escapes
		}
		back, err := schema.Parse(again)
		if err != nil || !reflect.DeepEqual(back, s) {
			t.Fatalf("changed on the way: %v\n%#v\n%#v", err, s, back)
		}
		s.Validate(values{}, nil, nil)
	})
}

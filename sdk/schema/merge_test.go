package schema_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/sdk/schema"
)

func TestSplitTakesSecretsOut(t *testing.T) {
	plain, secrets, problems := device.Split(values{"host": "a", "password": "p", "key": nil, "jump": values{"host": "j", "password": "q"},
		"proxy": values{"token": values{"set": true}}, "stranger": 1})
	if want := (values{"host": "a", "jump": values{"host": "j"}, "proxy": values{}, "stranger": 1}); !reflect.DeepEqual(plain, want) {
		t.Errorf("plain %v, want %v", plain, want)
	}
	if want := map[string]string{"password": "p", "jump.password": "q"}; !reflect.DeepEqual(secrets, want) || problems != nil {
		t.Errorf("secrets %v, problems %v", secrets, problems)
	}
	for _, wrong := range []any{7.0, true, []any{"zq7canary"}, values{"set": "zq7canary"}, values{"set": true, "x": "zq7canary"}} {
		plain, secrets, problems := device.Split(values{"password": wrong})
		if len(plain)+len(secrets) > 0 || problems["password"] == "" || strings.Contains(problems["password"], "zq7canary") {
			t.Errorf("%v: plain %v, secrets %v, problems %v", wrong, plain, secrets, problems)
		}
	}
}

func TestMergeIsAMergePatch(t *testing.T) {
	before := func() values {
		return values{"host": "a", "tags": []string{"x"}, "jump": values{"host": "j", "port": int64(22)}}
	}
	for name, c := range map[string]struct {
		patch values
		want  schema.Merged
	}{
		"nothing":          {nil, schema.Merged{Plain: before()}},
		"a value":          {values{"host": "b"}, schema.Merged{Plain: values{"host": "b", "tags": []string{"x"}, "jump": before()["jump"]}}},
		"null removes":     {values{"host": nil, "tags": nil}, schema.Merged{Plain: values{"jump": before()["jump"]}}},
		"inside an object": {values{"jump": values{"port": nil, "host": "k"}}, schema.Merged{Plain: values{"host": "a", "tags": []string{"x"}, "jump": values{"host": "k"}}}},
		"a list is one":    {values{"tags": []any{"y"}}, schema.Merged{Plain: values{"host": "a", "tags": []any{"y"}, "jump": before()["jump"]}}},
		"a new object":     {values{"proxy": values{"name": "p", "token": nil}}, schema.Merged{Plain: values{"host": "a", "tags": []string{"x"}, "jump": before()["jump"], "proxy": values{"name": "p"}}, Removed: []string{"proxy.token"}}},
		"a secret":         {values{"password": "p"}, schema.Merged{Plain: before(), Secrets: map[string]string{"password": "p"}}},
		"blank keeps":      {values{"password": "", "key": values{"set": false}}, schema.Merged{Plain: before()}},
		"a secret goes":    {values{"password": nil}, schema.Merged{Plain: before(), Removed: []string{"password"}}},
		"with its object":  {values{"jump": nil}, schema.Merged{Plain: values{"host": "a", "tags": []string{"x"}}, Removed: []string{"jump.password"}}},
	} {
		plain := before()
		got, problems := device.Merge(plain, c.patch)
		if c.want.Secrets == nil {
			c.want.Secrets = map[string]string{}
		}
		if !reflect.DeepEqual(got, c.want) || problems != nil {
			t.Errorf("%s: got %+v, problems %v, want %+v", name, got, problems, c.want)
		}
		if !reflect.DeepEqual(plain, before()) {
			t.Errorf("%s: the settings before were changed: %v", name, plain)
		}
	}
}

func TestWhatIsShownCanBeSentBack(t *testing.T) {
	have := map[string]bool{"password": true, "jump.password": true}
	stored, problems := device.Validate(submitted(values{"use_jump": true, "jump": values{"host": "j.example"}}), nil, have)
	if problems != nil {
		t.Fatal(problems)
	}
	shown := device.Present(stored, have)
	if want := any(values{"set": true}); !reflect.DeepEqual(shown["password"], want) || !reflect.DeepEqual(shown["jump"].(values)["password"], want) {
		t.Errorf("secrets are shown as %v", shown)
	}
	if _, ok := shown["key"]; ok {
		t.Error("a secret that does not apply is shown")
	}
	m, problems := device.Merge(stored, shown)
	again, more := device.Validate(m.Plain, m.Secrets, have)
	if problems != nil || more != nil || !reflect.DeepEqual(again, stored) || len(m.Secrets)+len(m.Removed) > 0 {
		t.Errorf("sent back it becomes %v, %+v, problems %v %v", again, m, problems, more)
	}
}

func TestSecretsThatApply(t *testing.T) {
	if got := device.Secrets(); !slices.Equal(got, []string{"password", "key", "jump.password", "proxy.token"}) {
		t.Errorf("all: %v", got)
	}
	if got := device.SecretsOf(settings(nil)); !slices.Equal(got, []string{"password"}) {
		t.Errorf("with a password: %v", got)
	}
	if got := device.SecretsOf(settings(values{"auth": "key", "use_jump": true, "jump": values{"host": "j"}})); !slices.Equal(got, []string{"key", "jump.password"}) {
		t.Errorf("with a key and a jump host: %v", got)
	}
}

func TestAChangedDestinationIsNamed(t *testing.T) {
	jump := values{"use_jump": true, "jump": values{"host": "j.example", "port": int64(22)}}
	for name, c := range map[string]struct {
		before, after values
		want          []string
	}{
		"nothing":             {nil, nil, nil},
		"something else":      {nil, values{"user": "b", "note": "x"}, nil},
		"the host":            {nil, values{"host": "b"}, []string{"host"}},
		"the port":            {nil, values{"port": int64(23)}, []string{"port"}},
		"a default came":      {values{"port": nil}, nil, nil},
		"as JSON has it":      {values{"port": 22.0}, nil, nil},
		"an API appeared":     {nil, values{"api": "https://a.example"}, []string{"api"}},
		"a jump host":         {nil, jump, []string{"jump.host", "jump.port"}},
		"it went":             {jump, nil, []string{"jump.host", "jump.port"}},
		"it is another":       {jump, values{"use_jump": true, "jump": values{"host": "k.example", "port": int64(22)}}, []string{"jump.host"}},
		"not even its type":   {nil, values{"api": []any{"x"}}, []string{"api"}},
		"what does not apply": {nil, values{"use_jump": false, "jump": values{"host": "j.example"}}, nil},
	} {
		if got := device.Destinations(settings(c.before), settings(c.after)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestAFormSaysTheSameAsJSON(t *testing.T) {
	form := map[string][]string{
		"host": {" web1.example "}, "port": {"2222"}, "user": {"deploy"}, "auth": {"password"}, "password": {"p w "}, "key": {""},
		"cert_path": {""}, "reload": {""}, "keep": {"x"}, "tags": {"a\r\n\r\n b \r\n"}, "note": {"a\r\nb"}, "use_jump": {"on"},
		"jump.host": {"j.example"}, "jump.port": {"22"}, "jump.password": {"q"}, "proxy.name": {""}, "proxy.token": {""},
	}
	plain, secrets := device.FromForm(func(path string) []string { return form[path] })
	if want := map[string]string{"password": "p w ", "jump.password": "q"}; !reflect.DeepEqual(secrets, want) {
		t.Errorf("secrets %v", secrets)
	}
	if _, problems := device.Validate(plain, secrets, nil); len(problems) != 1 || problems["keep"] == "" {
		t.Errorf("problems %v", problems)
	}
	form["keep"] = []string{""}
	plain, secrets = device.FromForm(func(path string) []string { return form[path] })
	got, problems := device.Validate(plain, secrets, nil)
	want := settings(values{"port": int64(2222), "reload": "", "tags": []string{"a", "b"}, "note": "a\nb", "use_jump": true,
		"jump": values{"host": "j.example", "port": int64(22)}})
	if problems != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, problems %v, want %v", got, problems, want)
	}
	for path, value := range map[string]string{"proxy.name": "p", "proxy.token": "t"} {
		form := map[string][]string{path: {value}}
		if plain, _ := device.FromForm(func(p string) []string { return form[p] }); plain["proxy"] == nil {
			t.Errorf("with %s filled in the object is left out", path)
		}
	}
}

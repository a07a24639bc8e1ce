package schema_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/sdk/schema"
)

func num(n int64) *int64 { return &n }

// device is a schema with a field of every type and the relations between them.
var device = schema.Schema{Fields: []schema.Field{
	{Name: "host", Title: "Host", Type: schema.Host, Required: true, Destination: true},
	{Name: "port", Title: "Port", Type: schema.Port, Default: 22, Destination: true},
	{Name: "user", Title: "User", Type: schema.String, Required: true, Pattern: "[a-z]+", PatternHelp: "Give letters from a to z."},
	{Name: "auth", Title: "Log in with", Type: schema.Enum, Default: "password",
		Options: []schema.Option{{Value: "password", Title: "Password"}, {Value: "key", Title: "Private key"}}},
	{Name: "password", Title: "Password", Type: schema.String, Secret: true, Required: true,
		When: &schema.Condition{Field: "auth", In: []string{"password"}}},
	{Name: "key", Title: "Private key", Type: schema.Text, Secret: true, Required: true,
		When: &schema.Condition{Field: "auth", In: []string{"key"}}},
	{Name: "cert_path", Title: "Certificate", Type: schema.Path},
	{Name: "mode", Title: "Mode", Type: schema.Mode, Default: "0600", When: &schema.Condition{Field: "cert_path", In: []string{"*"}}},
	{Name: "reload", Title: "Reload", Type: schema.Command, Default: "systemctl reload nginx"},
	{Name: "keep", Title: "Keep", Type: schema.Int, Min: num(0), Max: num(10), Default: 1},
	{Name: "api", Title: "API", Type: schema.URL, Destination: true},
	{Name: "wait", Title: "Wait", Type: schema.Duration, Default: "30s"},
	{Name: "tags", Title: "Tags", Type: schema.Strings, MaxLen: 20},
	{Name: "note", Title: "Note", Type: schema.Text},
	{Name: "use_jump", Title: "Through a jump host", Type: schema.Bool},
	{Name: "jump", Title: "Jump host", Type: schema.Object, Required: true, When: &schema.Condition{Field: "use_jump", In: []string{"true"}},
		Fields: []schema.Field{
			{Name: "host", Title: "Host", Type: schema.Host, Required: true, Destination: true},
			{Name: "port", Title: "Port", Type: schema.Port, Default: 22, Destination: true},
			{Name: "password", Title: "Password", Type: schema.String, Secret: true},
		}},
	{Name: "proxy", Title: "Proxy", Type: schema.Object, Fields: []schema.Field{
		{Name: "name", Title: "Name", Type: schema.String, Required: true},
		{Name: "token", Title: "Token", Type: schema.String, Secret: true},
	}},
}}

type values = map[string]any

// settings is what Validate answers for the least that device takes.
func settings(more values) values {
	out := values{"host": "web1.example", "port": int64(22), "user": "deploy", "auth": "password", "reload": "systemctl reload nginx",
		"keep": int64(1), "wait": "30s"}
	maps.Copy(out, more)
	return out
}

func submitted(more values) values {
	out := values{"host": "web1.example", "user": "deploy"}
	maps.Copy(out, more)
	return out
}

func TestTheSchemaOfTheTestsIsSane(t *testing.T) {
	if err := device.Check(); err != nil {
		t.Fatal(err)
	}
	if err := (schema.Schema{}).Check(); err != nil {
		t.Errorf("a plugin without settings: %v", err)
	}
}

func TestValidateAnswersWhatIsStored(t *testing.T) {
	secret := map[string]string{"password": "pässword\twith tab"}
	for name, c := range map[string]struct {
		in      values
		secrets map[string]string
		want    values
	}{
		"defaults":             {submitted(nil), secret, settings(nil)},
		"null is left out":     {submitted(values{"port": nil, "note": nil}), secret, settings(nil)},
		"a host in capitals":   {submitted(values{"host": "Web1.Example."}), secret, settings(nil)},
		"an address":           {submitted(values{"host": "::FFFF:192.0.2.1"}), secret, settings(values{"host": "192.0.2.1"})},
		"numbers of JSON":      {submitted(values{"port": 2222.0, "keep": json.Number("0")}), secret, settings(values{"port": int64(2222), "keep": int64(0)})},
		"a mode in one form":   {submitted(values{"cert_path": "/a", "mode": "640"}), secret, settings(values{"cert_path": "/a", "mode": "0640"})},
		"a mode of no file":    {submitted(values{"mode": "not even a mode"}), secret, settings(nil)},
		"a default not wanted": {submitted(values{"reload": ""}), secret, settings(values{"reload": ""})},
		"empty without one":    {submitted(values{"note": "", "api": "", "port": "", "tags": []any{}}), secret, settings(values{"tags": []string{}})},
		"a list":               {submitted(values{"tags": []any{"a", "b"}}), secret, settings(values{"tags": []string{"a", "b"}})},
		"lines":                {submitted(values{"note": "a\r\n\tb\n"}), secret, settings(values{"note": "a\r\n\tb\n"})},
		"a Windows path":       {submitted(values{"cert_path": `C:\certs\a.pem`}), secret, settings(values{"cert_path": `C:\certs\a.pem`, "mode": "0600"})},
		"a command as given":   {submitted(values{"reload": "x='$(y)'; z && `w`\t|| true"}), secret, settings(values{"reload": "x='$(y)'; z && `w`\t|| true"})},
		"what does not apply": {submitted(values{"use_jump": false, "jump": values{"nonsense": 1}}), secret,
			settings(values{"use_jump": false})},
		"a jump host": {submitted(values{"use_jump": true, "jump": values{"host": "j.example"}}), secret,
			settings(values{"use_jump": true, "jump": values{"host": "j.example", "port": int64(22)}})},
		"an object of secrets": {submitted(values{"use_jump": true, "jump": values{"host": "j.example"}, "proxy": values{"name": "p"}}),
			map[string]string{"password": "x", "jump.password": "y", "proxy.token": "z"},
			settings(values{"use_jump": true, "jump": values{"host": "j.example", "port": int64(22)}, "proxy": values{"name": "p"}})},
		"a secret that does not apply": {submitted(nil), map[string]string{"password": "x", "key": "not one\x00line"}, settings(nil)},
	} {
		got, problems := device.Validate(c.in, c.secrets, nil)
		if len(problems) > 0 || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, problems %v, want %v", name, got, problems, c.want)
		}
	}
}

func TestValidateSaysWhatIsWrong(t *testing.T) {
	const canary = "zq7canary"
	for name, c := range map[string]struct {
		in    values
		paths []string
	}{
		"nothing at all":      {values{"host": nil}, []string{"host"}},
		"an unknown setting":  {values{"hots": canary}, []string{"hots"}},
		"a strange name":      {values{canary + " " + canary: 1}, []string{"settings"}},
		"a secret in plain":   {values{"password": canary}, []string{"password"}},
		"no number":           {values{"port": canary}, []string{"port"}},
		"a broken number":     {values{"keep": 1.5}, []string{"keep"}},
		"too much":            {values{"keep": 11, "port": 65536}, []string{"keep", "port"}},
		"too little":          {values{"keep": -1, "port": 0}, []string{"keep", "port"}},
		"a huge number":       {values{"keep": json.Number("1e400")}, []string{"keep"}},
		"a text for a bool":   {values{"use_jump": "true"}, []string{"use_jump"}},
		"a list for a text":   {values{"user": []any{canary}}, []string{"user"}},
		"an object for text":  {values{"user": values{"a": canary}}, []string{"user"}},
		"a text for an obj.":  {values{"proxy": canary}, []string{"proxy"}},
		"against the pattern": {values{"user": "ok\n" + canary}, []string{"user"}},
		"in part the pattern": {values{"user": canary + "!"}, []string{"user"}},
		"no option":           {values{"auth": canary}, []string{"auth"}},
		"host with port":      {values{"host": canary + ":22"}, []string{"host"}},
		"host in brackets":    {values{"host": "[::1]"}, []string{"host"}},
		"host with zone":      {values{"host": "fe80::1%" + canary}, []string{"host"}},
		"host as URL":         {values{"host": "https://" + canary}, []string{"host"}},
		"host as number":      {values{"host": "2130706433"}, []string{"host"}},
		"host as hex":         {values{"host": "0x7f.0x1"}, []string{"host"}},
		"host as octal":       {values{"host": "0177.0.0.1"}, []string{"host"}},
		"host in Unicode":     {values{"host": "bücher.example"}, []string{"host"}},
		"host with odd dot":   {values{"host": "127。0。0。1"}, []string{"host"}},
		"host with a dash":    {values{"host": "-oProxyCommand=" + canary}, []string{"host"}},
		"half a path":         {values{"cert_path": "etc/" + canary}, []string{"cert_path"}},
		"a path that climbs":  {values{"cert_path": "/etc/../" + canary}, []string{"cert_path"}},
		"a path of two lines": {values{"cert_path": "/etc\n" + canary}, []string{"cert_path"}},
		"NUL in a path":       {values{"cert_path": "/etc\x00" + canary}, []string{"cert_path"}},
		"two commands":        {values{"reload": "a\r" + canary}, []string{"reload"}},
		"setuid":              {values{"cert_path": "/a", "mode": "4755"}, []string{"mode"}},
		"no octal":            {values{"cert_path": "/a", "mode": "0699"}, []string{"mode"}},
		"bidi":                {values{"reload": "a\u202e" + canary}, []string{"reload"}},
		"broken UTF-8":        {values{"reload": "a\xff" + canary}, []string{"reload"}},
		"too long":            {values{"reload": strings.Repeat(canary, 1000)}, []string{"reload"}},
		"http":                {values{"api": "http://" + canary}, []string{"api"}},
		"userinfo":            {values{"api": "https://u:" + canary + "@a.example"}, []string{"api"}},
		"fragment":            {values{"api": "https://a.example/#" + canary}, []string{"api"}},
		"no host":             {values{"api": "https:///" + canary}, []string{"api"}},
		"a number as host":    {values{"api": "https://2130706433/"}, []string{"api"}},
		"a port of URL":       {values{"api": "https://a.example:0/"}, []string{"api"}},
		"no port of URL":      {values{"api": "https://a.example:/"}, []string{"api"}},
		"no duration":         {values{"wait": canary}, []string{"wait"}},
		"before now":          {values{"wait": "-1s"}, []string{"wait"}},
		"a list of numbers":   {values{"tags": []any{1.0}}, []string{"tags"}},
		"a long list":         {values{"tags": make([]any, 101)}, []string{"tags"}},
		"a long value":        {values{"tags": []any{strings.Repeat("a", 21)}}, []string{"tags"}},
		"lines in a list":     {values{"tags": []any{"a\nb"}}, []string{"tags"}},
		"empty jump host":     {values{"use_jump": true}, []string{"jump.host"}},
		"inside the object":   {values{"use_jump": true, "jump": values{"host": canary + " x", "a": 1}}, []string{"jump.a", "jump.host"}},
		"half an object":      {values{"proxy": values{}}, []string{"proxy.name"}},
	} {
		got, problems := device.Validate(submitted(c.in), map[string]string{"password": "x"}, nil)
		if paths := slices.Sorted(maps.Keys(problems)); !slices.Equal(paths, c.paths) || got != nil {
			t.Errorf("%s: got %v with problems %v, want them at %v", name, got, problems, c.paths)
		}
		for path, words := range problems {
			if strings.Contains(path+words, canary) || words == "" || !strings.HasSuffix(words, ".") {
				t.Errorf("%s: what %q says is no advice, or repeats what was submitted: %q", name, path, words)
			}
		}
	}
}

func TestSecretsAreAskedForUntilTheyAreStored(t *testing.T) {
	const canary = "zq7canary"
	for name, c := range map[string]struct {
		auth    string
		secrets map[string]string
		have    []string
		paths   []string
	}{
		"missing":            {"password", nil, nil, []string{"password"}},
		"submitted":          {"password", map[string]string{"password": "x"}, nil, nil},
		"stored":             {"password", nil, []string{"password"}, nil},
		"empty, stored":      {"password", map[string]string{"password": ""}, []string{"password"}, nil},
		"the other stored":   {"key", nil, []string{"password"}, []string{"key"}},
		"two lines":          {"password", map[string]string{"password": canary + "\nx"}, nil, []string{"password"}},
		"NUL":                {"password", map[string]string{"password": canary + "\x00"}, nil, []string{"password"}},
		"too long":           {"password", map[string]string{"password": strings.Repeat(canary, 500)}, nil, []string{"password"}},
		"lines of a key":     {"key", map[string]string{"key": "-----BEGIN\nx\n-----END\n"}, nil, nil},
		"of no field":        {"key", map[string]string{"key": "x", "pass": canary}, nil, []string{"pass"}},
		"of a plain field":   {"key", map[string]string{"key": "x", "host": canary}, nil, []string{"host"}},
		"of a strange field": {"key", map[string]string{"key": "x", canary + "\n": canary}, nil, []string{"settings"}},
	} {
		have := map[string]bool{}
		for _, p := range c.have {
			have[p] = true
		}
		_, problems := device.Validate(submitted(values{"auth": c.auth}), c.secrets, have)
		if paths := slices.Sorted(maps.Keys(problems)); !slices.Equal(paths, c.paths) {
			t.Errorf("%s: problems %v, want them at %v", name, problems, c.paths)
		}
		for _, words := range problems {
			if strings.Contains(words, canary) {
				t.Errorf("%s: the secret is repeated: %q", name, words)
			}
		}
	}
}

func TestStrangersAreBounded(t *testing.T) {
	in := submitted(nil)
	for i := range 500 {
		in["x"+strings.Repeat("y", i%30)+string(rune('a'+i%26))] = i
	}
	if _, problems := device.Validate(in, map[string]string{"password": "x"}, nil); len(problems) == 0 || len(problems) > 20 {
		t.Errorf("%d problems", len(problems))
	}
}

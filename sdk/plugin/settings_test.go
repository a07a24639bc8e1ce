package plugin

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/sdk/schema"
)

func TestSettingsAreReadByPath(t *testing.T) {
	s, err := ParseSettings([]byte(`{"host":"a.example","port":22,"sudo":true,"grace":"30s","names":["a","b"],"empty":"",
		"jump":{"host":"j.example","port":2222}}`), map[string][]byte{"password": []byte("p1"), "jump.password": []byte("p2")})
	if err != nil {
		t.Fatal(err)
	}
	jump := s.Object("jump")
	for name, ok := range map[string]bool{
		"text": s.String("host") == "a.example", "number": s.Int("port") == 22, "bool": s.Bool("sudo"), "time": s.Duration("grace") == 30*time.Second,
		"list": slices.Equal(s.Strings("names"), []string{"a", "b"}), "by path": s.String("jump.host") == "j.example",
		"object": jump.Int("port") == 2222, "secret": string(s.Secret("password")) == "p1", "secret below": string(jump.Secret("password")) == "p2",
		"has": s.Has("host") && s.Has("jump.port") && s.Has("sudo"), "has not": !s.Has("empty") && !s.Has("jump.user") && !s.Has("host.x"),
		"has secret": s.HasSecret("jump.password") && !s.HasSecret("key"), "other type": s.String("port") == "" && s.Int("host") == 0 && !s.Bool("host"),
		"a secret is no setting": s.String("password") == "" && !s.Has("password"), "zero": Settings{}.String("x") == "" && Settings{}.Secret("x") == nil,
	} {
		if !ok {
			t.Errorf("%s is wrong", name)
		}
	}
	for _, bad := range []string{"[]", "{", `{} {}`, `"x"`} {
		if _, err := ParseSettings([]byte(bad), nil); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestSettingsDoNotPrintTheirValues(t *testing.T) {
	s := NewSettings(map[string]any{"host": "canary-host", "n": 7}, map[string][]byte{"password": []byte("canary-secret")})
	js, err := json.Marshal(map[string]any{"s": s, "call": Call{Settings: s}.Settings})
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "settings", s)
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v %s %q %x", s, s, s, s, s), fmt.Sprintf("%+v", Call{Settings: s}), string(js), logged.String()} {
		if strings.Contains(text, "canary") || strings.Contains(text, "63616e617279") || strings.Contains(text, "99 97 110") {
			t.Errorf("printed: %s", text)
		}
		if !strings.Contains(text, "host") {
			t.Errorf("names help, and are gone: %s", text)
		}
	}
}

func TestReadsThatTheSchemaDoesNotDeclareAreTold(t *testing.T) {
	sc := schema.Schema{Fields: []schema.Field{
		{Name: "host", Type: schema.Host}, {Name: "port", Type: schema.Port}, {Name: "password", Type: schema.String, Secret: true},
		{Name: "jump", Type: schema.Object, Fields: []schema.Field{{Name: "user", Type: schema.String}}},
	}}
	var told []string
	s := NewSettings(nil, nil).watched(sc, func(path string) { told = append(told, path) })
	s.String("host")
	s.Int("port")
	s.Secret("password")
	s.Object("jump").String("user")
	s.Has("jump.user")
	if told != nil {
		t.Fatalf("told without reason: %v", told)
	}
	s.String("hots")
	s.Int("host")
	s.String("password")
	s.Secret("host")
	s.Has("password")
	s.Object("jump").Bool("usr")
	if want := []string{"hots", "host", "password", "host", "password", "jump.usr"}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

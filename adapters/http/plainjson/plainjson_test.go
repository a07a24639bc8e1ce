package plainjson_test

import (
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/plainjson"
)

func TestTextsStayAsTheyAre(t *testing.T) {
	got, err := plainjson.Marshal(map[string]string{"a": "Bearer <token> & \"more\"\n"})
	if err != nil || string(got) != `{"a":"Bearer <token> & \"more\"\n"}` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := plainjson.Marshal(func() {}); err == nil {
		t.Error("a function is no JSON")
	}
}

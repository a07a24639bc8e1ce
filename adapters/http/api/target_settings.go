package api

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ignisfox/ignisfox/adapters/http/plainjson"
)

// Settings are those of a target in an answer: of a pull target TargetSettings, of others an object as their plugin describes it.
type Settings struct{ v any }

// MarshalJSON writes the settings.
func (s Settings) MarshalJSON() ([]byte, error) { return plainjson.Marshal(s.v) }

// Schema names both forms.
func (Settings) Schema(r huma.Registry) *huma.Schema {
	return eitherSettings(r.Schema(typeOf[TargetSettings](), true, ""), "As the schema of the plugin says, each secret as {\"set\":true} or {\"set\":false}.")
}

// given are settings in a request, kept until the type of the target is known.
type given struct{ raw json.RawMessage }

// UnmarshalJSON keeps them.
func (g *given) UnmarshalJSON(b []byte) error {
	g.raw = append(json.RawMessage(nil), b...)
	return nil
}

func (g given) there() bool { return len(g.raw) > 0 }
func (g given) null() bool  { return string(g.raw) == "null" }

// SettingsOf are settings in a request: T for a pull target; of others only their plugin knows the form.
type SettingsOf[T any] struct{ given }

// Schema names both forms.
func (SettingsOf[T]) Schema(r huma.Registry) *huma.Schema {
	return eitherSettings(r.Schema(typeOf[T](), true, ""), inPlace)
}

// DeploySettings are settings in a request of a target that is deployed to.
type DeploySettings struct{ given }

// Schema says no more than that they are an object.
func (DeploySettings) Schema(huma.Registry) *huma.Schema { return anyObject(inPlace) }

const inPlace = "As the schema of the plugin says, secrets in their places."

func eitherSettings(pull *huma.Schema, others string) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{pull, anyObject(others)}}
}

func anyObject(says string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: says}
}

// object answers them as they are, empty when they were left out.
func (g given) object() (map[string]any, error) {
	out := map[string]any{}
	if !g.there() || g.null() {
		return out, nil
	}
	if err := json.Unmarshal(g.raw, &out); err != nil {
		return nil, invalidField("settings", "Give an object.")
	}
	return out, nil
}

// pulling answers them as those of a pull target, held against its schema as every other body is.
func pulling[T any](a *API, s SettingsOf[T]) (out T, err error) {
	object, err := s.object()
	if err != nil {
		return out, err
	}
	var found huma.ValidateResult
	at := huma.NewPathBuffer(nil, 0)
	at.Push("body")
	at.Push("settings")
	all := a.huma.OpenAPI().Components.Schemas
	huma.Validate(all, all.Schema(typeOf[T](), true, ""), at, huma.ModeWriteToServer, object, &found)
	if len(found.Errors) > 0 {
		return out, huma.NewError(http.StatusUnprocessableEntity, "", found.Errors...)
	}
	if s.there() {
		err = json.Unmarshal(s.raw, &out)
	}
	return out, err
}

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/ignisfox/ignisfox/sdk/deploy"
)

// change is one file that a deployment changes, as Stage found it. Its sums are SHA-256 in hex; that of a file with a key tells
// nothing of the key.
type change struct {
	Path    string `json:"path"`
	Field   string `json:"field"`
	New     string `json:"new"`
	Old     string `json:"old,omitempty"` // empty when there was no file, or one that the user may not read
	Existed bool   `json:"existed,omitempty"`
}

// state is what Stage leaves for the steps after it.
type state struct {
	Changes []change `json:"changes"`
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// readState reads what Stage left. Without it the changes are those whose traces may be on the device: every file of the settings.
func readState(r deploy.StepRequest, s deploy.Settings) (state, error) {
	var st state
	if len(r.State) > 0 {
		return st, json.Unmarshal(r.State, &st)
	}
	for _, field := range pathFields {
		if p := s.String(field); p != "" {
			st.Changes = append(st.Changes, change{Path: p, Field: field, Existed: true})
		}
	}
	return st, nil
}

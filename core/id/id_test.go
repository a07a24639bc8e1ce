package id_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/id"
)

func TestIDsAreDistinctValidAndSortByTime(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	var ids []string
	seen := map[string]bool{}
	for i := range 1000 {
		s := id.New("art", at.Add(time.Duration(i)*time.Millisecond))
		if !id.Valid(s) || seen[s] || len(s) != len("art_")+26 {
			t.Fatalf("%q is not valid, or came twice", s)
		}
		seen[s] = true
		ids = append(ids, s)
	}
	if !slices.IsSorted(ids) {
		t.Error("ids made later sort earlier")
	}
	if a, b := id.New("art", at), id.New("art", at); a == b {
		t.Error("two ids of one moment are the same")
	}
}

func TestValidKeepsNonsenseOut(t *testing.T) {
	for _, s := range []string{"", "ab", "ART_1", "a b", "a/b", "a\x00b", "é_1", string(make([]byte, 41)), "0123456789012345678901234567890123456789x"} {
		if id.Valid(s) {
			t.Errorf("%q passes for an id", s)
		}
	}
}

// Package proto_test holds the protocol and the Go code of it together.
package proto_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// make proto notes what it made of what. The generator itself is not asked here: it is not part of this module.
func TestTheCodeIsThatOfTheProtocol(t *testing.T) {
	noted, err := os.ReadFile("SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	kinds := map[string]int{}
	err = filepath.WalkDir("ignisfox", func(path string, d fs.DirEntry, err error) error {
		kind := filepath.Ext(path)
		if err != nil || kind != ".proto" && !strings.HasSuffix(path, ".pb.go") {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		found = append(found, fmt.Sprintf("%s  %s", hex.EncodeToString(sum[:]), filepath.ToSlash(path)))
		kinds[kind]++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if kinds[".proto"] < 4 || kinds[".go"] != 2*kinds[".proto"] {
		t.Errorf("found %v files", kinds)
	}
	lines := strings.Split(strings.TrimSpace(string(noted)), "\n")
	for _, line := range found {
		if !slices.Contains(lines, line) {
			t.Errorf("%s was changed since make proto; run it, and change generated code in no other way", line[strings.LastIndexByte(line, ' ')+1:])
		}
	}
	if len(lines) != len(found) {
		t.Errorf("%d files are noted, and %d are there; run make proto", len(lines), len(found))
	}
}

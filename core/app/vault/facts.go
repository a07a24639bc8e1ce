package vault

import (
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/core/artifact"
)

func fromTo(from, to string) *FromTo {
	if from == to {
		return nil
	}
	return &FromTo{From: from, To: to}
}

func keyFact(a artifact.Artifact) string {
	if a.KeyBits == 0 {
		return a.KeyType
	}
	return a.KeyType + " " + strconv.Itoa(a.KeyBits)
}

// links names the certificates of a chain, so that others of the same names are told apart.
func links(chain []artifact.Artifact) string {
	out := make([]string, 0, len(chain))
	for _, a := range chain {
		out = append(out, a.Subject+" ("+a.Fingerprint[:min(len(a.Fingerprint), 8)]+")")
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

package vault

import (
	"strconv"

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

func links(chain []artifact.Artifact) string { return strconv.Itoa(len(chain)) }

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

package view

import (
	"strconv"

	"github.com/ignisfox/ignisfox/core/target"
)

// targetWords are the states of targets as people read them.
var targetWords = map[target.State]string{
	target.StateUpToDate: "up to date", target.StateDeploying: "deploying", target.StateBehind: "behind", target.StateServingOther: "serving another",
	target.StateUnreachable: "unreachable", target.StateRolledBack: "rolled back", target.StateFailed: "failed", target.StatePaused: "paused",
	target.StateNever: "never fetched",
}

var targetTones = map[target.State]string{
	target.StateUpToDate: ToneOK, target.StateDeploying: ToneInfo, target.StateBehind: ToneWarn, target.StateServingOther: ToneBad,
	target.StateUnreachable: ToneBad, target.StateRolledBack: ToneBad, target.StateFailed: ToneBad,
}

// TargetWord answers a state as people read it.
func TargetWord(s target.State) string {
	if w, ok := targetWords[s]; ok {
		return w
	}
	return string(s)
}

// TargetState answers where a target stands, as a tone and in words.
func TargetState(t target.Target) (tone, word string) {
	s := t.State()
	if t.Deploy == nil {
		return targetTones[s], TargetWord(s)
	}
	switch s {
	case target.StateNever:
		return "", "never deployed"
	case target.StateServingOther:
		if n := servedInstead(t); n > 0 {
			return ToneBad, "serving gen " + strconv.Itoa(n)
		}
	}
	return targetTones[s], TargetWord(s)
}

// servedInstead answers the generation of the group that is served in the place of the wanted one, 0 for something else.
func servedInstead(t target.Target) int {
	for _, s := range t.Deploy.Status.Served {
		if s.Fingerprint != "" && s.Generation != t.Wanted {
			return s.Generation
		}
	}
	return 0
}

// TargetHas answers the generation that is on the device as far as we know, 0 for none or unknown.
func TargetHas(t target.Target) int {
	if t.Deploy != nil {
		return t.Deploy.Status.Observed
	}
	return t.LastFetch.Observed
}

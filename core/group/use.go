package group

// Use is one kept generation that rests on an artifact.
type Use struct {
	Group, GroupName string
	Number           int
	State            State
	As               string // one of the As… words
	Targets          int    // of the group when the generation is current, else 0: those that get it
}

// What a generation uses an artifact as.
const (
	AsLeaf  = "leaf"
	AsKey   = "key"
	AsChain = "chain"
)

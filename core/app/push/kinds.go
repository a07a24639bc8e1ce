package push

import "github.com/ignisfox/ignisfox/core/target"

// Kind is one way to get a certificate onto a device, in words for people.
type Kind struct {
	Type  target.Type
	Title string // "HTTPS pull"
	Text  string // what it means for the device, in one sentence
}

// Kinds answers the ways this server has, in the order they are offered.
func (s *Service) Kinds() []Kind {
	return []Kind{{Type: target.TypePull, Title: "HTTPS pull", Text: "The device asks for it. No inbound firewall rule."}}
}

package view

// Refusal is why a form was not accepted. The zero Refusal is that of a form nobody has sent yet.
type Refusal struct {
	Status  int // of HTTP
	Code    string
	Message string
	Fields  map[string]string // advice by the name of the field
}

// Any says whether there is anything to say.
func (r Refusal) Any() bool { return r.Status != 0 }

// Field answers the advice for that field, empty for none.
func (r Refusal) Field(name string) string { return r.Fields[name] }

// Failure is a page that could not be shown.
type Failure struct {
	Status   int
	Code     string
	Message  string
	Incident string // only with 500
}

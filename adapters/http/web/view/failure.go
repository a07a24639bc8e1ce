package view

// Failure is a page that could not be shown.
type Failure struct {
	Status   int
	Code     string
	Message  string
	Incident string // only with 500
}

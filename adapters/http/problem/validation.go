package problem

import (
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
)

// Install makes huma answer with problems, for the whole process, since huma keeps its error constructor in a package
// variable. huma's own errors repeat what was submitted, which may be a private key; ours are a fixed text for each rule
// of the schema. It may be called more than once.
var Install = sync.OnceFunc(func() {
	huma.NewError = fromHuma
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
})

// plainName is what a field's name must look like to be repeated: no value pasted in the place of a name does.
var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}(\[[0-9]{1,4}\])?(\.[a-z][a-z0-9_]{0,39}(\[[0-9]{1,4}\])?){0,3}$`)

// fromHuma is huma.NewError. Message and values of errs never come out.
func fromHuma(status int, _ string, errs ...error) huma.StatusError {
	p := ofStatus(status)
	if p.status != http.StatusUnprocessableEntity {
		return p
	}
	for _, e := range errs {
		d, ok := e.(huma.ErrorDetailer)
		if !ok {
			continue
		}
		detail := d.ErrorDetail()
		name, advice := fieldOf(detail.Location), adviceFor(detail.Message)
		if detail.Location == "body" && detail.Message == validation.MsgExpectedObject {
			p.Message = "The body has to be one JSON object."
			return p
		}
		if field, ok := missingField(detail.Message); ok {
			name = strings.TrimPrefix(name+"."+field, ".")
			advice = "This is required."
		}
		if len(p.Fields) == maxFields || !plainName.MatchString(name) {
			continue
		}
		if p.Fields == nil {
			p.Fields = map[string]string{}
		}
		p.Fields[name] = advice
	}
	if p.Fields == nil {
		p.Message = "Some of what was sent is not usable, or its name is not known here."
	}
	return p
}

const maxFields = 20

func fieldOf(location string) string {
	if location == "body" {
		return ""
	}
	for _, prefix := range []string{"body.", "query.", "path.", "header."} {
		if s, ok := strings.CutPrefix(location, prefix); ok {
			return s
		}
	}
	return location
}

func ofStatus(status int) *Problem {
	p := &Problem{status: status}
	switch status {
	case http.StatusRequestEntityTooLarge:
		return TooLarge()
	case http.StatusUnprocessableEntity:
		p.Code, p.Message = "invalid", "Some of what was sent is not usable. See fields."
	case http.StatusUnsupportedMediaType:
		p.status, p.Code = http.StatusBadRequest, "bad_content_type"
		p.Message = "Send the body as JSON, with Content-Type: application/json."
	case http.StatusBadRequest:
		p.Code, p.Message = "malformed", "The body could not be read. Send one JSON object in UTF-8."
	case http.StatusRequestTimeout:
		p.status, p.Code, p.Message = http.StatusBadRequest, "malformed", "The body did not arrive in time."
	default:
		if status != 0 && status < http.StatusInternalServerError {
			p.Code, p.Message = "malformed", "The request could not be understood."
			break
		}
		return Incident()
	}
	return p
}

// rules pairs the fixed part of each message of huma with our words. Longest first where one begins another. Words that end
// in a space go on with what the schema, never the request, put behind the fixed part.
var rules = []struct{ message, advice string }{
	{validation.MsgUnexpectedProperty, "There is no such field."},
	{"unknown query parameter", "There is no such parameter."},
	{validation.MsgExpectedRFC3339DateTime, "Give a time such as 2030-01-31T12:00:00Z."},
	{validation.MsgExpectedBoolean, "Give true or false."},
	{validation.MsgExpectedInteger, "Give a whole number."},
	{validation.MsgExpectedArrayItemsUnique, "Give each item once."},
	{fixed(validation.MsgExpectedMinItems), "Give at least this many items: "},
	{fixed(validation.MsgExpectedMaxItems), "Give at most this many items: "},
	{validation.MsgExpectedArray, "Give a list."},
	{validation.MsgExpectedObject, "Give an object."},
	{fixed(validation.MsgExpectedOneOf), "Use one of these: "},
	{fixed(validation.MsgExpectedMinimumNumber), "The smallest number that is taken is "},
	{fixed(validation.MsgExpectedMaximumNumber), "The greatest number that is taken is "},
	{validation.MsgExpectedNumber, "Give a number."},
	{fixed(validation.MsgExpectedMinLength), "Characters that are needed at least: "},
	{fixed(validation.MsgExpectedMaxLength), "Characters that are taken at most: "},
	{fixed(validation.MsgExpectedMatchPattern), "This is not in the form that is asked for."},
	{validation.MsgExpectedString, "Give a text."},
	{"required ", "This is required."},
	{"invalid integer", "Give a whole number."},
	{"invalid boolean", "Give true or false."},
}

func fixed(format string) string {
	before, _, _ := strings.Cut(format, "%")
	return before
}

func adviceFor(message string) string {
	for _, r := range rules {
		rest, ok := strings.CutPrefix(message, r.message)
		if !ok {
			continue
		}
		if !strings.HasSuffix(r.advice, " ") {
			return r.advice
		}
		// What follows is the bound or the list of the schema; anything else would not look like one.
		if rest = strings.Trim(rest, `" `); !schemaWords.MatchString(rest) {
			break
		}
		return r.advice + rest + "."
	}
	return "This is not usable."
}

// schemaWords is what bounds and lists of values of our schemas look like.
var schemaWords = regexp.MustCompile(`^[a-z0-9_., -]{1,200}$`)

// missingField answers the field that a required-property message names; the schema gave that name, not the request.
func missingField(message string) (string, bool) {
	before, after, _ := strings.Cut(validation.MsgExpectedRequiredProperty, "%s")
	s, ok := strings.CutPrefix(message, before)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(s, after)
}

package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// maxField bounds a field of the form that is no file.
const maxField = 1 << 10

// readUpload reads the form from memory: nothing of it ever touches a disk.
func readUpload(r *request) (intake.Request, error) {
	typ, params, err := mime.ParseMediaType(r.typ)
	if err != nil || typ != "multipart/form-data" || params["boundary"] == "" {
		return intake.Request{}, fault.New(fault.Malformed, "bad_content_type", "Send the files as multipart/form-data, each in a part named file.")
	}
	var u uploadForm
	for parts := multipart.NewReader(bytes.NewReader(r.body), params["boundary"]); ; {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return intake.Request{}, malformedForm()
		}
		if err := u.add(p); err != nil {
			wipeFiles(u.req)
			return intake.Request{}, err
		}
	}
	if err := u.settle(); err != nil {
		wipeFiles(u.req)
		return intake.Request{}, err
	}
	return u.req, nil
}

type uploadForm struct {
	req              intake.Request
	names, passwords []string
	groups           int
}

func (u *uploadForm) add(p *multipart.Part) error {
	name := p.FormName()
	if name == "file" {
		if len(u.req.Files) == intake.MaxFiles {
			return fault.New(fault.TooLarge, "too_many_files", "Send at most 20 files at a time. Nothing was stored.")
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return malformedForm()
		}
		u.req.Files = append(u.req.Files, intake.File{Filename: p.FileName(), Data: data})
		return nil
	}
	raw, err := io.ReadAll(io.LimitReader(p, maxField+1))
	if err != nil {
		return malformedForm()
	}
	value := string(raw)
	switch {
	case name != "group" && name != "name" && name != "password":
		return fault.New(fault.Invalid, "unknown_field", "The form has a part that is not known. Use file, group, name and password.")
	case len(raw) > maxField || !storable(value):
		return invalidField(name, "This is too long or no text.")
	}
	return u.set(name, value)
}

func (u *uploadForm) set(name, value string) error {
	switch name {
	case "group":
		if u.groups++; u.groups > 1 {
			return invalidField(name, "Give one group.")
		}
		u.req.Group = value
	case "name":
		u.names = append(u.names, value)
	default:
		u.passwords = append(u.passwords, value)
	}
	if len(u.names) > intake.MaxFiles || len(u.passwords) > intake.MaxFiles {
		return invalidField(name, "There are more of these than files.")
	}
	return nil
}

// settle gives names and passwords to the files they belong to.
func (u *uploadForm) settle() error {
	if len(u.names) > len(u.req.Files) {
		return invalidField("name", "There are more of these than files.")
	}
	if len(u.passwords) > len(u.req.Files) {
		return invalidField("password", "There are more of these than files.")
	}
	for i := range u.req.Files {
		if i < len(u.names) {
			u.req.Files[i].Name = u.names[i]
		}
		switch {
		case len(u.passwords) == 1:
			u.req.Files[i].Password = secret.NewString(u.passwords[0])
		case i < len(u.passwords):
			u.req.Files[i].Password = secret.NewString(u.passwords[i])
		}
	}
	return nil
}

func wipeFiles(r intake.Request) {
	for _, f := range r.Files {
		clear(f.Data)
	}
}

func malformedForm() error {
	return fault.New(fault.Malformed, "malformed", "The form could not be read. Nothing was stored.")
}

func invalidField(name, advice string) error {
	return fault.New(fault.Invalid, "invalid", "Some of what was sent is not usable. See fields.").Field(name, advice)
}

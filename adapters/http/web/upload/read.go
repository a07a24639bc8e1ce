package upload

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/text"
)

const (
	maxBody  = 6 << 20
	maxField = 1 << 10
	// maxPaste is what may be pasted: the text of one file.
	maxPaste = maxFile
	pasted   = "pasted.pem"
)

// item is one file with what the form says of it.
type item struct {
	intake.File
	group  string
	size   int
	pasted bool // it came as text, and has fields of its own
}

// sent is an upload form. Its fields name.N, password.N and group.N belong to the Nth file.
type sent struct {
	files  []item
	group  string // of the files that have none of their own
	fields map[string]string
}

// read reads the form from memory: nothing of it ever touches a disk.
func read(w http.ResponseWriter, r *http.Request) (*sent, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody) // before the reader of the parts takes it
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, fault.New(fault.Malformed, "bad_content_type", "The form was not sent as files. Go back and choose them again.")
	}
	s := &sent{fields: map[string]string{}}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = s.add(p)
		}
		if err != nil {
			s.wipe()
			return s, malformed(err)
		}
	}
	return s, s.settle()
}

func malformed(err error) error {
	var f *fault.Fault
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return err
	case errors.As(err, &big):
		return fault.New(fault.TooLarge, "too_large", "The files are larger than 6 MB together. Send them in several turns. Nothing was stored.")
	default:
		return fault.New(fault.Malformed, "malformed", "The files did not arrive whole. Nothing was stored. Try again.")
	}
}

func (s *sent) add(p *multipart.Part) error {
	switch name := p.FormName(); name {
	case "file":
		return s.addFile(p)
	case "pem":
		b, err := io.ReadAll(io.LimitReader(p, maxPaste+1))
		if err != nil || len(bytes.TrimSpace(b)) == 0 {
			clear(b)
			return err
		}
		return s.append(item{File: intake.File{Filename: pasted, Unnamed: true, Data: b}, pasted: true})
	default:
		b, err := io.ReadAll(io.LimitReader(p, maxField+1))
		if err != nil {
			return err
		}
		if len(b) > maxField || len(s.fields) > 4*intake.MaxFiles || !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
			return fault.New(fault.Invalid, "bad_field", "A field of the form is too long or no text. Nothing was stored.")
		}
		if _, twice := s.fields[name]; twice && name == "view" {
			return fault.New(fault.Invalid, "bad_field", "A field of the form is there twice. Nothing was stored.")
		}
		s.fields[name] = string(b)
		return nil
	}
}

func (s *sent) addFile(p *multipart.Part) error {
	b, err := io.ReadAll(p)
	if err != nil {
		return err
	}
	if len(b) == 0 && p.FileName() == "" {
		return nil // nothing was chosen
	}
	return s.append(item{File: intake.File{Filename: p.FileName(), Unnamed: p.FileName() == pasted, Data: b}})
}

func (s *sent) append(f item) error {
	if len(s.files) == intake.MaxFiles {
		return fault.New(fault.TooLarge, "too_many_files", "Send at most 20 files at a time. Nothing was stored.")
	}
	f.size = len(f.Data)
	s.files = append(s.files, f)
	return nil
}

// settle gives the fields to the files they belong to.
func (s *sent) settle() error {
	if len(s.files) == 0 {
		return fault.New(fault.Invalid, "no_file", "There is no file in the request. Choose one, or paste PEM text.").
			Field("file", "Choose at least one file, or paste PEM text.")
	}
	s.group = strings.TrimSpace(s.fields["group"])
	for i := range s.files {
		f, n := &s.files[i], "."+strconv.Itoa(i)
		f.Name, f.group = strings.TrimSpace(s.fields["name"+n]), strings.TrimSpace(s.fields["group"+n])
		f.Password = secret.NewString(s.fields["password"+n])
		if f.pasted {
			f.Name, f.group = strings.TrimSpace(s.fields["pem_name"]), strings.TrimSpace(s.fields["pem_group"])
			f.Password = secret.NewString(s.fields["pem_password"])
		}
		if f.group == "" {
			f.group = s.group
		}
	}
	return nil
}

func (s *sent) all() []intake.File {
	out := make([]intake.File, len(s.files))
	for i, f := range s.files {
		out[i] = f.File
	}
	return out
}

func (s *sent) wipe() {
	for _, f := range s.files {
		clear(f.Data)
	}
}

// batch is the files of one group: their places in the form.
type batch struct {
	group string
	at    []int
}

func (b batch) request(s *sent) intake.Request {
	req := intake.Request{Group: b.group}
	for _, i := range b.at {
		req.Files = append(req.Files, s.files[i].File)
	}
	return req
}

// batches parts the files by group, in the order in which groups are first named.
func (s *sent) batches() []batch {
	var out []batch
	for i, f := range s.files {
		at := slices.IndexFunc(out, func(b batch) bool { return strings.EqualFold(b.group, f.group) })
		if at < 0 {
			out, at = append(out, batch{group: f.group}), len(out)
		}
		out[at].at = append(out[at].at, i)
	}
	return out
}

// label answers the file's name, safe to show.
func (f item) label() string {
	name := text.Visible(f.Filename[strings.LastIndexAny(f.Filename, `/\`)+1:], 200)
	if strings.TrimSpace(name) == "" {
		return "upload"
	}
	return name
}

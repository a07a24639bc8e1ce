package pull

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/fault"
)

const (
	maxField = 256 << 10 // bytes of one certificate, key or chain, and of a PEM body
	maxName  = 1 << 10   // bytes of name and group
	maxBody  = 1 << 20   // bytes of a JSON or multipart body: three fields and what surrounds them
	maxParts = 5
)

var (
	errLarge = fault.New(fault.TooLarge, "too_large",
		"Too large: a certificate, key or chain may have 256 KB, all together 1 MB. Nothing was stored.")
	errType = fault.New(fault.Invalid, "bad_content_type",
		"Send PEM as application/x-pem-file or text/plain, or name, group, cert, key and chain as application/json or multipart/form-data.")
	errEncoding = fault.New(fault.Malformed, "bad_content_encoding", "Send the body without compression.")
	errBody     = fault.New(fault.Malformed, "bad_body", "The body could not be read. Nothing was stored.")
	errJSON     = fault.New(fault.Malformed, "bad_json", "The body is not one JSON object of texts. Nothing was stored.")
	errParts    = fault.New(fault.Malformed, "bad_multipart", "The body is not multipart/form-data that can be read. Nothing was stored.")
	errMember   = fault.New(fault.Invalid, "unknown_field", "The body has a field that is not known. Use name, group, cert, key and chain.")
	errTwice    = fault.New(fault.Invalid, "duplicate_field", "The body has a field twice. Send each once.")
	errValue    = fault.New(fault.Invalid, "bad_field", "Every field of the body has to be a text.")
	errNothing  = fault.New(fault.Invalid, "no_file", "There is no certificate and no key in the request. Send at least one.")
)

// delivery reads the body. What it answers beside an error is still to be wiped.
func delivery(w http.ResponseWriter, r *http.Request) (ingest.Delivery, error) {
	f := fields{}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return f.delivery(), errEncoding
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return f.delivery(), errType
	}
	read, most := (func(io.Reader, map[string]string) error)(nil), int64(maxBody)
	switch media {
	case "application/x-pem-file", "text/plain":
		read, most = f.readPEM, maxField
	case "application/json":
		read = f.readJSON
	case "multipart/form-data":
		read = f.readParts
	default:
		return f.delivery(), errType
	}
	if r.ContentLength > most {
		return f.delivery(), errLarge
	}
	if err := read(http.MaxBytesReader(w, r.Body, most), params); err != nil {
		return f.delivery(), known(err)
	}
	d := f.delivery()
	if len(d.Files) == 0 {
		return d, errNothing
	}
	return d, nil
}

// known turns an error of reading into one for the client.
func known(err error) error {
	var f *fault.Fault
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return errLarge
	case errors.As(err, &f):
		return f
	}
	return errBody
}

// bundleFile is what a body that is PEM and nothing else is called.
const bundleFile = "bundle.pem"

// fields are what the body holds, by name.
type fields map[string]field

type field struct {
	file  string
	value []byte
}

// limits are the fields there are, and how long each may be.
var limits = map[string]int{"name": maxName, "group": maxName, "cert": maxField, "key": maxField, "chain": maxField}

func (f fields) put(name, file string, value []byte) error {
	most, ok := limits[name]
	switch _, twice := f[name]; {
	case !ok:
		return errMember
	case twice:
		return errTwice
	case len(value) > most:
		return errLarge
	}
	f[name] = field{file, value}
	return nil
}

func (f fields) delivery() ingest.Delivery {
	d := ingest.Delivery{Name: string(f["name"].value), Group: string(f["group"].value)}
	for _, name := range []string{"cert", "key", "chain"} {
		v, ok := f[name]
		if !ok || len(strings.TrimSpace(string(v.value))) == 0 {
			continue
		}
		unnamed := v.file == "" || v.file == bundleFile
		if v.file == "" {
			v.file = name + ".pem"
		}
		d.Files = append(d.Files, ingest.File{Filename: v.file, Unnamed: unnamed, Data: v.value})
	}
	return d
}

func (f fields) readPEM(body io.Reader, _ map[string]string) error {
	b, err := io.ReadAll(body)
	if err != nil {
		clear(b)
		return err
	}
	return f.put("cert", bundleFile, b)
}

// readJSON reads one flat object. Going by tokens bounds the depth to one and takes every member once.
func (f fields) readJSON(body io.Reader, _ map[string]string) error {
	d := json.NewDecoder(body)
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return jsonError(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return jsonError(err)
		}
		member, _ := name.(string) // of an object it is always one
		if _, ok := limits[member]; !ok {
			return errMember
		}
		value, err := d.Token()
		if err != nil {
			return jsonError(err)
		}
		switch v := value.(type) {
		case nil:
		case string:
			if err := f.put(member, "", []byte(v)); err != nil {
				return err
			}
		default:
			return errValue
		}
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return jsonError(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return jsonError(err)
	}
	return nil
}

func jsonError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return errJSON
}

// readParts reads fields and files alike.
func (f fields) readParts(body io.Reader, params map[string]string) error {
	if params["boundary"] == "" {
		return errParts
	}
	m := multipart.NewReader(body, params["boundary"])
	for n := 0; ; n++ {
		part, err := m.NextRawPart()
		if errors.Is(err, io.EOF) && n > 0 {
			return nil
		}
		if err != nil {
			return partsError(err)
		}
		most, ok := limits[part.FormName()]
		if !ok || n == maxParts {
			return errMember
		}
		value, err := io.ReadAll(io.LimitReader(part, int64(most)+1))
		if err != nil {
			clear(value)
			return partsError(err)
		}
		if err := f.put(part.FormName(), part.FileName(), value); err != nil {
			clear(value)
			return err
		}
	}
}

func partsError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return errParts
}

package manual

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// body writes the page, which was made of our own Markdown when the program started.
func body(e entry) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := w.Write(e.body)
		return err
	})
}

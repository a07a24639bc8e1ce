package download_test

import (
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/download"
)

func TestAttachment(t *testing.T) {
	for name, want := range map[string]string{
		"www.example.com-cert.pem": `attachment; filename="www.example.com-cert.pem"`,
		"*.example.com.pfx":        `attachment; filename="_.example.com.pfx"; filename*=UTF-8''%2A.example.com.pfx`,
		"bücher.example-key.pem":   `attachment; filename="b_cher.example-key.pem"; filename*=UTF-8''b%C3%BCcher.example-key.pem`,
		`a"; x=y.pem`:              `attachment; filename="a___x_y.pem"; filename*=UTF-8''a%22%3B%20x%3Dy.pem`,
		"../../etc/passwd":         `attachment; filename="_.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`,
		"":                         `attachment; filename="download"; filename*=UTF-8''`,
		"...":                      `attachment; filename="download"; filename*=UTF-8''...`,
		"-rf.pem":                  `attachment; filename="rf.pem"; filename*=UTF-8''-rf.pem`,
	} {
		if got := download.Attachment(name); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	if got := download.Attachment("a\r\nSet-Cookie: x=1.pem"); strings.ContainsAny(got, "\r\n") {
		t.Errorf("a line break gets through: %q", got)
	}
}

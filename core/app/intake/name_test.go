package intake_test

import (
	"testing"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

// What nobody gave a name is called after what it is, and what somebody named keeps its name.
func TestFilesWithoutANameAreCalledAfterWhatTheyAre(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	www, mail := testcert.SelfSigned("www.example.com"), testcert.SelfSigned("mail.example.com")
	looks, err := k.Intake.Look(t.Context(), []intake.File{
		{Filename: "cert.pem", Unnamed: true, Data: www.CertPEM}, {Filename: "key.pem", Unnamed: true, Data: www.KeyPEM},
		{Filename: "pasted.pem", Unnamed: true, Data: mail.KeyPEM}, {Filename: "pasted.pem", Unnamed: true, Name: "From a mail", Data: mail.KeyPEM},
		{Filename: "pasted.pem", Unnamed: true, Data: []byte("nonsense")}, {Filename: "mail.key", Data: mail.KeyPEM},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"www.example.com", "www.example.com", "ECDSA P-256 key", "From a mail", "pasted", "mail"} {
		if looks[i].Name != want {
			t.Errorf("%d: %q, want %q", i, looks[i].Name, want)
		}
	}
}

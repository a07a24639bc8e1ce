package main

import "github.com/ignisfox/ignisfox/sdk/schema"

// Sections of the form.
const (
	inConnection = "Connection"
	inSignIn     = "Sign in"
	inFiles      = "Files"
	inRights     = "Owner and mode"
	inService    = "Service"
	inJump       = "Jump host"
)

// Names of accounts as the commands for them accept them; numbers are ids.
const accountPattern = `[A-Za-z_][A-Za-z0-9_.-]{0,31}|[0-9]{1,9}`

const fingerprintPattern = `SHA256:[A-Za-z0-9+/]{43}`

func settingsSchema() schema.Schema {
	fields := hopFields("", inConnection, inSignIn, nil)
	fields = append(fields, fileFields()...)
	fields = append(fields,
		schema.Field{Name: "check_command", Title: "Check command", Section: inService, Type: schema.Command, Placeholder: "sudo -n nginx -t",
			Help: "Run as it stands after the files are in place. When it fails, the previous files are put back and nothing is reloaded."},
		schema.Field{Name: "reload_command", Title: "Reload command", Section: inService, Type: schema.Command, Placeholder: "sudo -n systemctl reload nginx",
			Help: "Run as it stands when something changed. When it fails, the previous files are put back and it is run again."},
		schema.Field{Name: "jump", Title: "Jump host", Section: inJump, Type: schema.Object,
			Help:   "A server to connect through, for devices that cannot be reached directly. It must allow forwarding.",
			Fields: hopFields("jump", "", "", &schema.Condition{Field: "host", In: []string{"*"}})},
	)
	return schema.Schema{Fields: fields}
}

// hopFields are the fields of one SSH server; those of the jump host apply when its host is given.
func hopFields(of, connection, signIn string, when *schema.Condition) []schema.Field {
	jump := of != ""
	auth := []schema.Option{{Value: "key", Title: "Private key"}, {Value: "password", Title: "Password"}}
	isKey := &schema.Condition{Field: "auth", In: []string{"key"}}
	isPassword := &schema.Condition{Field: "auth", In: []string{"password"}}
	return []schema.Field{
		{Name: "host", Title: "Host", Section: connection, Type: schema.Host, Required: !jump, Destination: true, Placeholder: "web1.example.com"},
		{Name: "port", Title: "Port", Section: connection, Type: schema.Port, Default: int64(22), Destination: true, When: when},
		{Name: "host_key", Title: "Host key", Section: connection, Type: schema.String, Destination: true, MaxLen: 50, When: when,
			Placeholder: "SHA256:…", Pattern: fingerprintPattern, PatternHelp: "SHA256: and 43 characters, as ssh-keygen -l prints it",
			Help: "Fingerprint of the server's key. Leave it blank to be shown the one the server has: nothing is sent before it is confirmed."},
		{Name: "username", Title: "User", Section: signIn, Type: schema.String, Required: true, MaxLen: 128, When: when, Placeholder: "deploy",
			Pattern: `[^\s\x00-\x1f\x7f]+`, PatternHelp: "one word"},
		{Name: "auth", Title: "Sign in with", Section: signIn, Type: schema.Enum, Options: auth, Default: "key", When: when},
		{Name: "password", Title: "Password", Section: signIn, Type: schema.String, Secret: true, Required: true, When: isPassword},
		{Name: "private_key", Title: "SSH private key", Section: signIn, Type: schema.Text, Secret: true, Required: true, When: isKey,
			Placeholder: "-----BEGIN OPENSSH PRIVATE KEY-----", Help: "As ssh-keygen writes it, with or without a passphrase."},
		{Name: "passphrase", Title: "Passphrase of the key", Section: signIn, Type: schema.String, Secret: true, When: isKey},
	}
}

func fileFields() []schema.Field {
	path := func(name, title, placeholder, help string) schema.Field {
		return schema.Field{Name: name, Title: title, Section: inFiles, Type: schema.Path, MaxLen: 1024, Placeholder: placeholder, Help: help}
	}
	hasPFX := &schema.Condition{Field: "pfx_path", In: []string{"*"}}
	account := func(name, title, help string) schema.Field {
		return schema.Field{Name: name, Title: title, Section: inRights, Type: schema.String, Help: help,
			Pattern: accountPattern, PatternHelp: "a name or a number"}
	}
	mode := func(name, title, value, help string) schema.Field {
		return schema.Field{Name: name, Title: title, Section: inRights, Type: schema.Mode, Default: value, Help: help}
	}
	return []schema.Field{
		path("fullchain_path", "Full chain", "/etc/nginx/certs/www.crt", "Certificate and intermediates, what most services want."),
		path("cert_path", "Certificate", "", "The certificate alone."),
		path("chain_path", "Chain", "", "The intermediates alone."),
		path("key_path", "Private key", "/etc/nginx/certs/www.key", ""),
		path("combined_path", "Combined", "/etc/haproxy/certs/www.pem", "Full chain and private key in one file, as HAProxy wants it."),
		path("pfx_path", "PFX", "", "PKCS#12 with certificate, chain and key; its password is that of the group."),
		{Name: "pfx_preset", Title: "PFX preset", Section: inFiles, Type: schema.Enum, Default: "modern", When: hasPFX, Options: []schema.Option{
			{Value: "modern", Title: "Modern (AES-256)"}, {Value: "legacy", Title: "Legacy (3DES, for old software)"}}},
		account("owner", "Owner", "Blank: the user that signs in. Giving files to somebody else takes root."),
		account("group_owner", "Group", "Blank: the user's group. The user must be a member of it, or root."),
		mode("cert_mode", "Mode of certificates", "0644", ""),
		mode("key_mode", "Mode of keys", "0600", "Of the key, the combined file and the PFX. Others than owner and group never get any right."),
	}
}

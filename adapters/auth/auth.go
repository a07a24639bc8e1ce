// Package auth proves who people are: their passwords, the codes of their apps, their passkeys. Each type does the work of
// one port and knows nothing of accounts or of the store.
//
// Passwords hashes with argon2id and writes PHC strings ($argon2id$v=19$m=65536,t=3,p=1$salt$tag):
//
//	p := auth.NewPasswords(auth.PasswordDeps{})
//	phc, err := p.Hash(ctx, password)              // fault Invalid, field "password", when its length is wrong
//	ok, rehash, err := p.Verify(ctx, password, phc) // phc "" for an account that does not exist: same time, never ok
//
// Hashing takes 64 MiB and a good part of a second, so only a few run at a time and the others wait their turn.
//
// OneTimeCodes is TOTP, with a QR code to bring a key into an app; Passkeys is WebAuthn for one origin:
//
//	c := auth.NewOneTimeCodes("Ignisfox")
//	k := auth.NewPasskeys(auth.PasskeyDeps{BaseURL: "https://certs.example.com", Now: time.Now})
package auth

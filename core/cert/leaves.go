package cert

// Leaves answers the end-entity certificates of certs, in their order: those that are no CA, and CA certificates that
// pair with one of keys (self-signed ones often say that they are a CA); but none that issued another of them.
//
// certs may be hostile and many: at most maxChecks signatures are checked, first where key identifiers say who signed.
// When they are used up, names and equal key identifiers decide, and what has none is taken to have issued nothing.
func Leaves(certs []*Certificate, keys []*Key) []*Certificate {
	paired := make(map[string]bool, len(keys))
	for _, k := range keys {
		paired[k.SPKI] = true
	}
	var candidates, suspects []*Certificate // suspects may have issued another
	for _, c := range certs {
		if c.IsCA && !paired[c.SPKI] {
			continue
		}
		candidates = append(candidates, c)
		if mayIssue(c.X509) {
			suspects = append(suspects, c)
		}
	}
	issued := issuersOf(certs, suspects)
	var leaves []*Certificate
	for _, c := range candidates {
		if !issued[c.Fingerprint] {
			leaves = append(leaves, c)
		}
	}
	return leaves
}

// issuersOf answers the fingerprints of those suspects that issued one of certs.
func issuersOf(certs, suspects []*Certificate) map[string]bool {
	issued := map[string]bool{}
	if len(suspects) == 0 {
		return issued
	}
	children := map[string][]*Certificate{} // by the name of their issuer, each once
	seen := map[string]bool{}
	for _, c := range certs {
		if !seen[c.Fingerprint] && !c.SelfSigned { // nobody else signed a self-signed one
			seen[c.Fingerprint] = true
			name := string(c.X509.RawIssuer)
			children[name] = append(children[name], c)
		}
	}
	checks := maxChecks
	for _, named := range []bool{true, false} {
		asked := map[string]bool{}
		for _, c := range suspects {
			if asked[c.Fingerprint] || issued[c.Fingerprint] {
				continue
			}
			asked[c.Fingerprint] = true
			if issuedOne(c, children[string(c.X509.RawSubject)], named, &checks) {
				issued[c.Fingerprint] = true
			}
		}
	}
	return issued
}

// issuedOne says whether c issued one of children, which name it: of those that also name its key, or of the others.
// Renewals of a certificate share its key and name, and did not issue one another.
func issuedOne(c *Certificate, children []*Certificate, named bool, checks *int) bool {
	for _, o := range children {
		if o.SPKI == c.SPKI || named != (c.SubjectKeyID != "" && o.AuthorityKeyID == c.SubjectKeyID) {
			continue
		}
		if *checks == 0 {
			return named
		}
		if *checks--; signedBy(o.X509, c.X509) == nil {
			return true
		}
	}
	return false
}

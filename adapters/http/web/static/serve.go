package static

import (
	"net/http"
	"strconv"
	"strings"
)

// ServeHTTP answers the file that the path names; nothing else is there.
func (s *Static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name, below := strings.CutPrefix(r.URL.Path, Prefix)
	f, ok := s.files[name]
	if !ok || !below {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	coding := choose(strings.Join(r.Header.Values("Accept-Encoding"), ","), f)
	body := f.bodies[coding]
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Etag", f.tag(coding))
	h.Set("Content-Type", f.typ)
	h.Set("X-Content-Type-Options", "nosniff")
	if known(r.Header.Values("If-None-Match"), f.tag(coding)) {
		h.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser has gone: there is nobody to tell
	}
}

// tag answers a strong entity tag: the name has the hash of the content, and each coding is other bytes.
func (f file) tag(coding string) string {
	if coding == "" {
		return `"` + f.name + `"`
	}
	return `"` + f.name + "-" + coding + `"`
}

// known says whether a list of entity tags has tag. A weak tag of ours is one that something on the way weakened.
func known(lists []string, tag string) bool {
	for _, list := range lists {
		for one := range strings.SplitSeq(list, ",") {
			one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
			if one == tag || one == "*" {
				return true
			}
		}
	}
	return false
}

// choose answers the coding that the browser likes best, the smallest first among equals, "" for the file itself.
func choose(accept string, f file) string {
	best, most := "", 0.0
	likes := qualities(accept)
	for _, coding := range []string{"br", "gzip"} {
		q, named := likes[coding]
		if !named {
			q = likes["*"]
		}
		if f.bodies[coding] != nil && q > most {
			best, most = coding, q
		}
	}
	if q, named := likes["identity"]; named && q > most {
		return ""
	}
	return best
}

// qualities reads an Accept-Encoding header: how much each coding is liked, from 0 to 1. What cannot be read counts as 0.
func qualities(accept string) map[string]float64 {
	likes := map[string]float64{}
	for one := range strings.SplitSeq(accept, ",") {
		coding, params, _ := strings.Cut(one, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding == "" {
			continue
		}
		q := 1.0
		if v, is := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(params, " ", "")), "q="); is {
			parsed, err := strconv.ParseFloat(v, 64)
			if err != nil || parsed < 0 || parsed > 1 {
				parsed = 0
			}
			q = parsed
		}
		likes[coding] = q
	}
	return likes
}

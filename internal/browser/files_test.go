package browser

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func filesSite(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		fmt.Fprint(w, page(`<h1>Files</h1><div id="zone">Drop here</div><ul id="dropped"></ul>
<form method="post" action="/sent" enctype="multipart/form-data"><label>Certificates <input type="file" name="f" multiple hidden></label><button>Send</button></form>
<a href="/export">Export</a> <a href="/raw" download>Raw</a> <button id="made">Made here</button><script src="/a.js"></script>`))
	})
	mux.HandleFunc("/a.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `
zone.addEventListener('dragover', e => { e.preventDefault(); zone.dataset.over = [...e.dataTransfer.types].join() });
zone.addEventListener('drop', async e => {
  e.preventDefault();
  for (const f of [...e.dataTransfer.files]) {
    const li = document.createElement('li');
    li.textContent = f.name + ': ' + await f.text() + (e.isTrusted ? '' : ' untrusted');
    dropped.append(li);
  }
});
made.onclick = () => {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(new Blob(['from the page']));
  a.download = 'script.sh';
  a.click();
}`)
	})
	mux.HandleFunc("/sent", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
			return
		}
		var all []string
		for _, h := range r.MultipartForm.File["f"] {
			f, _ := h.Open()
			body, _ := io.ReadAll(f)
			all = append(all, h.Filename+"="+string(body))
		}
		fmt.Fprint(w, page(`<p id="got">`+strings.Join(all, " ")+`</p>`))
	})
	big := bytes.Repeat([]byte("0123456789"), 100_000)
	mux.HandleFunc("/export", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="vault.csv"`)
		_, _ = w.Write(big)
	})
	mux.HandleFunc("/raw", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "raw") })
	return serve(t, mux)
}

func TestFilesAreDroppedWithTheirContents(t *testing.T) {
	p := Open(t, filesSite(t), Options{})
	p.Goto("/")
	p.Drop("#zone", File{"a.crt", []byte("one")}, File{`b "<i>.key`, []byte("two")}, File{"c d.p12", []byte("three")})
	p.WaitText("three")
	if got := strings.Join(p.Texts("#dropped li"), "|"); got != `a.crt: one|b "<i>.key: two|c d.p12: three` {
		t.Errorf("dropped: %s", got)
	}
	if got := p.Attr("#zone", "data-over"); got != "Files" {
		t.Errorf("while dragging the page saw %q", got)
	}
}

func TestFilesAreChosen(t *testing.T) {
	base := filesSite(t)
	for _, noScript := range []bool{false, true} {
		p := Open(t, base, Options{NoScript: noScript})
		p.Goto("/")
		p.Upload("[name=f]", File{"a.crt", []byte("one")}, File{"b.key", []byte("two")})
		p.ClickText("button", "Send")
		if got := p.Text("#got"); got != "a.crt=one b.key=two" {
			t.Errorf("sent: %s", got)
		}
	}
}

func TestDownloadsAreCaught(t *testing.T) {
	base := filesSite(t)
	p, other := Open(t, base, Options{}), Open(t, base, Options{})
	p.Goto("/")
	other.Goto("/")
	f := p.Download(func() { p.ClickText("link", "Export") })
	if f.Name != "vault.csv" || len(f.Body) != 1_000_000 || !bytes.HasPrefix(f.Body, []byte("0123456789")) {
		t.Errorf("got %s with %d bytes", f.Name, len(f.Body))
	}
	if f := p.Download(func() { p.ClickText("link", "Raw") }); f.Name != "raw" && f.Name != "raw.txt" || string(f.Body) != "raw" {
		t.Errorf("got %s: %s", f.Name, f.Body)
	}
	if f := other.Download(func() { other.ClickText("button", "Made here") }); f.Name != "script.sh" || string(f.Body) != "from the page" {
		t.Errorf("got %s: %s", f.Name, f.Body)
	}
	if got := p.URL(); got != "/" {
		t.Errorf("after the downloads the page is at %s", got)
	}
}

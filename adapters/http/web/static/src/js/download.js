// Links and forms whose answer is a file (data-download). They are fetched, so that a question for a proof of identity or an
// error can be shown in the dialog; without this script the browser downloads them itself.
import { on } from "./dom.js";
import { fill, focusIn, inside, prove } from "./dialog.js";
import { ask, encode, fileName, isPage, needsProof, whole } from "./request.js";
import { lost, problem, right, wrong } from "./wrong.js";

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// fetchFile asks for a file. form, when there is one, is replaced by what the server says is wrong with it: inside the dialog by
// what is drawn for it, on a page by the form of that page.
async function fetchFile(request, from, form) {
  from?.setAttribute("aria-busy", "true");
  if (form) right(form);
  try {
    const response = await ask(request, !form || inside(form));
    if (!response) return;
    if (response.ok && !isPage(response)) {
      save(await response.blob(), fileName(response.headers.get("Content-Disposition")));
      if (form && inside(form)) form.closest("dialog").close();
      return;
    }
    const html = await response.text();
    const fresh = form && response.status < 500 && sameForm(html, form);
    if (needsProof(response.status, response.headers.get("X-Confirm"))) prove(html, () => fetchFile(request, from, form), from);
    else if (fresh) replace(form, fresh);
    else if (form || !isPage(response) || whole(html)) wrong(form ?? from, problem(html, response.status));
    else fill(html, from);
  } catch {
    wrong(form ?? from, lost());
  } finally {
    from?.removeAttribute("aria-busy");
  }
}

// sameForm answers the form of an answer that is the one that was sent, null when it has none.
function sameForm(html, form) {
  const doc = new DOMParser().parseFromString(html, "text/html");
  const fresh = form.id && doc.getElementById(form.id);
  return fresh?.matches("form") ? document.adoptNode(fresh) : null;
}

function replace(form, fresh) {
  form.replaceWith(fresh);
  window.htmx.process(fresh);
  focusIn(fresh);
}

export function downloads() {
  on("click", "a[data-download]", (link, event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button) return;
    event.preventDefault();
    fetchFile({ url: link.href }, link);
  });
  on("submit", "form", (form, event) => {
    const button = event.submitter;
    if (button?.matches("[data-dialog]") || (!form.matches("[data-download]") && !button?.matches("[data-download]"))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    fetchFile(encode(form, button), button, form.matches("[data-download]") ? form : null);
  }, true);
}

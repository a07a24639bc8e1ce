// Links and forms whose answer is a file (data-download). They are fetched, so that a question for a proof of identity or an
// error can be shown in the dialog; without this script the browser downloads them itself.
import { on } from "./dom.js";
import { fill, focusIn, inside, prove } from "./dialog.js";
import { ask, encode, fileName, isPage, needsProof, whole } from "./request.js";
import { toast } from "./toast.js";

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// fetchFile asks for a file. form, when there is one, is replaced by what the server says is wrong with it.
async function fetchFile(request, from, form) {
  from?.setAttribute("aria-busy", "true");
  try {
    const response = await ask(request);
    if (!response) return;
    if (response.ok && !isPage(response)) {
      save(await response.blob(), fileName(response.headers.get("Content-Disposition")));
      if (form && inside(form)) form.closest("dialog").close();
      return;
    }
    const html = await response.text();
    if (needsProof(response.status, response.headers.get("X-Confirm"))) prove(html, () => fetchFile(request, from, form), from);
    else if (!isPage(response) || whole(html)) toast("The file could not be made. Try again in a moment.");
    else if (form) replace(form, html);
    else fill(html, from);
  } catch {
    toast("The server did not answer. Try again in a moment.");
  } finally {
    from?.removeAttribute("aria-busy");
  }
}

function replace(form, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.firstElementChild;
  form.replaceWith(template.content);
  if (!fresh) return;
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

// Links, buttons and forms with data-dialog show their answer in the dialog; without this script the same addresses are pages.
import { $, on } from "./dom.js";
import { fill, prove } from "./dialog.js";
import { ask, encode, isPage, needsProof, whole } from "./request.js";
import { lost, problem, wrong } from "./wrong.js";

// show asks the server and shows the answer in the dialog. from is what was pressed.
export async function show(request, from) {
  from?.setAttribute("aria-busy", "true");
  try {
    const response = await ask(request, true);
    if (!response) return;
    const html = await response.text();
    if (needsProof(response.status, response.headers.get("X-Confirm"))) return prove(html, () => show(request, from), from);
    if (isPage(response) && !whole(html)) return fill(html, from);
    if (response.ok && (request.method ?? "GET") === "GET") location.assign(request.url);
    else wrong(from, problem(html, response.status, request.method));
  } catch {
    wrong(from, lost(request.method));
  } finally {
    from?.removeAttribute("aria-busy");
  }
}

// visible answers what can take the focus again: the button of a menu for what is inside it.
function visible(element) {
  const menu = element.closest("[popover]");
  return (menu && $(`[popovertarget="${CSS.escape(menu.id)}"]`)) ?? element;
}

export function shows() {
  on("click", "a[data-dialog]", (link, event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button) return;
    event.preventDefault();
    show({ url: link.href }, visible(link));
  });
  on("submit", "form", (form, event) => {
    const button = event.submitter;
    if (!form.matches("[data-dialog]") && !button?.matches("[data-dialog]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    show(encode(form, button), button);
  }, true);
}

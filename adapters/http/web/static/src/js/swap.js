// What htmx leaves to us: the header of the dialog, questions for a proof, whole pages as answers, focus, busy buttons.
import { $, on, say } from "./dom.js";
import { focusIn, inside, proven, prove } from "./dialog.js";
import { needsProof, ofPage, whole } from "./request.js";
import { silent, timed, watched } from "./timer.js";
import { lost, problem, right, wrong } from "./wrong.js";

let pressed = null; // the button that sent the form that is on its way
const flying = new WeakSet(); // forms that are on their way: one press is one request

function busy(button, is) {
  if (!button) return;
  if (is) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
}

// repeat sends the request of an element once more, as it was sent.
function repeat(element, button) {
  if (element.matches("form")) element.requestSubmit(button?.isConnected ? button : undefined);
  else element.click();
}

function answered(event) {
  const { xhr, elt } = event.detail;
  if (timed(elt)) {
    if (watched(elt, xhr)) event.preventDefault();
    return;
  }
  if (xhr.getResponseHeader("X-Confirmed") === "1") {
    if (proven()) event.preventDefault();
    return;
  }
  if (needsProof(xhr.status, xhr.getResponseHeader("X-Confirm"))) {
    event.preventDefault();
    const button = pressed;
    prove(xhr.responseText, () => repeat(elt, button), button ?? elt);
  }
}

// page takes the part that is wanted out of an answer that is a whole page.
function page(event) {
  const detail = event.detail;
  if (!whole(detail.serverResponse ?? "")) return;
  const doc = new DOMParser().parseFromString(detail.serverResponse, "text/html");
  const same = detail.target.id && doc.getElementById(detail.target.id);
  const main = doc.getElementById("main");
  if (same) detail.serverResponse = same.outerHTML;
  else if (main && inside(detail.target)) detail.serverResponse = `<div class="dlg-body">${main.innerHTML}</div>`;
  else if (main) {
    document.title = doc.title;
    const crumbs = doc.querySelector(".crumbs");
    if (crumbs) $(".crumbs")?.replaceWith(crumbs);
    detail.target = $("#main");
    detail.swapOverride = "innerHTML";
    detail.serverResponse = main.innerHTML;
  }
}

function settled(event) {
  const element = event.detail.elt;
  const words = element.matches?.("[data-say]") ? element : $("[data-say]", element);
  if (words) say(words.textContent.trim());
  if (inside(element) || document.activeElement !== document.body) return;
  // The focus was in what is gone: it goes to what is wrong or new.
  if (event.detail.requestConfig?.verb === "post") {
    if ($("[aria-invalid=true],[data-focus]", element)) focusIn(element);
    else {
      const heading = $("h1,h2,h3", element) ?? element;
      heading.tabIndex = -1;
      heading.focus();
    }
  }
}

export function swaps() {
  const listen = (name, fn) => document.addEventListener(`htmx:${name}`, fn);
  listen("configRequest", ({ detail }) => {
    Object.assign(detail.headers, ofPage());
    if (inside(detail.elt)) detail.headers["X-Dialog"] = "1";
  });
  listen("beforeRequest", (event) => {
    if (!timed(event.detail.elt)) right(event.detail.elt);
    if (event.detail.requestConfig.verb === "get") return;
    pressed = event.detail.requestConfig.triggeringEvent?.submitter ?? (event.detail.elt.matches("button") ? event.detail.elt : null);
    busy(pressed, true);
    flying.add(event.detail.elt);
  });
  listen("beforeOnLoad", answered);
  listen("afterRequest", (event) => {
    // The page is leaving: the button stays busy until it has gone.
    if (event.detail.requestConfig.verb === "get" || event.detail.xhr?.getResponseHeader("HX-Redirect")) return;
    busy(pressed, false);
    flying.delete(event.detail.requestConfig.elt);
  });
  on("submit", "form", (form, event) => {
    if (!flying.has(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  listen("beforeSwap", page);
  listen("afterSettle", settled);
  listen("sendError", ({ detail: { elt, requestConfig } }) => (timed(elt) ? silent(elt) : wrong(elt, lost(requestConfig.verb))));
  listen("responseError", ({ detail: { elt, xhr, requestConfig } }) => wrong(elt, problem(xhr.responseText, xhr.status, requestConfig.verb)));

  // Forms that the browser itself sends: one press is one request.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (event.submitter?.getAttribute("aria-busy") === "true") return event.preventDefault();
    busy(event.submitter, true);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) for (const b of document.querySelectorAll("[aria-busy=true]")) busy(b, false); });
}

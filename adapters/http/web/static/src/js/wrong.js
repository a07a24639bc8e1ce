// What went wrong is said where it was asked for: in the dialog that is open, in the form that was sent, or else in the dialog. It is
// never a toast: one goes by itself, and lies under an open dialog.
import { $, $$ } from "./dom.js";
import { fill } from "./dialog.js";

const unanswered = "The server did not answer";
const broken = "Something broke on our side";
const unsure = "It is not sure that it was done. Look before you try again.";

// lost answers what is to be said when no answer came: of what changes something nobody knows whether it was done.
export const lost = (method) => ({ title: unanswered, text: /^get$/i.test(method ?? "get") ? "Try again in a moment." : unsure });

// problem answers what an answer says that is an error: the server's own words, or else those of the status.
export function problem(html, status, method) {
  const doc = new DOMParser().parseFromString(html ?? "", "text/html");
  const said = $("[data-problem]", doc);
  if (said) return { title: said.dataset.problem, text: $("p", said)?.textContent.trim() ?? "", reference: $("code", said)?.textContent.trim() };
  return plain(status, method);
}

// plain answers what a status says of itself: somebody between us and the server may have answered.
export function plain(status, method) {
  if (status >= 502 && status <= 504) return { ...lost(method), title: "The server is busy or not there" };
  return { title: broken, text: lost(method).text };
}

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", ($("use[href*='#i-']")?.getAttribute("href") ?? "").replace(/#.*/, `#i-${name}`));
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

const iconButton = (label, name, attributes) => make("button", { class: "btn-icon", type: "button", "aria-label": label, title: label, ...attributes }, icon(name));

function callout({ title, text, reference }) {
  const words = make("div", {}, make("b", {}, title), make("p", {}, text));
  if (reference) {
    words.append(make("p", { class: "row" }, make("code", { class: "wrap-any" }, reference), iconButton("Copy reference", "copy", { class: "btn-icon btn-s", "data-copy-text": reference })));
  }
  return make("div", { class: "callout", "data-tone": "bad", "data-wrong": "", role: "alert" }, icon("bad"), words);
}

// place answers a function that puts an element where what from does is looked at; null when that is nowhere.
function place(from) {
  const box = $$("dialog[open]").at(-1);
  const form = from?.closest?.("form");
  const body = (form && $(":scope > .dlg-body, :scope > .card-body", form)) ?? (box && $(".dlg-body", box));
  if (body && (!box || box.contains(body))) return (element) => body.prepend(element);
  if (box) return (element) => ($(".palette-in", box) ? $(".palette-in", box).after(element) : box.prepend(element));
  return form ? (element) => form.before(element) : null;
}

// wrong says what went wrong with what from asked for: {title, text, reference}.
export function wrong(from, said) {
  right(from);
  const put = place(from);
  const element = callout(said);
  if (put) {
    put(element);
    element.scrollIntoView({ block: "nearest" });
    return;
  }
  const head = make("div", { class: "dlg-head" }, make("div", {}, make("h2", { id: "problem-t" }, said.title)), iconButton("Close", "x", { "data-close": "" }));
  $("b", element).remove();
  fill(make("div", { class: "dlg" }, head, make("div", { class: "dlg-body" }, element)), from);
}

// right takes away what was said of an attempt before.
export function right(from) {
  const form = from?.closest?.("form");
  const around = from?.closest?.("dialog") ?? form ?? $("dialog[open]");
  if (form?.previousElementSibling?.matches("[data-wrong]")) form.previousElementSibling.remove();
  if (around) $$("[data-wrong]", around).forEach((element) => element.remove());
}

import { $, $$, on, say } from "./dom.js";
import { show } from "./show.js";
import { right } from "./wrong.js";

const wait = 180; // ms after the last letter before the server is asked

// matches says whether a title has all words of a question.
export function matches(title, question) {
  const text = title.toLowerCase();
  return question.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

// found answers a number of results in words.
export const found = (n) => (n === 0 ? "No match" : n === 1 ? "1 result" : `${n} results`);

// move answers the place after at, going by step through n, round and round; -1 for none.
export const move = (at, step, n) => (n === 0 ? -1 : (at + step + n) % n);

const options = () => $$("#palette [role=option]:not([hidden])");

function mark(option) {
  for (const other of $$("#palette [aria-selected=true]")) other.setAttribute("aria-selected", "false");
  const input = $("#palette-q");
  if (!option) return input.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function go(option) {
  $("#palette").close();
  if ("dialog" in option.dataset) show({ url: option.dataset.href }, $(".jump"));
  else location.assign(option.dataset.href);
}

let asking = false; // the server has not said yet what it finds

// The server has filtered what it found itself.
function filter(question) {
  for (const option of $$("#palette [role=option]")) {
    if (!option.closest("#palette-found")) option.hidden = !matches(option.textContent, question);
  }
  $("#palette-none").hidden = options().length > 0 || asking;
  mark(options()[0]);
}

export function palette() {
  let timer = 0;
  on("input", "#palette-q", (input) => {
    asking = input.value.trim() !== "";
    filter(input.value.trim());
    clearTimeout(timer);
    if (!asking) $("#palette-found").replaceChildren();
    else timer = setTimeout(() => window.htmx.trigger(input, "palette:ask"), wait);
  });
  on("htmx:afterSwap", "#palette-found", (box, { detail }) => {
    const question = $("#palette-q").value.trim();
    if (question === "") box.replaceChildren(); // it was for what is gone
    asking = question !== "" && (detail.requestConfig?.parameters.q ?? question).trim() !== question;
    filter(question);
    say(found(options().length));
  });
  on("keydown", "#palette-q", (_, event) => {
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      mark(all[move(at, step, all.length)]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (all[at]) go(all[at]);
    }
  });
  on("click", "#palette [role=option]", go);
  // Opening it again begins anew.
  on("opened", "#palette", () => {
    clearTimeout(timer);
    asking = false;
    right($("#palette-q"));
    $("#palette-q").value = "";
    $("#palette-found").replaceChildren();
    filter("");
  });
}

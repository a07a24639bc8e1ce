// Parts that ask by timer: nobody pressed anything, so what they ask never takes the page, moves the focus or opens anything. A part
// that gets no answer says so itself, and one that may look no more stops and keeps what it showed.
import { $, say } from "./dom.js";
import { whole } from "./request.js";

export const unanswered = "The server does not answer. This page goes on looking.";
export const over = "This page looks no more: what it waits for has gone, or you are signed out or in another workspace now. Load it again to go on.";

// everyTime says whether a value of hx-trigger asks by timer.
export const everyTime = (trigger) => /(^|,)\s*every\s/.test(trigger ?? "");

export const timed = (element) => everyTime(element?.getAttribute?.("hx-trigger"));

// ending says what an answer to a timer means: "" to go on, "again" when nobody answered properly, "over" when there is nothing more
// to ask for. Its status 286 with a part to show is htmx's own end.
export function ending(status, header, html) {
  if (status >= 500 || status === 429) return "again";
  const leads = ["HX-Redirect", "HX-Location", "HX-Refresh"].some((name) => header(name));
  return leads || status >= 300 || whole(html) || (status === 286 && header("HX-Reswap") === "none") ? "over" : "";
}

function note(element, text) {
  let line = $("[data-note]", element);
  if (line?.textContent === text) return;
  if (!line) {
    line = document.createElement("p");
    line.dataset.note = "";
    (element.querySelector(":scope > div") ?? element).append(line);
  }
  line.textContent = text;
  say(text);
}

// silent says that no answer came.
export const silent = (element) => note(element, unanswered);

// watched looks at the answer to a timer before htmx does; true says that htmx has nothing to do with it.
export function watched(element, xhr) {
  const what = ending(xhr.status, (name) => xhr.getResponseHeader(name), xhr.responseText);
  if (what === "again") silent(element);
  else if (what === "over") rest(element);
  else $("[data-note]", element)?.remove();
  return what !== "";
}

// rest puts a part that asks no more in the place of one that does: htmx stops for what is not on the page.
function rest(element) {
  const still = element.cloneNode(true);
  for (const { name } of [...still.attributes]) if (name.startsWith("hx-")) still.removeAttribute(name);
  still.classList.remove("htmx-request");
  element.replaceWith(still);
  note(still, over);
}

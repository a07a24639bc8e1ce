import { $, on, say } from "./dom.js";
import { wrong } from "./wrong.js";

const shown = 1600; // ms for which the tick stands

// write puts text on the clipboard. Without https, or where the browser refuses, the selection is copied instead.
async function write(text) {
  try {
    return await navigator.clipboard.writeText(text);
  } catch { /* the other way may do */ }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr";
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("not copied");
}

function tick(button) {
  const use = $("use", button);
  const was = use?.getAttribute("href");
  if (!was || was.endsWith("#i-check")) return;
  use.setAttribute("href", was.replace(/#.*/, "#i-check"));
  setTimeout(() => use.setAttribute("href", was), shown);
}

export function copy() {
  on("click", "[data-copy],[data-copy-text]", async (button) => {
    const from = button.dataset.copy && $(button.dataset.copy);
    const text = from ? (from.value ?? from.textContent) : button.dataset.copyText;
    try {
      await write((text ?? "").trim());
      tick(button);
      button.focus();
      say("Copied");
    } catch {
      wrong(button, { title: "The browser did not allow copying", text: "Select the text and copy it by hand." });
    }
  });
  on("click", "[data-reveal]", (button) => {
    const input = $(button.dataset.reveal);
    if (!input) return;
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
  });
}

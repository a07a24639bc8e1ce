import { on, say } from "./dom.js";

// nextTheme answers the theme to change to: the other one of what is seen now.
export function nextTheme(current, systemIsDark) {
  const dark = current === "dark" || (current !== "light" && systemIsDark);
  return dark ? "light" : "dark";
}

// The server keeps the choice in a cookie; the page changes at once.
export function theme() {
  on("submit", "[data-theme-form]", (form, event) => {
    event.preventDefault();
    const root = document.documentElement;
    const next = nextTheme(root.dataset.theme, matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = next;
    document.querySelector("meta[name=color-scheme]")?.setAttribute("content", next);
    say(`${next} theme`);
    fetch(form.action, { method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams({ theme: next }), redirect: "manual" }).catch(() => {});
  });
}

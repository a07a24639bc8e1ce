import { $$, each, on, ready } from "./dom.js";

function pick(tab) {
  for (const other of $$("[role=tab]", tab.parentElement)) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
}

// upgrade makes a row of tabs of sections that stand one under the other.
function upgrade(box) {
  const sections = $$(":scope > section[data-tab]", box);
  if ("on" in box.dataset || sections.length < 2) return;
  box.dataset.on = "";
  const list = document.createElement("div");
  list.className = "seg";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", box.getAttribute("aria-label") ?? "");
  box.removeAttribute("aria-label");
  for (const section of sections) {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = `${section.id}-t`;
    tab.textContent = section.dataset.tab;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", section.id);
    section.setAttribute("role", "tabpanel");
    section.setAttribute("aria-labelledby", tab.id);
    list.append(tab);
  }
  box.prepend(list);
  pick(list.firstElementChild);
}

export function tabs() {
  ready((root) => each(root, "[data-tabs]").forEach(upgrade));
  on("click", "[role=tab]", pick);
  on("keydown", "[role=tab]", (tab, event) => {
    const all = $$("[role=tab]", tab.parentElement);
    const to = { ArrowRight: all.indexOf(tab) + 1, ArrowLeft: all.indexOf(tab) - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    pick(all[to % all.length]);
    all[to % all.length].focus();
  });
}

import { $, $$, each, on, ready } from "./dom.js";

// chosen answers how the box above all rows looks when n of all rows are chosen.
export const chosen = (n, all) => ({ checked: all > 0 && n === all, indeterminate: n > 0 && n < all, text: `${n} selected` });

function update(box) {
  const rows = $$("tbody .c-check input[type=checkbox]", box);
  const state = chosen(rows.filter((row) => row.checked).length, rows.length);
  const all = $("[data-all]", box);
  if (all) Object.assign(all, { checked: state.checked, indeterminate: state.indeterminate });
  const bar = $(".bulk", box);
  if (!bar) return;
  bar.toggleAttribute("data-on", state.checked || state.indeterminate);
  const count = $("[data-count]", bar);
  if (count) count.textContent = state.text;
}

// Rows of a table that something can be done with together: an element with data-rows around the table and its bulk bar.
export function rows() {
  ready((root) => {
    each(root, "[data-rows]").forEach(update);
    const around = root.closest?.("[data-rows]");
    if (around) update(around);
    each(root, "[data-mixed]").forEach((box) => { box.indeterminate = true; });
  });
  on("change", "[data-rows]", (box, event) => {
    if (event.target.type !== "checkbox") return;
    if (event.target.matches("[data-all]")) $$("tbody .c-check input[type=checkbox]", box).forEach((row) => { row.checked = event.target.checked; });
    update(box);
  });
}

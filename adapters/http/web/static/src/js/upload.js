// Files to upload: a form with data-upload. Files that are dropped or chosen become rows of their own, each with name and
// password; each is sent as a request of its own, so that progress and result are its own. The server answers with the row that
// takes its place. Without this script the same form sends all files at once.
import { $, $$, each, on, ready, say } from "./dom.js";
import { prove } from "./dialog.js";
import { needsProof, whole } from "./request.js";

// size answers bytes as people read them.
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(bytes < 10_240 ? 1 : 0)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

// refusal answers why a file is not sent, "" when it is.
export function refusal(file, most) {
  if (file.size === 0) return "The file is empty.";
  if (file.size > most) return `Larger than ${size(most)}, so it was not read. Export one certificate with its key and drop that file instead.`;
  return "";
}

// files answers a number of files in words.
export const files = (n) => (n === 1 ? "1 file" : `${n} files`);

// wantsPassword says whether a file of that name is usually locked with one.
export const wantsPassword = (name) => /\.(pfx|p12)$/i.test(name);

const chosen = new WeakMap(); // the file of a row that is to be sent

const rowsOf = (form) => $$("[data-upload-rows] > li", form);
const waiting = (form) => rowsOf(form).filter((row) => chosen.has(row) && !("sending" in row.dataset) && !("done" in row.dataset));

function refresh(form) {
  const all = rowsOf(form);
  const ready = waiting(form).length;
  $("[data-upload-card]", form).hidden = all.length === 0;
  $("[data-upload-title]", form).textContent = files(all.length);
  $("[data-upload-left]", form).textContent = ready ? `${files(ready)} will be uploaded` : "Nothing left to upload";
  const button = $("[data-upload-send]", form);
  button.disabled = ready === 0;
  ($("span", button) ?? button).textContent = ready ? `Upload ${files(ready)}` : "Upload";
}

function fill(row, file, wrong) {
  const part = (name) => $(`[data-part=${name}]`, row);
  part("name").textContent = file.name;
  part("name").title = file.name;
  part("size").textContent = size(file.size);
  part("remove").setAttribute("aria-label", `Remove ${file.name}`);
  part("remove").title = `Remove ${file.name}`;
  part("friendly").setAttribute("aria-label", `Friendly name for ${file.name}`);
  part("password").setAttribute("aria-label", `Password for ${file.name}`);
  part("bar").setAttribute("aria-label", `Upload of ${file.name}`);
  part("secret").hidden = !wantsPassword(file.name);
  if (!wrong) return chosen.set(row, file);
  row.dataset.tone = "bad";
  part("friendly").remove();
  part("secret").remove();
  part("wrong").hidden = false;
  $("span", part("wrong")).textContent = wrong;
}

function add(form, list) {
  const template = $("template[data-upload-row]", form);
  const places = Number(form.dataset.maxFiles) - waiting(form).length;
  [...list].forEach((file, i) => {
    const row = template.content.firstElementChild.cloneNode(true);
    const over = i >= places ? `More than ${form.dataset.maxFiles} files at once. Upload these first, then drop the rest.` : "";
    fill(row, file, refusal(file, Number(form.dataset.maxBytes)) || over);
    $("[data-upload-rows]", form).append(row);
  });
  say(`${files(list.length)} added`);
  refresh(form);
}

// post sends one file and tells how much of it has gone, in percent.
function post(url, body, progress) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", url);
    xhr.setRequestHeader("HX-Request", "true");
    xhr.setRequestHeader("X-Upload", "1");
    xhr.upload.addEventListener("progress", (event) => { if (event.lengthComputable) progress(Math.round((event.loaded / event.total) * 100)); });
    xhr.addEventListener("load", () => resolve(xhr));
    xhr.addEventListener("error", () => reject(new Error("network")));
    xhr.send(body);
  });
}

function body(form, row, file) {
  const data = new FormData();
  data.append("file", file, file.name);
  for (const field of ["name", "password"]) {
    const input = $(`[name^="${field}"]`, row);
    if (input?.value) data.append(`${field}.0`, input.value);
  }
  const group = $("[name=group]", form);
  if (group?.value) data.append("group", group.value);
  return data;
}

// failed shows in a row that it did not go; it can be sent again.
function failed(row, text) {
  const wrong = $("[data-part=wrong]", row);
  if (!wrong) return;
  wrong.hidden = false;
  $("span", wrong).textContent = text;
  delete row.dataset.sending;
}

function answer(row, file, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.firstElementChild;
  if (whole(html) || !fresh?.matches("li")) return failed(row, "The server did not answer as expected. Try again in a moment.");
  row.replaceWith(fresh);
  window.htmx.process(fresh);
  if ($("[name^=password]", fresh)) chosen.set(fresh, file); // it waits for its password
  else fresh.dataset.done = "";
}

// send sends the file of a row; it answers whether to go on with the others.
async function send(form, row) {
  const file = chosen.get(row);
  const part = (name) => $(`[data-part=${name}]`, row);
  row.dataset.sending = "";
  const [bar, percent] = [part("bar"), part("percent")];
  if (part("progress")) part("progress").hidden = false;
  const show = (n) => { if (bar) bar.value = n; if (percent) percent.textContent = `${n}%`; };
  try {
    const xhr = await post(form.action, body(form, row, file), show);
    const to = xhr.getResponseHeader("HX-Redirect");
    if (to) {
      location.assign(to);
      return false;
    }
    if (needsProof(xhr.status, xhr.getResponseHeader("X-Confirm"))) {
      delete row.dataset.sending;
      prove(xhr.responseText, () => start(form), $("[data-upload-send]", form));
      return false;
    }
    answer(row, file, xhr.responseText);
  } catch {
    failed(row, "The server did not answer. Try again in a moment.");
  }
  return true;
}

// start sends what waits, one after the other, in the order of the rows.
async function start(form) {
  const button = $("[data-upload-send]", form);
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  for (const row of waiting(form)) {
    if (!row.isConnected) continue;
    if (!(await send(form, row))) break;
  }
  button.removeAttribute("aria-busy");
  refresh(form);
  say($$("[data-part=wrong]:not([hidden]),[aria-invalid]", form).length ? "Some files need a look" : "All files are uploaded");
  $("[aria-invalid=true]", form)?.focus();
}

export function uploads() {
  ready((root) => each(root, "[data-upload]").forEach(refresh));
  on("change", "[data-upload] input[type=file]", (input) => {
    add(input.form, input.files);
    input.value = "";
  });
  on("click", "[data-upload] [data-part=remove]", (button) => {
    const form = button.closest("form");
    button.closest("li").remove();
    refresh(form);
    ($("[data-part=remove]", form) ?? $("input[type=file]", form)).focus();
  });
  on("click", "[data-upload] [data-upload-clear]", (button) => {
    const form = button.closest("form");
    rowsOf(form).filter((row) => !("sending" in row.dataset)).forEach((row) => row.remove());
    refresh(form);
  });
  // Text that is pasted in goes the plain way, with the form it stands in.
  on("submit", "[data-upload]", (form, event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    start(form);
  }, true);
  for (const type of ["dragover", "dragleave", "drop"]) {
    on(type, "[data-upload] .drop", (zone, event) => {
      event.preventDefault();
      zone.toggleAttribute("data-over", type === "dragover");
      if (type === "drop") add(zone.closest("form"), event.dataTransfer.files);
    });
  }
}

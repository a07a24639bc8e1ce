// Files to upload: a form with data-upload. Files that are dropped or chosen are sent to be looked at, which stores nothing, and
// become rows with what they are; then all are uploaded in one request, because a certificate and its key belong together.
// Without this script the same form uploads at once.
import { fill } from "./dialog.js";
import { $, $$, on, ready, say } from "./dom.js";
import { whole } from "./request.js";
import { toast } from "./toast.js";

const lost = "The server did not answer. Nothing was stored. Try again in a moment.";

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

// shares answers how much of each file has gone, in percent, when so many bytes of all have: they are sent one after the other.
export function shares(sizes, loaded) {
  return sizes.map((bytes) => {
    const gone = Math.max(0, Math.min(bytes, loaded));
    loaded -= bytes;
    return bytes === 0 ? 100 : Math.round((gone / bytes) * 100);
  });
}

const lists = new WeakMap(); // of each form: its files as {file, row, fields, wrong}
const listOf = (form) => lists.get(form) ?? lists.set(form, []).get(form);
const usable = (form) => listOf(form).filter((item) => !item.wrong);

// counts answers how many files are in which state.
function counts(form) {
  const of = (state) => listOf(form).filter((item) => item.row?.dataset.state === state).length;
  return { ready: of("ready") + of("kept"), locked: of("password"), bad: listOf(form).length - of("ready") - of("kept") - of("password") };
}

function refresh(form) {
  const all = listOf(form);
  const n = counts(form);
  $("[data-upload-card]", form).hidden = all.length === 0 && $$("[data-upload-rows] > li", form).length === 0;
  $("[data-upload-title]", form).textContent = files(all.length);
  const sum = [n.ready && `${n.ready} ready`, n.locked && `${n.locked} ${n.locked === 1 ? "needs" : "need"} a password`, n.bad && `${n.bad} cannot be used`];
  $("[data-upload-sum]", form).textContent = sum.filter(Boolean).join(", ");
  $("[data-upload-left]", form).textContent = n.ready ? `${files(n.ready)} will be uploaded` : "";
  const button = $("[data-upload-send]", form);
  button.disabled = n.ready === 0;
  ($("span", button) ?? button).textContent = n.ready ? `Upload ${files(n.ready)}` : "Upload";
}

// blank answers a row that our script makes itself, until the server has looked at the file.
function blank(form, item) {
  const row = $("template[data-upload-row]", form).content.firstElementChild.cloneNode(true);
  $("b", row).textContent = $("b", row).title = item.file.name;
  $("small", row).textContent = size(item.file.size);
  $("[data-upload-remove]", row).setAttribute("aria-label", `Remove ${item.file.name}`);
  if (!item.wrong) return row;
  row.dataset.tone = "bad";
  const note = $("[data-upload-wrong]", row);
  note.hidden = false;
  $("span", note).textContent = item.wrong;
  return row;
}

function add(form, chosen) {
  const most = Number(form.dataset.maxFiles);
  for (const file of chosen) {
    const full = usable(form).length >= most ? `More than ${most} files at once. Upload these first, then drop the rest.` : "";
    const item = { file, fields: {}, wrong: refusal(file, Number(form.dataset.maxBytes)) || full };
    item.row = blank(form, item);
    listOf(form).push(item);
    $("[data-upload-rows]", form).append(item.row);
  }
  refresh(form);
  look(form);
}

// keep remembers what was typed into a row, before another takes its place.
function keep(item) {
  for (const input of $$("input[name]", item.row)) item.fields[input.name.split(".")[0]] = input.value;
}

function put(item, row) {
  keep(item);
  item.row.replaceWith(row);
  item.row = row;
  for (const input of $$("input[name]", row)) {
    const typed = item.fields[input.name.split(".")[0]];
    if (typed) input.value = typed;
  }
}

function bodyOf(form, items) {
  const data = new FormData();
  items.forEach((item, i) => {
    keep(item);
    data.append("file", item.file, item.file.name);
    for (const [name, value] of Object.entries(item.fields)) if (value) data.append(`${name}.${i}`, value);
  });
  const group = $("[data-upload-group]", form);
  if (group.value) data.append("group", group.value);
  return data;
}

// post sends a form and tells how many bytes of it have gone.
function post(url, body, progress) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", url);
    xhr.setRequestHeader("HX-Request", "true");
    xhr.setRequestHeader("X-Dialog", "1");
    xhr.upload.addEventListener("progress", (event) => progress(event.loaded));
    xhr.addEventListener("load", () => resolve(xhr));
    xhr.addEventListener("error", () => reject(new Error("network")));
    xhr.send(body);
  });
}

// exchange sends files and answers the rows the server has for them, or null when there are none.
async function exchange(form, url, items, body) {
  const sizes = items.map((item) => item.file.size);
  const show = (loaded) => shares(sizes, loaded).forEach((percent, i) => progress(items[i].row, percent));
  try {
    const xhr = await post(url, body, show);
    const to = xhr.getResponseHeader("HX-Redirect");
    if (to) return location.assign(to), null;
    const box = document.createElement("template");
    box.innerHTML = xhr.responseText;
    const rows = $$("li[data-file]", box.content);
    if (rows.length) return rows;
    if (xhr.responseText && !whole(xhr.responseText)) fill(xhr.responseText, $("[data-upload-send]", form));
    else toast(lost);
  } catch {
    toast(lost);
  }
  items.forEach((item) => progress(item.row, -1));
  return null;
}

function progress(row, percent) {
  const line = $("[data-upload-progress]", row);
  if (!line) return;
  line.hidden = percent < 0;
  $("progress", line).value = percent;
  $(".num", line).textContent = `${percent}%`;
}

const rounds = new WeakMap(); // only the answer to the last look counts

async function look(form) {
  const items = usable(form);
  const round = (rounds.get(form) ?? 0) + 1;
  rounds.set(form, round);
  if (items.length === 0) return;
  const rows = await exchange(form, form.dataset.look, items, bodyOf(form, items));
  if (!rows || rounds.get(form) !== round) return;
  rows.forEach((row) => put(items[Number(row.dataset.file)], row));
  refresh(form);
  say($("[data-upload-sum]", form).textContent);
}

async function send(form) {
  const button = $("[data-upload-send]", form);
  const items = usable(form).filter((item) => item.row.dataset.state !== "refused");
  if (button.getAttribute("aria-busy") === "true" || items.length === 0) return;
  button.setAttribute("aria-busy", "true");
  rounds.set(form, (rounds.get(form) ?? 0) + 1);
  const rows = await exchange(form, form.action, items, bodyOf(form, items));
  button.removeAttribute("aria-busy");
  if (!rows) return;
  for (const row of rows) {
    const item = items[Number(row.dataset.file)];
    put(item, row);
    if (row.dataset.state === "done") listOf(form).splice(listOf(form).indexOf(item), 1);
  }
  refresh(form);
  say("Some files need a look");
  ($("[data-state=password] input", form) ?? $("[role=alert]", form)?.closest("li")?.querySelector("button"))?.focus();
}

function remove(form, row) {
  const all = listOf(form);
  const at = all.findIndex((item) => item.row === row);
  if (at >= 0) all.splice(at, 1);
  row.remove();
  refresh(form);
  look(form); // what is left may have lost the other half of its pair
  ($("[data-upload-remove]", form) ?? $("input[type=file]", form)).focus();
}

export function uploads() {
  ready((root) => $$("[data-upload]", root).forEach(refresh));
  on("change", "[data-upload] input[type=file]", (input) => {
    add(input.form, [...input.files]);
    input.value = "";
  });
  on("change", "[data-upload] input[name^='password.']", (input) => look(input.form));
  on("click", "[data-upload-remove]", (button) => remove(button.closest("form"), button.closest("li")));
  on("click", "[data-upload-clear]", (button) => {
    const form = button.closest("form");
    lists.set(form, []);
    $("[data-upload-rows]", form).replaceChildren();
    refresh(form);
  });
  // Text that is pasted in goes the plain way, with the form it stands in.
  on("submit", "[data-upload]", (form, event) => {
    if (event.submitter?.hasAttribute("data-upload-text")) return;
    event.preventDefault();
    send(form);
  });
  for (const type of ["dragover", "dragleave", "drop"]) {
    on(type, "[data-upload] .drop", (zone, event) => {
      event.preventDefault();
      zone.toggleAttribute("data-over", type === "dragover");
      if (type === "drop") add(zone.closest("form"), [...event.dataTransfer.files]);
    });
  }
}

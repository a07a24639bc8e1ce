// Files to upload: a form with data-upload. Files that are dropped, chosen or pasted as text are sent to be looked at, which
// stores nothing, and become rows with what they are; then all are uploaded in one request, because a certificate and its key
// belong together. Without this script the same form uploads at once.
import { fill, prove } from "./dialog.js";
import { $, $$, on, ready, say } from "./dom.js";
import { needsProof, whole } from "./request.js";
import { plain, right, wrong } from "./wrong.js";

// lost answers what is to be said when no answer came: to look stores nothing, and an upload may have been stored.
export const lost = (looking) => ({
  title: "The server did not answer",
  text: looking ? "The files were not looked at, and nothing was stored. Upload them, or try again in a moment." : "It is not sure what was stored. Look in the vault before you upload again.",
});
const patience = 300_000; // ms that sending may take

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

// tally answers how many files are in which state: what the server said of them, "wrong" for those that are not sent, "blind"
// for those that could not be looked at, and "" for those that are being looked at.
export function tally(states) {
  const of = (...some) => states.filter((state) => some.includes(state)).length;
  return { ready: of("ready", "again", "blind"), kept: of("kept"), locked: of("password"), bad: of("wrong", "refused"), pending: of("") };
}

// going answers how many files are sent: what nobody recognised is kept as it is.
const going = (n) => n.ready + n.kept;

// sums answers a tally in words: what stands behind the number of files, and what is going to happen.
export function sums(n) {
  const parts = [
    n.ready && `${n.ready} ready`, n.kept && `${n.kept} not recognised`, n.locked && `${n.locked} ${n.locked === 1 ? "needs" : "need"} a password`,
    n.bad && `${n.bad} cannot be used`, n.pending && `${n.pending} being looked at`,
  ];
  return { sum: parts.filter(Boolean).join(", "), left: going(n) ? `${files(going(n))} will be uploaded` : "" };
}

const lists = new WeakMap(); // of each form: its files as {file, row, fields, wrong, blind}
const listOf = (form) => lists.get(form) ?? lists.set(form, []).get(form);
const usable = (form) => listOf(form).filter((item) => !item.wrong);
const stateOf = (item) => (item.wrong ? "wrong" : item.row.dataset.state ?? (item.blind ? "blind" : ""));
const fieldOf = (input) => input.name.split(".")[0];
const sending = new WeakSet(); // forms whose files are on their way

function refresh(form) {
  const all = listOf(form);
  const n = tally(all.map(stateOf));
  const { sum, left } = sums(n);
  $("[data-upload-card]", form).hidden = $$("[data-upload-rows] > li", form).length === 0;
  $("[data-upload-title]", form).textContent = files(all.length);
  $("[data-upload-sum]", form).textContent = sum;
  $("[data-upload-left]", form).textContent = left;
  const button = $("[data-upload-send]", form);
  button.disabled = going(n) === 0 || n.pending > 0;
  ($("span", button) ?? button).textContent = going(n) ? `Upload ${files(going(n))}` : "Upload";
}

// blank answers a row that our script makes itself, until the server has looked at the file.
function blank(form, item) {
  const row = $("template[data-upload-row]", form).content.firstElementChild.cloneNode(true);
  $("b", row).textContent = $("b", row).title = item.file.name;
  $("small", row).textContent = size(item.file.size);
  const remove = $("[data-upload-remove]", row);
  remove.title = `Remove ${item.file.name}`;
  remove.setAttribute("aria-label", remove.title);
  $("progress", row).setAttribute("aria-label", `Upload of ${item.file.name}`);
  return row;
}

function blame(item, wrong) {
  item.wrong = wrong;
  item.row.dataset.tone = $(".mark", item.row).dataset.tone = "bad";
  const note = $("[data-upload-wrong]", item.row);
  note.hidden = false;
  $("span", note).textContent = wrong;
}

// add takes files in. They are read at once: what is changed or moved afterwards would spoil the whole request.
async function add(form, chosen, fields = {}) {
  const most = Number(form.dataset.maxFiles);
  const fresh = chosen.map((file) => {
    const full = usable(form).length >= most ? `More than ${most} files at once. Upload these first, then drop the rest.` : "";
    const item = { file, fields, wrong: "", blind: false };
    item.row = blank(form, item);
    listOf(form).push(item);
    $("[data-upload-rows]", form).append(item.row);
    const wrong = refusal(file, Number(form.dataset.maxBytes)) || full;
    if (wrong) blame(item, wrong);
    return item;
  });
  refresh(form);
  await Promise.all(fresh.filter((item) => !item.wrong).map(async (item) => {
    try {
      item.file = new File([await item.file.arrayBuffer()], item.file.name);
    } catch {
      blame(item, "It could not be read. Of a folder, drop the files in it.");
    }
  }));
  refresh(form);
  look(form);
}

// keep remembers what was typed into a row, before another takes its place.
function keep(item) {
  item.fields = { ...item.fields };
  for (const input of $$("input[name]", item.row)) item.fields[fieldOf(input)] = input.value;
}

// put has another row take the place of an item's own: with what was typed, and with the focus when that is in it.
function put(item, row) {
  keep(item);
  const held = item.row.contains(document.activeElement) ? document.activeElement : null;
  item.row.replaceWith(row);
  item.row = row;
  item.blind = false;
  for (const input of $$("input[name]", row)) {
    const typed = item.fields[fieldOf(input)];
    if (typed) input.value = typed;
  }
  if (!held) return;
  const twin = held.name ? `input[name^="${fieldOf(held)}."]` : ["[data-reveal]", "[data-upload-remove]"].find((button) => held.matches(button));
  ((twin && $(twin, row)) ?? $("input[name]", row) ?? $("button", row))?.focus();
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
  const view = $("input[name=view]", form); // whose page this is
  if (view) data.append("view", view.value);
  return data;
}

// post sends a form and tells how many bytes of it have gone.
function post(url, body, progress) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", url);
    xhr.timeout = patience;
    xhr.setRequestHeader("HX-Request", "true");
    xhr.setRequestHeader("X-Dialog", "1");
    xhr.setRequestHeader("HX-Current-URL", location.href);
    xhr.upload.addEventListener("progress", (event) => progress(event.loaded));
    xhr.addEventListener("load", () => resolve(xhr));
    for (const type of ["error", "timeout"]) xhr.addEventListener(type, () => reject(new Error(type)));
    xhr.send(body);
  });
}

// exchange sends files and answers {rows} that the server has for them, {leaving} when the page goes elsewhere, or {} when it
// did neither. The progress of those that are shown is seen.
async function exchange(form, url, items, shown) {
  const sizes = items.map((item) => item.file.size);
  const looking = url === form.dataset.look;
  right(form);
  const tell = (loaded) => shares(sizes, loaded).forEach((percent, i) => { if (shown.includes(items[i])) progress(items[i].row, percent); });
  try {
    const xhr = await post(url, bodyOf(form, items), tell);
    const to = xhr.getResponseHeader("HX-Redirect");
    if (to) return location.assign(to), { leaving: true };
    const box = document.createElement("template");
    box.innerHTML = xhr.responseText;
    const rows = $$("li[data-file]", box.content);
    if (rows.length) return { rows };
    const button = $("[data-upload-send]", form);
    if (needsProof(xhr.status, xhr.getResponseHeader("X-Confirm"))) prove(xhr.responseText, () => (looking ? look : send)(form), button);
    else if (xhr.responseText && !whole(xhr.responseText)) fill(xhr.responseText, button);
    else wrong(form, { ...lost(looking), title: plain(xhr.status).title });
  } catch {
    wrong(form, lost(looking));
  }
  items.forEach((item) => progress(item.row, -1));
  return {};
}

function progress(row, percent) {
  const line = $("[data-upload-progress]", row);
  if (!line) return;
  line.hidden = percent < 0;
  if (percent < 0) return;
  $("progress", line).value = percent;
  $(".num", line).textContent = `${percent}%`;
}

const rounds = new WeakMap(); // only the answer to the last look counts

async function look(form) {
  const items = usable(form);
  const round = (rounds.get(form) ?? 0) + 1;
  rounds.set(form, round);
  if (items.length === 0) return;
  const { rows } = await exchange(form, form.dataset.look, items, items.filter((item) => stateOf(item) === ""));
  if (rounds.get(form) !== round) return;
  if (rows) rows.forEach((row) => put(items[Number(row.dataset.file)], row));
  else items.forEach((item) => { item.blind = true; }); // the upload itself will say what they are
  refresh(form);
  say($("[data-upload-sum]", form).textContent);
}

async function send(form) {
  const button = $("[data-upload-send]", form);
  const items = usable(form).filter((item) => stateOf(item) !== "refused");
  if (sending.has(form) || button.disabled || items.length === 0) return;
  sending.add(form);
  button.setAttribute("aria-busy", "true");
  rounds.set(form, (rounds.get(form) ?? 0) + 1);
  const { rows, leaving } = await exchange(form, form.action, items, items);
  if (leaving) return; // it stays busy until the page has gone
  sending.delete(form);
  button.removeAttribute("aria-busy");
  if (!rows) return;
  for (const row of rows) {
    const item = items[Number(row.dataset.file)];
    put(item, row);
    if (row.dataset.state === "done") listOf(form).splice(listOf(form).indexOf(item), 1);
  }
  refresh(form);
  say("Some files need a look");
  ($("[data-state=password] input", form) ?? $("[data-state=again] input", form) ?? $("[role=alert]", form)?.closest("li")?.querySelector("button"))?.focus();
}

function remove(form, row) {
  const all = listOf(form);
  const at = all.findIndex((item) => item.row === row);
  if (at >= 0) all.splice(at, 1);
  const near = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  refresh(form);
  look(form); // what is left may have lost the other half of its pair
  ((near && $("[data-upload-remove]", near)) ?? $("[data-upload-remove]", form) ?? $("input[type=file]", form)).focus();
}

function clear(form) {
  lists.set(form, []);
  rounds.set(form, (rounds.get(form) ?? 0) + 1);
  $("[data-upload-rows]", form).replaceChildren();
  refresh(form);
  $("input[type=file]", form).focus();
}

// addText makes a file of text that was pasted, which then is one among the others.
function addText(form) {
  const field = (name) => $(`[name=${name}]`, form);
  const text = field("pem").value;
  if (text.trim() === "") return field("pem").focus();
  const fields = { name: field("pem_name").value, group: field("pem_group").value, password: field("pem_password").value };
  for (const name of ["pem", "pem_name", "pem_group", "pem_password"]) field(name).value = "";
  $("[data-upload-paste]", form).open = false;
  $("[data-upload-paste] summary", form).focus();
  add(form, [new File([text], "pasted.pem")], fields);
}

// A drop beside the zone would have the browser leave the page for the file.
function drops() {
  for (const type of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(type, (event) => {
      const form = $("[data-upload]");
      if (!form || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      $(".drop", form).toggleAttribute("data-over", type === "dragover");
      if (type === "drop") add(form, [...event.dataTransfer.files]);
    });
  }
}

export function uploads() {
  ready((root) => $$("[data-upload]", root).forEach(refresh));
  on("change", "[data-upload] .drop input[type=file]", (input) => {
    add(input.form, [...input.files]);
    input.value = "";
  });
  on("change", "[data-upload-rows] input[name^='password.'], [data-upload-rows] input[name^='group.'], [data-upload-group]", (input) => {
    if (!sending.has(input.form)) look(input.form);
  });
  on("click", "[data-upload-remove]", (button) => remove(button.closest("form"), button.closest("li")));
  on("click", "[data-upload-clear]", (button) => clear(button.closest("form")));
  on("click", "[data-upload-add]", (button) => addText(button.form));
  on("keydown", "[data-upload-paste] input", (input, event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    addText(input.form);
  });
  // It is for this script alone, before any other hears of it.
  on("submit", "[data-upload]", (form, event) => {
    event.preventDefault();
    send(form);
  }, true);
  drops();
}

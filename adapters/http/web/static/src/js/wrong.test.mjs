// What is said of requests that went wrong, and what answers to timers mean. Run by make test with node --test.
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { addEventListener() {}, querySelector: () => null, querySelectorAll: () => [] };

const { lost, plain } = await import("./wrong.js");
const { lost: lostFiles } = await import("./upload.js");
const { ending, everyTime } = await import("./timer.js");
const { found } = await import("./palette.js");
const { ask } = await import("./request.js");

test("of what changes something nobody says that nothing was changed, or that it should just be sent again", () => {
  for (const said of [lost("post"), lost("DELETE"), plain(500, "POST"), plain(503, "post"), lostFiles(false)]) {
    assert.match(said.text, /^It is not sure .* Look /);
    assert.doesNotMatch(said.text, /[Nn]othing/);
  }
  for (const said of [lost(), lost("get"), lost("GET"), plain(500), plain(502, "get")]) assert.equal(said.text, "Try again in a moment.");
  assert.match(lostFiles(true).text, /nothing was stored/);
  assert.equal(plain(500).title, "Something broke on our side");
  assert.equal(plain(502).title, "The server is busy or not there");
});

test("what asks by timer is known by its trigger", () => {
  for (const trigger of ["every 3s", "load, every 20s", " every 1m"]) assert.ok(everyTime(trigger), trigger);
  for (const trigger of ["", undefined, null, "click", "everything", "input delay:200ms, submit"]) assert.ok(!everyTime(trigger), trigger);
});

test("an answer to a timer is taken when it is a part of the page, and ends the asking when it leads away from it", () => {
  const header = (values) => (name) => values[name] ?? null;
  const none = header({});
  assert.equal(ending(200, none, "<div></div>"), "");
  assert.equal(ending(204, none, ""), "");
  assert.equal(ending(286, none, "<div></div>"), "");
  assert.equal(ending(286, header({ "HX-Reswap": "none" }), ""), "over");
  for (const status of [401, 403, 404, 409]) assert.equal(ending(status, none, "<div></div>"), "over");
  for (const status of [429, 500, 502, 503]) assert.equal(ending(status, none, "<!doctype html>"), "again");
  assert.equal(ending(200, none, "<!doctype html><html></html>"), "over");
  for (const name of ["HX-Redirect", "HX-Location", "HX-Refresh"]) assert.equal(ending(204, header({ [name]: "/sign-in" }), ""), "over");
});

test("results of the palette are counted in words", () => {
  assert.deepEqual([0, 1, 2].map(found), ["No match", "1 result", "2 results"]);
});

test("only what is shown in the dialog is asked for as a part of it", async () => {
  const sent = [];
  globalThis.location = { href: "http://localhost/dashboard" };
  globalThis.fetch = async (url, { headers }) => { sent.push(headers["X-Dialog"]); return { headers: { get: () => null } }; };
  await ask({ url: "/a" }, true);
  await ask({ url: "/b" }, false);
  assert.deepEqual(sent, ["1", undefined]);
});

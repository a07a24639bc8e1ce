// The parts of the script that need no browser. Run by make test with node --test.
import assert from "node:assert/strict";
import { test } from "node:test";

// Modules ask for the document when they are set up, and only then.
globalThis.document = { addEventListener() {}, querySelector: () => null, querySelectorAll: () => [] };

const { nextTheme } = await import("./theme.js");
const { decode, encode } = await import("./base64url.js");
const { chosen } = await import("./rows.js");
const { fileName, needsProof, whole } = await import("./request.js");
const { files, refusal, shares, size, sums, tally } = await import("./upload.js");
const { matches, move } = await import("./palette.js");
const { place } = await import("./menu.js");
const { secretOf } = await import("./link.js");
const { sequence } = await import("./keys.js");
const { holds, valueOf } = await import("./settings.js");
const { withBytes, withText } = await import("./passkey.js");

test("the theme changes to the other one of what is seen", () => {
  assert.equal(nextTheme("dark", false), "light");
  assert.equal(nextTheme("light", true), "dark");
  assert.equal(nextTheme("", true), "light");
  assert.equal(nextTheme(undefined, false), "dark");
});

test("bytes survive base64url, and the text has no sign an address does not have", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => 255 - i);
  const text = encode(bytes.buffer);
  assert.match(text, /^[A-Za-z0-9_-]+$/);
  assert.deepEqual(new Uint8Array(decode(text)), bytes);
  assert.equal(decode("").byteLength, 0);
});

test("the options of a passkey have bytes where the browser wants them", () => {
  const key = withBytes({ publicKey: { challenge: "AQI", user: { id: "Aw", name: "kim" }, excludeCredentials: [{ id: "BA", type: "public-key" }], timeout: 1 } });
  assert.deepEqual([...new Uint8Array(key.challenge)], [1, 2]);
  assert.deepEqual([...new Uint8Array(key.user.id)], [3]);
  assert.deepEqual([...new Uint8Array(key.excludeCredentials[0].id)], [4]);
  assert.equal(key.user.name, "kim");
});

test("a credential is text for the server, with what it has and nothing else", () => {
  const bytes = (...b) => Uint8Array.from(b).buffer;
  const got = withText({ id: "x", rawId: bytes(9), type: "public-key", authenticatorAttachment: "platform", getClientExtensionResults: () => ({}),
    response: { clientDataJSON: bytes(1), authenticatorData: bytes(2), signature: bytes(3), userHandle: null } });
  assert.deepEqual(got, { id: "x", rawId: "CQ", type: "public-key", authenticatorAttachment: "platform", clientExtensionResults: {},
    response: { clientDataJSON: "AQ", authenticatorData: "Ag", signature: "Aw" } });
});

test("the box above rows tells how many are chosen", () => {
  assert.deepEqual(chosen(0, 3), { checked: false, indeterminate: false, text: "0 selected" });
  assert.deepEqual(chosen(2, 3), { checked: false, indeterminate: true, text: "2 selected" });
  assert.deepEqual(chosen(3, 3), { checked: true, indeterminate: false, text: "3 selected" });
  assert.equal(chosen(0, 0).checked, false);
});

test("file names of answers", () => {
  assert.equal(fileName('attachment; filename="storefront.pem"'), "storefront.pem");
  assert.equal(fileName("attachment; filename*=UTF-8''caf%C3%A9.pem; filename=\"cafe.pem\""), "café.pem");
  assert.equal(fileName("attachment; filename*=UTF-8''%ZZ; filename=\"cafe.pem\""), "cafe.pem");
  assert.equal(fileName("attachment; filename=a.zip"), "a.zip");
  assert.equal(fileName(null), "download");
});

test("what an answer is", () => {
  assert.ok(needsProof(403, "1"));
  assert.ok(!needsProof(403, null) && !needsProof(200, "1"));
  assert.ok(whole("\n<!DOCTYPE html><html>") && !whole("<form>") && !whole("text <!doctype html>"));
});

test("files before they are sent", () => {
  assert.deepEqual([0, 1023, 6246, 262144, 1363149].map(size), ["0 B", "1023 B", "6.1 KB", "256 KB", "1.3 MB"]);
  assert.equal(files(1), "1 file");
  assert.equal(files(4), "4 files");
  assert.equal(refusal({ size: 10 }, 10), "");
  assert.match(refusal({ size: 11 }, 10), /Larger than 10 B/);
  assert.match(refusal({ size: 0 }, 10), /empty/);
});

test("what is said about the files follows from their states", () => {
  const n = tally(["ready", "kept", "again", "blind", "password", "wrong", "refused", ""]);
  assert.deepEqual(n, { ready: 3, kept: 1, locked: 1, bad: 2, pending: 1 });
  assert.deepEqual(sums(n), { sum: "3 ready, 1 not recognised, 1 needs a password, 2 cannot be used, 1 being looked at", left: "4 files will be uploaded" });
  assert.deepEqual(sums(tally(["password", "password"])), { sum: "2 need a password", left: "" });
  assert.deepEqual(sums(tally([])), { sum: "", left: "" });
});

test("what has gone of all files is shared out in the order they are sent", () => {
  assert.deepEqual(shares([100, 300], 0), [0, 0]);
  assert.deepEqual(shares([100, 300], 250), [100, 50]);
  assert.deepEqual(shares([100, 300], 999), [100, 100]);
});

test("the palette finds titles that have all words, and its mark goes round", () => {
  assert.ok(matches("New push target", "push new"));
  assert.ok(matches("Cert vault", ""));
  assert.ok(!matches("Cert vault", "cert push"));
  assert.equal(move(0, -1, 3), 2);
  assert.equal(move(2, 1, 3), 0);
  assert.equal(move(-1, 1, 3), 0);
  assert.equal(move(0, 1, 0), -1);
});

test("a menu stays in the window", () => {
  assert.deepEqual(place({ right: 500, bottom: 100, top: 80 }, 200, 150, 1000, 800), { left: 300, top: 104 });
  assert.deepEqual(place({ right: 50, bottom: 780, top: 760 }, 200, 150, 1000, 800), { left: 8, top: 606 });
  assert.deepEqual(place({ right: 50, bottom: 90, top: 60 }, 200, 700, 320, 100), { left: 8, top: 8 });
});

test("the secret of a link", () => {
  assert.equal(secretOf("#ab-c_1"), "ab-c_1");
  assert.equal(secretOf(""), "");
  assert.equal(secretOf("#%E0%A4%A"), "");
});

test("g and a letter, one after the other and not too late", () => {
  const key = sequence();
  assert.equal(key("v", 0), "");
  assert.equal(key("g", 100), "");
  assert.equal(key("v", 300), "v");
  assert.equal(key("p", 400), "", "the letter after the letter");
  key("g", 1000);
  assert.equal(key("v", 9000), "", "too late");
  key("g", 10_000);
  assert.equal(key("g", 10_100), "g");
  assert.equal(key("v", 10_200), "", "g g v is no sequence");
});

test("conditions of settings", () => {
  assert.equal(holds("key", ["key"]), true);
  assert.equal(holds("password", ["key"]), false);
  assert.equal(holds("", ["*"]), false);
  assert.equal(holds("jump.example.com", ["*"]), true);
  assert.equal(valueOf({ type: "checkbox", checked: true, value: "true" }, false), "true");
  assert.equal(valueOf({ type: "checkbox", checked: true, value: "true" }, true), "false");
  assert.equal(valueOf({ type: "text", value: "x" }, true), "");
  assert.equal(valueOf({ type: "select-one", value: "key" }, false), "key");
});

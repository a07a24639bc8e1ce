// Passkeys: buttons with data-passkey="sign-in|enrol|confirm", data-begin and data-finish; ui.PasskeyButton draws them. They are there
// where the browser knows passkeys. data-name points to the field with the name of a new passkey.
import { $, each, on, ready } from "./dom.js";
import { fill, inside, prove, proven } from "./dialog.js";
import { decode, encode } from "./base64url.js";
import { needsProof, ofPage } from "./request.js";
import { wrong } from "./wrong.js";

// withBytes answers the options of the server with bytes where the browser wants bytes.
export function withBytes(options) {
  const key = structuredClone(options.publicKey ?? options);
  key.challenge = decode(key.challenge);
  if (key.user) key.user.id = decode(key.user.id);
  for (const list of [key.excludeCredentials, key.allowCredentials]) for (const one of list ?? []) one.id = decode(one.id);
  return key;
}

// withText answers a credential as JSON for the server.
export function withText(credential) {
  const { response } = credential;
  const out = { clientDataJSON: encode(response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) if (response[part]) out[part] = encode(response[part]);
  if (response.getTransports) out.transports = response.getTransports();
  return {
    id: credential.id, rawId: encode(credential.rawId), type: credential.type, response: out,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

// post asks the server; it answers null when a recent proof of identity is asked for first.
async function post(url, body, button) {
  const response = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json", "HX-Request": "true", ...ofPage() }, body: JSON.stringify(body) });
  if (needsProof(response.status, response.headers.get("X-Confirm"))) {
    prove(await response.text(), () => button.click(), button);
    return null;
  }
  const to = response.headers.get("HX-Redirect");
  if (to) {
    location.assign(to);
    return null;
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || answer.error) throw new Error(answer.error || "The server did not accept the passkey. Try again.");
  return answer;
}

function words(error) {
  if (error.name === "NotAllowedError") return "No passkey was used. Try again, or sign in another way.";
  if (error.name === "InvalidStateError") return "This device already has a passkey for this account.";
  if (error.name === "SecurityError") return "Passkeys work only under the address this server was set up with.";
  return error instanceof TypeError ? "The server did not answer. Try again in a moment." : error.message;
}

function complain(button, text) {
  const place = $("[data-passkey-error]", button.closest("form,section,dialog,main") ?? document);
  if (!place) return text && wrong(button, { title: "The passkey was not used", text });
  place.textContent = text;
  place.hidden = text === "";
}

async function use(button) {
  const { passkey: kind, begin, finish, name } = button.dataset;
  const start = await post(begin, {}, button);
  if (!start) return;
  const publicKey = withBytes(start.options);
  const credential = kind === "enrol" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
  const body = { ceremony: start.ceremony, answer: withText(credential) };
  if (name) body.name = $(name)?.value ?? "";
  if ($("input[name=stay]")?.checked) body.stay = true;
  const answer = await post(finish, body, button);
  if (!answer) return;
  if (answer.show) return fill(answer.show, button);
  if (kind !== "enrol" && inside(button) && proven()) return;
  location.assign(answer.redirect ?? location.href);
}

export function passkeys() {
  ready((root) => {
    each(root, "[data-passkey]").forEach((button) => { button.hidden = !window.PublicKeyCredential; });
  });
  on("click", "[data-passkey]", async (button) => {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    complain(button, "");
    try {
      await use(button);
    } catch (error) {
      complain(button, words(error));
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}

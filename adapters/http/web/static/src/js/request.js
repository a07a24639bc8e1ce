// One way to ask the server outside of htmx: for the dialog, for files and for parts. A redirect is followed by the whole page.
import { $ } from "./dom.js";

// ofPage answers the header that says whose page this is, of which workspace: what it asks for does nothing in another.
export function ofPage() {
  const view = $("input[name=view]")?.value;
  return view ? { "X-View": view } : {};
}

// ask sends {url, method, body} as our script does and answers the response, or null when the page is leaving. dialog says that
// the answer is shown in the dialog: what stands on a page is drawn as one.
export async function ask({ url, method = "GET", body }, dialog) {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href, ...ofPage() };
  if (dialog) headers["X-Dialog"] = "1";
  const response = await fetch(url, { method, body, headers, credentials: "same-origin" });
  const to = response.headers.get("HX-Redirect");
  if (to || (response.redirected && isPage(response))) {
    location.assign(to ?? response.url);
    return null;
  }
  if (response.headers.get("HX-Refresh") === "true") {
    location.reload();
    return null;
  }
  return response;
}

export const isPage = (response) => (response.headers.get("Content-Type") ?? "").startsWith("text/html");

// whole says whether HTML is a page of its own and not a part of one.
export const whole = (html) => /^\s*<!doctype/i.test(html);

// needsProof says whether the answer is the question for a recent proof of identity.
export const needsProof = (status, header) => status === 403 && header === "1";

// fileName answers the name in a Content-Disposition header, "download" when there is none.
export function fileName(disposition) {
  const extended = /filename\*=(?:UTF-8'')([^;]+)/i.exec(disposition ?? "");
  if (extended) {
    try { return decodeURIComponent(extended[1].trim()); } catch { /* the plain name will do */ }
  }
  return /filename="([^"]*)"/i.exec(disposition ?? "")?.[1] || /filename=([^;"]+)/i.exec(disposition ?? "")?.[1]?.trim() || "download";
}

// encode answers what a form sends, and where to: {url, method, body}.
export function encode(form, submitter) {
  const method = (submitter?.getAttribute("formmethod") || form.method || "get").toUpperCase();
  const url = submitter?.getAttribute("formaction") || form.getAttribute("action") || location.href;
  const data = new FormData(form, submitter ?? undefined);
  if (method === "GET") {
    const query = new URLSearchParams(data).toString();
    return { url: query ? `${url}${url.includes("?") ? "&" : "?"}${query}` : url, method };
  }
  return { url, method, body: form.enctype === "multipart/form-data" ? data : new URLSearchParams(data) };
}

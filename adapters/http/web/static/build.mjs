// Makes what a browser is sent out of src/ and node_modules: dist/ with a hash of the content in each name, a packed copy beside
// each file that gets smaller, and manifest.json from the plain name to the hashed one. Everything is written beside and moved,
// so that a failure leaves the old dist/.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const at = (...parts) => join(here, ...parts);
const dist = at("dist");
const fresh = at(".dist.new");
const manifest = {};

// emit writes one file under its hashed name and answers that name.
async function emit(name, bytes) {
  bytes = Buffer.from(bytes);
  const end = extname(name);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const hashed = `${name.slice(0, -end.length)}.${hash}${end}`;
  await writeFile(join(fresh, hashed), bytes);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  for (const [suffix, packed] of [
    [".br", brotliCompressSync(bytes, { params: quality })],
    [".gz", gzipSync(bytes, { level: 9 })],
  ]) {
    if (packed.length < bytes.length * 0.95) await writeFile(join(fresh, hashed + suffix), packed);
  }
  manifest[name] = hashed;
  return hashed;
}

async function font(subset) {
  return emit(`inter-${subset}.woff2`, await readFile(at("node_modules/@fontsource-variable/inter/files", `inter-${subset}-wght-normal.woff2`)));
}

async function style() {
  let css = "";
  for (const part of ["tokens", "font", "base", "components", "product"]) css += await readFile(at("src/css", `${part}.css`), "utf8");
  for (const subset of ["latin", "latin-ext"]) css = css.replaceAll(`inter-${subset}.woff2`, await font(subset));
  const { code } = await transform(css, { loader: "css", minify: true, legalComments: "none" });
  await emit("app.css", code);
}

// htmx comes as its own minified file, because a bundler leaves code around an eval unminified. The policy of the pages and
// the configuration of htmx both forbid that eval.
async function script() {
  const ours = await build({
    entryPoints: [at("src/js/main.js")], bundle: true, write: false, minify: true, format: "iife", target: "es2022", legalComments: "none",
  });
  const htmx = await readFile(at("node_modules/htmx.org/dist/htmx.min.js"), "utf8");
  await emit("app.js", `${htmx}\n${ours.outputFiles[0].text}`);
}

async function drawing(name) {
  const svg = await readFile(at("src", name), "utf8");
  await emit(name, svg.replace(/<!--[^]*?-->/g, "").replace(/>\s+</g, "><").trim());
}

await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });
await style();
await script();
await drawing("icons.svg");
await drawing("logo.svg");
await writeFile(join(fresh, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

await mkdir(dist, { recursive: true });
const files = await readdir(fresh);
for (const old of await readdir(dist)) if (old !== ".keep" && old !== ".inputs" && !files.includes(old)) await rm(join(dist, old));
// The manifest comes last: it names only what is there.
for (const file of files.filter((f) => f !== "manifest.json")) await rename(join(fresh, file), join(dist, file));
await rename(join(fresh, "manifest.json"), join(dist, "manifest.json"));
await rm(fresh, { recursive: true, force: true });

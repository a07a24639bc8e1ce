// Checks PowerShell where no PowerShell is at hand: reads a script on standard input and parses it with tree-sitter's grammar.
//
//   node check.mjs < script.ps1             exit 0 when it parses, else 1 with one "line:column: what" per error on standard error
//   node check.mjs --strings < script.ps1   also prints, as JSON, its string literals: [{kind, text, value, line, column}]
//
// `text` is the raw source with its quotes. `value` is what PowerShell would make of it, for verbatim ('…') strings only, since
// the others can run code. Columns count characters from 1. Exit 2: the parser itself could not be used; run `make test-deps`.
//
// PowerShell takes typographic quotes for plain ones, which the grammar does not know. So one that would end a verbatim string,
// or stands anywhere but in a verbatim string or a comment, is an error here too.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--liftoff-only'); // the optimizing compiler would spend seconds on a grammar that runs for milliseconds

const stringKinds = new Set([
  'verbatim_string_characters',
  'verbatim_here_string_characters',
  'expandable_string_literal',
  'expandable_here_string_literal',
]);
const singleQuotes = "'\u2018\u2019\u201a\u201b";
const typographic = /[\u2018-\u201e]/g;

async function parserForPowerShell() {
  try {
    const { Language, Parser } = await import('web-tree-sitter');
    await Parser.init();
    const grammar = import.meta.resolve('tree-sitter-powershell/tree-sitter-powershell.wasm');
    const parser = new Parser();
    parser.setLanguage(await Language.load(readFileSync(fileURLToPath(grammar))));
    return parser;
  } catch (err) {
    process.stderr.write(`the PowerShell parser is not installed; run make test-deps: ${err.message}\n`);
    process.exit(2);
  }
}

function* walk(node) {
  yield node;
  for (const child of node.children) yield* walk(child);
}

// unquote answers the value of a verbatim string, or the offset of a quote that PowerShell would end it at.
function unquote(text) {
  const body = text.slice(1, -1);
  let value = '';
  for (let i = 0; i < body.length; i++) {
    if (singleQuotes.includes(body[i])) {
      if (i + 1 === body.length || !singleQuotes.includes(body[i + 1])) return { endsAt: i + 1 };
      value += body[i++];
    } else {
      value += body[i];
    }
  }
  return { value };
}

const source = readFileSync(0, 'utf8');
const parser = await parserForPowerShell();
const root = parser.parse(source).rootNode;

function place(index) {
  const before = source.slice(0, index).split('\n');
  return { line: before.length, column: [...before.at(-1)].length + 1 };
}

const errors = [];
const strings = [];
const harmless = []; // spans where a typographic quote is only text
const fail = (index, what) => errors.push({ ...place(index), what });

for (const node of walk(root)) {
  if (node.isError) fail(node.startIndex, 'syntax error');
  if (node.isMissing) fail(node.startIndex, `missing ${node.type}`);
  if (node.type === 'comment' || node.type.startsWith('verbatim_')) harmless.push([node.startIndex, node.endIndex]);
  if (!stringKinds.has(node.type)) continue;
  const found = { kind: node.type, text: node.text, ...place(node.startIndex) };
  if (node.type === 'verbatim_string_characters') {
    const { value, endsAt } = unquote(node.text);
    if (endsAt !== undefined) fail(node.startIndex + endsAt, 'a typographic quote ends this string in PowerShell');
    found.value = value;
  }
  strings.push(found);
}
for (const { index } of source.matchAll(typographic)) {
  if (!harmless.some(([from, to]) => from <= index && index < to)) fail(index, 'PowerShell reads this typographic quote as a plain one');
}
if (root.hasError && errors.length === 0) fail(root.startIndex, 'syntax error');

for (const { line, column, what } of errors) process.stderr.write(`${line}:${column}: ${what}\n`);
if (process.argv.includes('--strings')) process.stdout.write(`${JSON.stringify(strings)}\n`);
process.exitCode = errors.length > 0 ? 1 : 0;

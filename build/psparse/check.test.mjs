// Run by `make test`: node --test build/psparse/check.test.mjs

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'node:test';

const checker = fileURLToPath(new URL('check.mjs', import.meta.url));

function check(script, ...args) {
  return spawnSync(process.execPath, [checker, ...args], { input: script, encoding: 'utf8' });
}

test('a sound script passes in silence', () => {
  const r = check(`param([string]$Name)
try { Invoke-WebRequest -Uri 'https://example.test' -Headers @{ Authorization = "Bearer $Name" } } catch { exit 1 }
`);
  assert.deepEqual([r.status, r.stdout, r.stderr], [0, '', '']);
});

for (const [what, script, where] of [
  ['an open bracket', "$a = 1\nif ($x { }", /^2:\d+: /m],
  ['an open string', "$a = 'never closed", /^1:\d+: /m],
  ['a quote that breaks out', "$path = 'it's'; Get-Item 'a'b'", /^1:\d+: /m],
  ['a typographic quote that breaks out', "$a = 'x\u2019; Get-Item y'", /^1:8: a typographic quote ends/m],
  ['a typographic quote as code', '$a = \u201cx\u201d', /^1:6: PowerShell reads/m],
]) {
  test(`${what} is refused, with its place`, () => {
    const r = check(script);
    assert.equal(r.status, 1);
    assert.match(r.stderr, where);
  });
}

test('strings are listed with their kind, text, value and place', () => {
  const r = check(`# don\u2019t
$a = 'it''s \u2018\u2019 \u201cok\u201d'
$b = "x $(Get-Item 'y')"
`, '--strings');
  assert.equal(r.status, 0, r.stderr);
  assert.deepEqual(JSON.parse(r.stdout), [
    { kind: 'verbatim_string_characters', text: "'it''s \u2018\u2019 \u201cok\u201d'", line: 2, column: 6, value: "it's \u2018 \u201cok\u201d" },
    { kind: 'expandable_string_literal', text: `"x $(Get-Item 'y')"`, line: 3, column: 6 },
    { kind: 'verbatim_string_characters', text: "'y'", line: 3, column: 20, value: 'y' },
  ]);
});

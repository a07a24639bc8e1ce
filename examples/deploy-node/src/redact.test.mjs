import assert from 'node:assert/strict';
import test from 'node:test';

import { redactor } from './redact.mjs';

test('secrets are taken out in all their forms', () => {
  const secret = 'S3cret/"pass" &wort+1';
  const clean = redactor([Buffer.from(secret)]);
  for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret), Buffer.from(secret).toString('hex'),
    Buffer.from(`user:${secret}`).toString('base64'), Buffer.from(`user2:${secret}!`).toString('base64')]) {
    const got = clean(`before ${form} after`);
    assert.ok(got.startsWith('before ') && got.endsWith(' after') && got.includes('[redacted]'), got);
    assert.ok(!/wort|S3c/.test(got), got);
  }
});

test('keys and control characters are taken out', () => {
  const clean = redactor([]);
  assert.equal(clean('a\n-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\nb\u001b[31m'), 'a [private key redacted] b[31m');
  assert.equal(clean('cut: -----BEGIN PRIVATE KEY-----\nMHcC'), 'cut: [private key redacted]');
});

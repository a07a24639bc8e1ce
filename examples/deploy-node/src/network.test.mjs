import assert from 'node:assert/strict';
import test from 'node:test';

import { allowed } from './network.mjs';

test('addresses are public, or named by the rule', () => {
  for (const [address, allow, deny, want] of [
    ['8.8.8.8', [], [], true],
    ['2606:4700::1', [], [], true],
    ['::ffff:8.8.8.8', [], [], true],
    ['10.1.2.3', [], [], false],
    ['127.0.0.1', [], [], false],
    ['::1', [], [], false],
    ['fe80::1', [], [], false],
    ['fd00::1', [], [], false],
    ['64:ff9b::a01:203', [], [], false],
    ['2002:a01:203::1', [], [], false],
    ['::ffff:10.1.2.3', [], [], false],
    ['::ffff:10.1.2.3', ['10.0.0.0/8'], [], true],
    ['10.1.2.3', ['10.0.0.0/8'], [], true],
    ['10.1.2.3', ['10.1.2.3'], [], true],
    ['11.1.2.3', ['10.0.0.0/8'], ['11.1.2.3:443'], false],
    ['11.1.2.3', [], ['11.1.2.3:80'], true],
    ['11.1.2.3', [], ['11.1.2.3:0'], false],
    ['127.0.0.1', ['127.0.0.0/8'], ['0.0.0.0:443'], false],
    ['::1', ['::/0'], ['[::]:443'], false],
    ['127.0.0.1', ['127.0.0.0/8'], ['nonsense'], false],
    ['169.254.169.254', ['0.0.0.0/0'], [], false],
    ['169.254.169.254', ['169.254.169.254/32'], [], true],
    ['224.0.0.1', ['0.0.0.0/0'], [], false],
    ['0.0.0.0', ['0.0.0.0/0'], [], false],
  ]) {
    assert.equal(allowed({ allow, deny }, address, 443), want, `${address} with ${allow} and without ${deny}`);
  }
});

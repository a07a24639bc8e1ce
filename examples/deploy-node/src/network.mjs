// The way out. A plugin connects only where the rule of the call allows: to public addresses and to what the operator of the server
// names. A name is resolved once, and it is the address that was checked that is connected to.
import { lookup } from 'node:dns/promises';
import https from 'node:https';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

import { Problem } from './problem.mjs';

const MAX_BODY = 1 << 20;

function list(...cidrs) {
  const out = new BlockList();
  for (const cidr of cidrs) {
    const [address, bits] = cidr.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    out.addSubnet(address, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family);
  }
  return out;
}

const neverAllowed = list('0.0.0.0/8', '224.0.0.0/4', '255.255.255.255', '::', 'ff00::/8');
const notPublic4 = list('0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24',
  '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '168.63.129.16', '100.100.100.200');
const public6 = list('2000::/3');
const notPublic6 = list('2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20');
const metadata = list('169.254.169.254', '169.254.169.253', '169.254.169.123', '169.254.170.2', '169.254.170.23', '169.254.42.42', '169.254.0.23',
  '100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254', 'fd00:ec2::253', 'fd00:ec2::123', 'fd00:ec2::23', 'fd20:ce::254', 'fd00:42::42',
  'fe80::a9fe:a9fe');

const has = (addresses, address) => addresses.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');

// allowed says whether the rule lets us connect to an address.
export function allowed(rule, address, port) {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) address = mapped[1];
  for (const text of rule.deny ?? []) {
    const [, host, denied] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(text) ?? [];
    if (host === undefined) return false; // what cannot be read denies all
    const own = (host === '0.0.0.0' || host === '::') && isOurs(address);
    if ((Number(denied) === 0 || Number(denied) === port) && (own || has(list(host), address))) return false;
  }
  if (has(neverAllowed, address)) return false;
  const isPublic = isIP(address) === 4 ? !has(notPublic4, address) : has(public6, address) && !has(notPublic6, address);
  if (isPublic) return true;
  const single = (cidr) => !cidr.includes('/') || cidr.endsWith(cidr.includes(':') ? '/128' : '/32');
  const named = (rule.allow ?? []).filter((cidr) => !has(metadata, address) || single(cidr));
  return named.some((cidr) => has(list(cidr), address));
}

function isOurs(address) {
  return has(list('127.0.0.0/8', '::1'), address) || Object.values(networkInterfaces()).flat().some((i) => i.address === address);
}

// orAborted waits for what cannot be ended, as a look-up, no longer than the signal lets it.
function orAborted(signal, promise) {
  signal.throwIfAborted();
  return Promise.race([promise, new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  })]);
}

// find answers an address of a host that may be connected to.
async function find(rule, host, port, signal) {
  const bare = host.replace(/^\[|\]$/g, '');
  const found = isIP(bare) ? [{ address: bare }] : await orAborted(signal, lookup(bare, { all: true }));
  const good = found.find(({ address }) => allowed(rule, address, port));
  if (!good) {
    throw new Problem('address_not_allowed', `${host} is at ${found[0]?.address}, which this server may not connect to. Its operator can allow it with IGNISFOX_EGRESS_ALLOW.`, { final: true });
  }
  return good.address;
}

// request makes one HTTPS request and answers { status, text }. It ends when the signal says so.
export async function request({ rule, signal, url, method, headers, body, ca }) {
  const port = Number(url.port || 443);
  const host = url.hostname;
  const address = await find(rule, host, port, signal);
  return await new Promise((resolve, reject) => {
    const req = https.request({
      method, headers: { host: url.host, ...headers, 'content-length': Buffer.byteLength(body) }, path: url.pathname + url.search,
      host: address, port, servername: isIP(host.replace(/^\[|\]$/g, '')) ? '' : host, ca, agent: false, signal, timeout: 30000,
    }, (res) => {
      const chunks = [];
      let size = 0;
      res.on('data', (chunk) => {
        if ((size += chunk.length) > MAX_BODY) res.destroy(new Error('the answer is larger than 1 MiB'));
        else chunks.push(chunk);
      });
      res.on('end', () => resolve({ status: res.statusCode, text: Buffer.concat(chunks).toString('utf8') }));
      res.on('error', reject);
    });
    req.on('timeout', () => req.destroy(new Error('no answer within 30 s')));
    req.on('error', reject);
    req.end(body);
  });
}

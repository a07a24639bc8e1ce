// What the plugin is, and what each step means on its device: the appliance of examples/devicetest, as in examples/deploy-template.
import { X509Certificate } from 'node:crypto';

import { request } from './network.mjs';
import { Problem } from './problem.mjs';

export const declaration = {
  id: 'deploy.node-example',
  title: 'Example appliance (Node)',
  summary: 'An appliance with an HTTPS API, as an example for authors of plugins in other languages.',
  icon: 'network',
  version: '1.0.0',
  schema: {
    fields: [
      { name: 'address', title: 'Address', type: 'url', required: true, destination: true, placeholder: 'https://appliance.example.com', help: 'Where the API of the appliance answers.' },
      { name: 'ca_certificate', title: 'CA of the appliance', type: 'text', destination: true, help: 'PEM of the certificate that signed the one of the API, when no public CA did.' },
      { name: 'user', title: 'User', type: 'string', required: true, help: 'A user that may manage certificates and reload the service; it needs no more.' },
      { name: 'password', title: 'Password', type: 'string', required: true, secret: true },
    ],
  },
};

// validate says what the schema cannot see, by the name of the field.
export function validate(settings) {
  try {
    if (settings.ca_certificate) new X509Certificate(settings.ca_certificate);
    return {};
  } catch {
    return { ca_certificate: 'There is no certificate in this text. It begins with -----BEGIN CERTIFICATE-----.' };
  }
}

export async function test(call) {
  const { product, version } = await ask(call, 'GET', '/v1/status');
  await ask(call, 'GET', '/v1/service');
  return { confirmed: true, lines: [`${product} ${version}`, 'certificates and service can be read'] };
}

export async function plan(call, material) {
  const name = nameOf(material);
  const { certificates } = await ask(call, 'GET', '/v1/certificates');
  const service = await ask(call, 'GET', '/v1/service');
  const unchanged = service.certificate === name && service.running === name;
  const changes = [
    { what: `certificate ${name}`, action: certificates.includes(name) ? 'keep' : 'create' },
    { what: 'certificate of the service', action: service.certificate === name ? 'keep' : 'replace', detail: `${service.certificate} → ${name}` },
  ];
  if (!unchanged) changes.push({ what: 'reload of the service', action: 'run' });
  return { changes, unchanged, present: service.fingerprint };
}

// The steps in the order of a deployment. Each can be repeated: it looks first, and does what is not done.
export const steps = { stage, swap, reload, restore, clean };

async function stage(call, material) {
  const name = nameOf(material);
  const service = await ask(call, 'GET', '/v1/service');
  if (service.certificate === name && service.running === name) {
    return { unchanged: true, message: 'the service runs this certificate already' };
  }
  const { certificates } = await ask(call, 'GET', '/v1/certificates');
  if (!certificates.includes(name)) {
    await ask(call, 'PUT', `/v1/certificates/${encodeURIComponent(name)}`, { certificate: material.fullchain.toString(), key: material.key.toString() });
  }
  return { state: Buffer.from(JSON.stringify({ previous: service.running })), message: `${name} is on the appliance` };
}

// What the service used is in the state since stage: asked here, a swap that is repeated would find its own work.
async function swap(call, material) {
  await ask(call, 'PUT', '/v1/service', { certificate: nameOf(material) });
  return { message: `the service is told to use ${nameOf(material)}` };
}

async function reload(call) {
  const service = await ask(call, 'GET', '/v1/service');
  if (service.running === service.certificate) return { message: 'the service was reloaded already' };
  await ask(call, 'POST', '/v1/service/reload');
  return { message: 'the service was reloaded' };
}

async function restore(call, material, state) {
  const previous = previousOf(state);
  const service = await ask(call, 'GET', '/v1/service');
  if (service.certificate !== nameOf(material)) return { message: 'nothing to put back' };
  await ask(call, 'PUT', '/v1/service', { certificate: previous });
  return { message: `the service is told to use "${previous}" again` };
}

async function clean(call) {
  const { certificates } = await ask(call, 'GET', '/v1/certificates');
  const service = await ask(call, 'GET', '/v1/service');
  const old = certificates.filter((name) => name.startsWith('ignisfox-') && name !== service.certificate && name !== service.running);
  for (const name of old) await ask(call, 'DELETE', `/v1/certificates/${encodeURIComponent(name)}`);
  return { message: `${old.length} old certificates removed` };
}

function previousOf(state) {
  try {
    const { previous } = JSON.parse(state.toString('utf8'));
    if (typeof previous === 'string') return previous;
  } catch {
    // told below
  }
  throw new Problem('foreign_state', 'The state of this deployment cannot be read; choose the certificate on the appliance by hand.', { final: true });
}

// The same certificate has the same name, so that what is there already is found.
const nameOf = (material) => `ignisfox-${material.fingerprint.slice(0, 32)}`;

// ask makes one call to the API of the appliance.
async function ask(call, method, path, body) {
  const { address, ca_certificate: ca, user } = call.settings;
  if (typeof address !== 'string' || !URL.canParse(path, address)) {
    throw new Problem('address_unusable', 'The address of the appliance cannot be used.', { field: 'address', final: true });
  }
  let answer;
  try {
    answer = await request({
      rule: call.rule, signal: call.signal, method, ca, url: new URL(address.replace(/\/+$/, '') + path), body: body === undefined ? '' : JSON.stringify(body),
      headers: { authorization: `Basic ${Buffer.from(`${user}:${call.secret('password')}`).toString('base64')}`, 'content-type': 'application/json' },
    });
  } catch (err) {
    call.signal.throwIfAborted();
    if (err instanceof Problem) throw err;
    throw new Problem('unreachable', `The appliance does not answer: ${err.message}`, { field: 'address' });
  }
  call.log(`${method} ${path}: ${answer.status}`);
  if (answer.status === 401 || answer.status === 403) {
    throw new Problem('wrong_credentials', `The appliance refuses user and password: ${answer.text}`, { field: 'password', final: true });
  }
  if (answer.status < 200 || answer.status > 299) throw new Error(`${method} ${path}: the appliance answers ${answer.status}: ${answer.text}`);
  if (answer.text === '') return {};
  try {
    return JSON.parse(answer.text);
  } catch {
    throw new Error(`${method} ${path}: the appliance answers no JSON`);
  }
}

// The protocol with the server: who starts a plugin, how the connection is made, and the services Plugin and Deploy. See
// docs/plugins.md for each rule that is kept here.
import fs from 'node:fs';
import path from 'node:path';

import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import protocol from 'protocol';

import { selfSigned } from './certificate.mjs';
import { Problem } from './problem.mjs';
import { redactor } from './redact.mjs';

const MAX_MESSAGE = 4 << 20;
const MAX_STATE = 64 << 10;
const MAX_TIME = 3600 * 1000;

export function serve(plugin) {
  const { declaration } = plugin;
  if (process.env.IGNISFOX_PLUGIN !== 'started-by-ignisfox') {
    console.error(`This is ${declaration.id} ${declaration.version}, a plugin of Ignisfox. The server starts it by itself; see docs/plugins.md.`);
    process.exit(1);
  }
  const { ignisfox } = grpc.loadPackageDefinition(loader.fromJSON(protocol, { longs: Number, defaults: true, oneofs: true }));
  const server = new grpc.Server({ 'grpc.max_receive_message_length': MAX_MESSAGE, 'grpc.max_send_message_length': MAX_MESSAGE });
  server.addService(ignisfox.plugin.v1.Plugin.service, {
    Describe: (_, answer) => answer(null, {
      protocol: 1, id: declaration.id, kind: 'deploy', title: declaration.title, summary: declaration.summary, icon: declaration.icon,
      version: declaration.version, schema: Buffer.from(JSON.stringify(declaration.schema)), capabilities: ['test', 'plan', ...Object.keys(plugin.steps)],
    }),
    Validate: unary((call) => ({ problems: plugin.validate(call.settings) })),
  });
  server.addService(ignisfox.deploy.v1.Deploy.service, {
    Test: unary(plugin.test),
    Plan: unary((call) => plugin.plan(call, call.request.material)),
    Step: step(plugin.steps),
  });
  raw(server, '/grpc.health.v1.Health/Check', () => Buffer.from([8, 1])); // SERVING
  raw(server, '/plugin.GRPCController/Shutdown', () => {
    setTimeout(() => process.exit(0), 50);
    return Buffer.alloc(0);
  });
  listen(server);
}

// raw adds a method of which the messages are known as bytes.
function raw(server, name, answer) {
  const bytes = (b) => b;
  server.addService({ [name]: { path: name, requestStream: false, responseStream: false, requestSerialize: bytes, requestDeserialize: bytes,
    responseSerialize: bytes, responseDeserialize: bytes } }, { [name]: (_, reply) => reply(null, answer()) });
}

// listen opens the socket and prints the line that the server waits for.
function listen(server) {
  const socket = path.join(process.env.PLUGIN_UNIX_SOCKET_DIR, 'plugin.sock');
  const own = selfSigned();
  const credentials = grpc.ServerCredentials.createSsl(Buffer.from(process.env.PLUGIN_CLIENT_CERT ?? ''), [{ private_key: own.key, cert_chain: own.cert }], true);
  server.bindAsync(`unix:${socket}`, credentials, (err) => {
    if (err) {
      console.error(err.message);
      process.exit(1);
    }
    fs.writeSync(1, `1|1|unix|${socket}|grpc|${own.der.toString('base64').replace(/=+$/, '')}\n`);
  });
}

// Late ends a call whose time is over: nobody knows how far it got, which the server is told by the status.
class Late extends Error {
  constructor() {
    super('the time of the call is over');
    this.code = grpc.status.DEADLINE_EXCEEDED;
  }
}

// open makes of a request what a call works with. It throws away nothing and keeps nothing. Its signal says when to stop: when nobody
// waits any more, and when the time is over that the server gave. The deadline of gRPC is later, and is the server's patience.
function open(call, log) {
  const { request } = call;
  const { secrets = {}, egress = {} } = request.call ?? {};
  const settings = request.call?.settings?.length ? JSON.parse(request.call.settings.toString('utf8')) : {};
  const material = request.material ?? {};
  const known = [...Object.values(secrets), material.key, material.pfxPassword].filter((s) => s?.length > 0);
  const abort = new AbortController();
  call.on('cancelled', () => abort.abort());
  const given = Number(call.metadata.get('ignisfox-timeout-ms')[0]);
  const timer = given > 0 && given <= MAX_TIME ? setTimeout(() => abort.abort(new Late()), given) : undefined;
  const clean = redactor(known);
  return {
    request, rule: egress ?? {}, signal: abort.signal, clean, material, settings,
    secret: (name) => secrets[name]?.toString('utf8') ?? '',
    log: (line) => log(clean(line)),
    late: () => abort.signal.reason instanceof Late,
    close: () => {
      clearTimeout(timer);
      known.forEach((s) => s.fill(0));
    },
  };
}

// problem makes the message of an error. A mistake in the plugin is one too; where it is stands in the log alone.
function problem(err, clean) {
  if (err instanceof Problem) {
    return { code: err.code, message: clean(err.message), field: err.field, retry: err.final ? 'RETRY_NEVER' : 'RETRY_UNSPECIFIED' };
  }
  if (err instanceof TypeError || err instanceof ReferenceError || err instanceof RangeError) {
    for (const line of String(err.stack).split('\n')) console.error(clean(line));
    return { code: 'plugin_panic', message: 'The plugin has a mistake and gave up; the log of the server says where.' };
  }
  return { code: 'failed', message: clean(err.message) };
}

// unary serves a method with one answer.
function unary(work) {
  return async (call, answer) => {
    let opened;
    try {
      opened = open(call, () => {});
      answer(null, deepClean(await work(opened), opened.clean));
    } catch (err) {
      if (opened?.late()) answer(new Late());
      else answer(null, { problem: problem(err, opened?.clean ?? (() => 'the call cannot be read')) });
    } finally {
      opened?.close();
    }
  };
}

// deepClean takes secrets out of every text of an answer.
function deepClean(value, clean) {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map((v) => deepClean(v, clean));
  if (value && typeof value === 'object' && !Buffer.isBuffer(value)) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, deepClean(v, clean)]));
  }
  return value;
}

// step serves Step: lines while it runs, and the result.
function step(steps) {
  return async (call) => {
    let opened;
    const result = {};
    try {
      opened = open(call, (line) => call.write({ line }));
      const work = steps[call.request.step];
      if (!work) throw new Problem('no_such_step', 'The plugin has no step of that name.', { final: true });
      const { state, unchanged = false, message = '' } = (await work(opened, opened.material, call.request.state)) ?? {};
      if (state && state.length > MAX_STATE) throw new Error('the step left a state that is too large');
      Object.assign(result, { state, keepState: state === undefined, unchanged, message: opened.clean(message) });
    } catch (err) {
      if (opened?.late()) {
        call.emit('error', new Late());
        return;
      }
      result.problem = problem(err, opened?.clean ?? (() => 'the call cannot be read'));
      result.keepState = true;
    } finally {
      opened?.close();
    }
    if (!call.cancelled) call.write({ result });
    call.end();
  };
}

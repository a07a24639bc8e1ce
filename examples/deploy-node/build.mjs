// Bundles src/main.mjs, the libraries and the protocol into one executable file: node build.mjs FILE.
import { build } from 'esbuild';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import protobuf from 'protobufjs';

const proto = path.resolve(import.meta.dirname, '../../sdk/proto');

// The services as data, so that no .proto file is needed beside the plugin.
const protocol = {
  name: 'protocol',
  setup(b) {
    b.onResolve({ filter: /^protocol$/ }, () => ({ path: 'protocol', namespace: 'protocol' }));
    b.onLoad({ filter: /.*/, namespace: 'protocol' }, async () => {
      const root = new protobuf.Root();
      root.resolvePath = (_, file) => path.join(proto, file);
      await root.load(['ignisfox/plugin/v1/plugin.proto', 'ignisfox/deploy/v1/deploy.proto']);
      return { contents: JSON.stringify(root.toJSON()), loader: 'json' };
    });
  },
};

const out = process.argv[2];
await build({
  entryPoints: [path.join(import.meta.dirname, 'src/main.mjs')],
  outfile: out,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  legalComments: 'inline', // the licences of what is bundled go with it
  plugins: [protocol],
  // The server starts plugins with an empty environment: without a PATH, env would look in few places only.
  banner: { js: '#!/usr/bin/env -S PATH=/usr/local/bin:/usr/bin:/bin node' },
  logLevel: 'warning',
});
chmodSync(out, 0o755);

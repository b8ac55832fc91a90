// The code with which Chrome's Memory panel reads heaps, bundled for Node: `node bundle.mjs NODE_MODULES OUT.mjs`.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [modules, out] = process.argv.slice(2).map((path) => resolve(path));
const esbuild = createRequire(`${modules}/`)('esbuild');
const worker = `${modules}/chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker`;
await esbuild.build({
  stdin: {
    contents: `
      export { HeapSnapshotLoader } from '${worker}/HeapSnapshotLoader.ts';
      export { SecondaryInitManager } from '${worker}/HeapSnapshot.ts';`,
    resolveDir: modules,
    loader: 'ts',
  },
  bundle: true,
  format: 'esm',
  platform: 'node',
  outfile: out,
  logLevel: 'error',
  plugins: [{
    // Texts of the panel in other languages, which its build makes.
    name: 'no-locales',
    setup(build) {
      build.onResolve({ filter: /locales\.js$/ }, () => ({ path: 'locales', namespace: 'stub' }));
      build.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({
        contents: 'export const LOCALES = []; export const BUNDLED_LOCALES = []; export const DEFAULT_LOCALE = "en-US"; export const REMOTE_FETCH_PATTERN = ""; export const LOCAL_FETCH_PATTERN = "";',
      }));
    },
  }],
});

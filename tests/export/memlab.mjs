// What memlab makes of a file: `node memlab.mjs NODE_MODULES FILE` prints JSON, made by its own reader.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [modules, file] = process.argv.slice(2);
const require = createRequire(`${resolve(modules)}/`);
const { getFullHeapFromFile } = require('@memlab/heap-analysis');
console.info = console.log = () => {};
const heap = await getFullHeapFromFile(resolve(file));
const classes = {};
let unreached = 0;
heap.nodes.forEach((node) => {
  const same = (classes[node.type === 'object' ? node.name : `(${node.type})`] ??= { count: 0, self: 0, each: 0 });
  same.count += 1;
  same.self += node.self_size;
  // Of each object, whatever others of its class retain.
  same.each += node.retainedSize;
  unreached += node.dominatorNode === null && node.id !== 1 ? 1 : 0;
});
process.stdout.write(JSON.stringify({ classes, unreached }) + '\n', () => process.exit(0));

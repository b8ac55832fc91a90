// What VS Code's viewer makes of a file: `node vscode.mjs NODE_MODULES FILE` prints JSON, made by the viewer's own parser.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [modules, file] = process.argv.slice(2);
const { decode_bytes } = createRequire(`${resolve(modules)}/`)('@vscode/v8-heap-parser');
const graph = decode_bytes(readFileSync(file));
const classes = {};
graph.get_class_groups(0, 1 << 20, false).forEach((group, place) => {
  const same = (classes[group.name()] ??= { count: 0, self: 0, each: 0 });
  same.count += group.children_len;
  same.self += Number(group.self_size);
  for (const node of graph.class_children(place, 0, group.children_len, 0)) {
    // Of each object, whatever others of its class retain.
    same.each += Number(node.retained_size);
    node.free();
  }
});
console.log(JSON.stringify({ classes }));

// What Chrome's Memory panel makes of files: `node devtools.mjs BUNDLE FILE…` prints JSON, made by the panel's own code.
import { createReadStream } from 'node:fs';
import { pathToFileURL } from 'node:url';

// Node 20 has not got it yet.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new Promise((one, other) => { resolve = one; reject = other; });
  return { promise, resolve, reject };
};
const problems = [];
console.warn = (...words) => problems.push(words.join(' '));

const [bundle, ...files] = process.argv.slice(2);
const { HeapSnapshotLoader, SecondaryInitManager } = await import(pathToFileURL(bundle));

async function load(file) {
  const loader = new HeapSnapshotLoader({ sendEvent() {} });
  for await (const piece of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    loader.write(piece);
  }
  loader.close();
  await loader.parsingComplete;
  const channel = new MessageChannel();
  new SecondaryInitManager(channel.port2);
  const snapshot = await loader.buildSnapshot(channel.port1);
  channel.port1.close();
  return snapshot;
}

const unreached = -5;
const result = { files: [], comparisons: [], problems };
let before;
for (const file of files) {
  const snapshot = await load(file);
  const classes = {};
  for (const group of Object.values(snapshot.aggregatesWithFilter({}))) {
    classes[group.name] = { count: group.count, self: group.self, retained: group.maxRet, distance: group.distance };
  }
  let noDistance = 0;
  const node = snapshot.createNode(0);
  for (let place = 0; place < snapshot.nodeCount; place++) {
    node.nodeIndex = place * snapshot.nodeFieldCount;
    const same = classes[node.className()];
    // Of each object, whatever others of its class retain. Nodes without a size are in no class.
    if (same) {
      same.each = (same.each ?? 0) + node.retainedSize();
    }
    noDistance += snapshot.nodeDistances[place] === unreached ? 1 : 0;
  }
  let stack = null;
  for (let place = 0; place < snapshot.nodeCount && stack === null; place++) {
    const frames = snapshot.allocationStack(place * snapshot.nodeFieldCount);
    if (frames?.length > 1) {
      stack = frames.map((frame) => [frame.functionName, frame.scriptName, frame.line]);
    }
  }
  result.files.push({ nodes: snapshot.nodeCount, total: snapshot.totalSize, classes, noDistance, stack });
  if (before) {
    const diff = snapshot.calculateSnapshotDiff(1, before.aggregatesForDiff(snapshot.interfaceDefinitions()));
    const rows = Object.values(diff).map((row) => [row.name, { added: row.addedCount, removed: row.removedCount }]);
    result.comparisons.push(Object.fromEntries(rows));
  }
  before = snapshot;
}
console.log(JSON.stringify(result));
process.exit(0);

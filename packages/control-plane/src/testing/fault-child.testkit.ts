import { writeSync } from 'node:fs';
import type { NodeEvent, NodeUplink } from '@cloudstage/protocol';
import { openTestDatabase, resetDatabase } from './database.testkit.js';
import { faultActions } from './fault-actions.testkit.js';
import { installFaultPoints } from './faults.testkit.js';
import { createHarness } from './harness.testkit.js';
import { startNodeSimulator } from './node-simulator.testkit.js';
import { createTestPackages } from './packages.testkit.js';

/**
 * A control plane that kills itself at one place of one action. Standard output: `node <event>` whenever the node changes
 * (it would live on), `done <result>` when the action is acknowledged, `passed <count>` of places when nothing killed it.
 */
const [url, name, killAt] = process.argv.slice(2);
const action = faultActions.find((candidate) => candidate.name === name);
if (url === undefined || action === undefined || killAt === undefined) {
  throw new Error('usage: fault-child <database URL> <action> <place>');
}
// Written at once: what is in a stream's buffer dies with the process.
const tell = (line: string) => writeSync(1, `${line}\n`);
const faults = installFaultPoints();
const database = await openTestDatabase(url);
await resetDatabase(database);
const packages = await createTestPackages();
const h = await createHarness(database, { wrapLink: faults.wrapLink, packages: packages.parts });
const uplink: NodeUplink = {
  ...h.uplink,
  emit: (event: NodeEvent) => {
    tell(`node ${JSON.stringify(event)}`);
    return h.uplink.emit(event);
  },
};
const node = await startNodeSimulator(uplink, { slots: 2 });
await h.settled();
await action.prepare?.({ h, node, packages });
await node.sendStatus();
await h.settled();
faults.arm(Number(killAt));
const result = await action.act({ h, node, packages });
faults.here('before the acknowledgement');
tell(`done ${JSON.stringify(result ?? null)}`);
await h.settled();
// The node's queue of reports: this one comes last.
await node.sendStatus();
tell(`passed ${faults.passed()}`);
process.exit(0);

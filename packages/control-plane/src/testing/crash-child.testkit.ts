import { applyInput, createHarness, createInput, openTestDatabase } from './harness.testkit.js';
import { startNodeSimulator } from './node-simulator.testkit.js';

/**
 * A control plane to be killed: makes one running session, says so, and then reserves and destroys without end. Lines on
 * standard output: the running session's id, then one line for each round.
 */
const [url] = process.argv.slice(2);
if (url === undefined) throw new Error('usage: crash-child <database URL>');
const harness = await createHarness(await openTestDatabase(url));
const node = await startNodeSimulator(harness.uplink, { slots: 2 });
await harness.services.applyConcurrent(harness.caller, applyInput(harness, 'player'));
const outcome = await harness.services.createSession(harness.caller, createInput('player'));
if (outcome.type !== 'created') throw new Error(outcome.type);
await node.clientConnected(outcome.sessionId, true);
process.stdout.write(`${outcome.sessionId}\n`);
for (let round = 0; ; round += 1) {
  await harness.services.applyConcurrent(harness.caller, applyInput(harness, `user-${round}`));
  await harness.services.createSession(harness.caller, createInput(`user-${round}`));
  await harness.services.destroySession(harness.caller, { userId: `user-${round}` });
  process.stdout.write(`round ${round}\n`);
}

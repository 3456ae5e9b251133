import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeDetail, NodeSummary } from '@cloudstage/control-plane';
import { AppError } from '@cloudstage/protocol';
import type { Command } from 'commander';
import type { AdminClient } from '../admin/contract.js';
import { limits } from '../limits.js';
import { renderFields, renderTable, shortTime } from '../output/table.js';
import { addCommand, addGroup } from './command.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';
import { parseDuration } from './options.js';
import { eachInstancePage } from './pages.js';

/** Slots that somebody has, or had until a moment ago. */
const taken = ({ slotsByState: { reserved, busy, cleaning } }: NodeSummary): number => reserved + busy + cleaning;

/** What an operator wants to know first. PURE. */
export function nodeState(node: NodeSummary): string {
  if (!node.online) return node.drainBegunAt === null ? 'offline' : 'offline, drained';
  if (node.drainBegunAt === null) return 'online';
  return taken(node) === 0 ? 'drained' : `draining, ${taken(node)} left`;
}

/** `busy 3, idle 1`, states without slots left out. PURE. */
export function slotsText(slots: NodeSummary['slotsByState']): string | null {
  const parts = Object.entries(slots).filter(([, count]) => count > 0);
  return parts.length === 0 ? null : parts.map(([state, count]) => `${state} ${count}`).join(', ');
}

const typesText = (types: readonly string[]): string => types.join(',') || 'all';

async function runList(context: CommandContext, options: InstanceOptions & { readonly region?: string }) {
  const client = await connectInstance(context, options);
  const region = options.region === undefined ? {} : { region: options.region };
  const nodes = await eachInstancePage(async (page) => {
    const found = await client.call('node.list', { ...region, ...page });
    return { rows: found.nodes, nextCursor: found.nextCursor };
  });
  const text = renderTable(
    nodes,
    [
      ['ID', (row) => row.nodeId],
      ['NAME', (row) => row.name],
      ['REGION', (row) => row.region],
      ['STATE', nodeState],
      ['SLOTS', (row) => slotsText(row.slotsByState)],
      ['TYPES', (row) => typesText(row.concurrencyTypes)],
      ['VERSION', (row) => row.version],
      ['LAST SEEN', (row) => shortTime(row.lastSeenAt)],
    ],
    'No nodes have reported yet.',
  );
  print(context, options, nodes, text);
}

function detailText(node: NodeDetail): string {
  const fields = renderFields([
    ['Id', node.nodeId],
    ['Name', node.name],
    ['Region', node.region],
    ['State', nodeState(node)],
    ['Types', typesText(node.concurrencyTypes)],
    ['Version', node.version],
    ['Last seen', shortTime(node.lastSeenAt)],
    ['Drained since', shortTime(node.drainBegunAt)],
  ]);
  const slots = renderTable(
    node.slots,
    [
      ['SLOT', (row) => row.slotIndex],
      ['STATE', (row) => row.state],
      ['SESSION', (row) => row.session?.sessionId ?? null],
      ['SESSION STATE', (row) => row.session?.state ?? null],
      ['USER', (row) => row.session?.userId ?? null],
      ['PROJECT', (row) => row.session?.projectId ?? null],
      ['CREATED', (row) => shortTime(row.session?.createdAt ?? null)],
    ],
    'It has no slots.',
  );
  return `${fields}\n\n${slots}`;
}

async function runShow(context: CommandContext, nodeId: string, options: InstanceOptions): Promise<void> {
  const node = await (await connectInstance(context, options)).call('node.show', { nodeId });
  print(context, options, node, detailText(node));
}

interface DrainOptions extends InstanceOptions {
  readonly wait?: boolean;
  readonly timeout: string;
}

/** Waits until nobody is left on a node. @throws AppError `deadline-exceeded` */
async function waitUntilEmpty(
  context: CommandContext,
  client: AdminClient,
  wait: { readonly nodeId: string; readonly timeoutMs: number },
): Promise<void> {
  let shown = -1;
  for (let waited = 0; waited <= wait.timeoutMs; waited += limits.drainPollMs) {
    const node = await client.call('node.show', { nodeId: wait.nodeId });
    const left = taken(node);
    // The slots of a node that is gone stay as they were; nobody is on them.
    if (left === 0 || !node.online) return;
    if (left !== shown) context.stderr.write(`${wait.nodeId}: slots in use: ${left} …\n`);
    shown = left;
    await sleep(limits.drainPollMs, undefined, { signal: context.signal });
  }
  throw new AppError(
    'deadline-exceeded',
    `${wait.nodeId} is still in use. Wait on with the same command, or end its sessions: "cloudstage sessions list --node-id ${wait.nodeId}", then "cloudstage sessions kick".`,
  );
}

async function runDrain(context: CommandContext, ids: readonly string[], options: DrainOptions): Promise<void> {
  const timeoutMs = parseDuration('--timeout', options.timeout);
  const client = await connectInstance(context, options);
  for (const nodeId of ids) await client.call('node.drain', { nodeId });
  if (options.wait === true) for (const nodeId of ids) await waitUntilEmpty(context, client, { nodeId, timeoutMs });
  const what = options.wait === true ? 'Nobody is left on' : 'No new sessions go to';
  print(context, options, { nodeIds: ids }, `${what} ${ids.join(', ')}. "cloudstage nodes resume" ends this.`);
}

async function runResume(context: CommandContext, ids: readonly string[], options: InstanceOptions): Promise<void> {
  const client = await connectInstance(context, options);
  for (const nodeId of ids) await client.call('node.resume', { nodeId });
  print(context, options, { nodeIds: ids }, `New sessions go to ${ids.join(', ')} again.`);
}

/** `cloudstage nodes …`. */
export function addNodeCommands(program: Command, context: CommandContext): void {
  const nodes = addGroup(program, 'nodes', 'render nodes: machines that run the programs');
  const add = (usage: string, description: string, ...examples: readonly string[]): Command =>
    addCommand(nodes, { usage, description, target: 'instance', examples });
  add('list', 'list nodes with their slots', 'nodes list', 'nodes list --region ap-tokyo --json')
    .option('--region <region>', 'only in this region')
    .action((options) => runList(context, options));
  add('show <node-id>', 'one node and what is on each of its slots', 'nodes show node-1').action((id, options) =>
    runShow(context, id, options),
  );
  add(
    'drain <node-ids...>',
    'give nodes no new sessions, before they are upgraded or taken away; who plays plays on',
    'nodes drain node-1 --wait',
  )
    .option('--wait', 'wait until nobody is left on them')
    .option('--timeout <time>', 'how long to wait at most for each', '12h')
    .action((ids, options) => runDrain(context, ids, options));
  add('resume <node-ids...>', 'give nodes new sessions again', 'nodes resume node-1').action((ids, options) =>
    runResume(context, ids, options),
  );
}

import { sql } from 'drizzle-orm';
import pg from 'pg';
import { openDatabase } from '../db/open.js';
import { createLogger } from '../observability/logger.js';
import { fillBigDatabase } from './big-database.testkit.js';
import { applyInput, createHarness, createInput, type Harness } from './harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from './node-simulator.testkit.js';

/** How the server has carried out one statement of a use case. */
export interface QueryPlan {
  /** Use case that sent it. */
  readonly useCase: string;
  readonly statement: string;
  /** True for a check of a reference or a statement of a trigger, which the program did not send itself. */
  readonly nested: boolean;
  /** Lines of EXPLAIN (ANALYZE) without estimates. */
  readonly plan: readonly string[];
}

/** What the server tells of every statement: the plan with which it really ran, in the place where it ran. */
const explainSettings = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_nested_statements': 'on',
  // Prepared statements are planned once for the connection: the plan must be good for all values.
  plan_cache_mode: 'force_generic_plan',
  client_min_messages: 'log',
};

function withExplain(url: string): string {
  const explained = new URL(url);
  const options = Object.entries(explainSettings).map(([name, value]) => `-c ${name}=${value}`);
  explained.searchParams.set('options', options.join(' '));
  return explained.href;
}

/** Parts of a message `duration: 0.1 ms  plan:\nQuery Text: …\n<plan>`; null for another message. */
function parseMessage(message: string): Pick<QueryPlan, 'statement' | 'plan'> | null {
  const found = /^duration: .* plan:\nQuery Text: ([\s\S]*)$/.exec(message);
  if (found === null) return null;
  const lines = (found[1] ?? '').split('\n');
  const start = lines.findIndex((line) => line.includes('(cost='));
  const plan = lines.slice(start).map((line) => line.replace(/ {2}\(cost=[^)]*\)/, '').trimEnd());
  return { statement: lines.slice(0, start).join(' ').replace(/\s+/g, ' ').trim(), plan };
}

/** What the server tells while a use case runs. */
interface Listener {
  during(useCase: string, work: () => Promise<unknown>): Promise<void>;
  readonly plans: readonly QueryPlan[];
  uninstall(): void;
}

/** Changes the driver's own prototype, so that the product needs no hook. */
function installListener(): Listener {
  const prototype = pg.Client.prototype;
  const emit = prototype.emit as (...args: unknown[]) => boolean;
  const seen = new Set<string>();
  const plans: QueryPlan[] = [];
  let current: string | null = null;
  prototype.emit = function heard(this: pg.Client, ...args: unknown[]) {
    const [event, notice] = args;
    if (event === 'notice' && current !== null) {
      const { message, where } = notice as { readonly message?: string; readonly where?: string };
      const parsed = parseMessage(message ?? '');
      if (parsed !== null && !seen.has(parsed.statement)) {
        seen.add(parsed.statement);
        const nested = where !== undefined || /^(SELECT 1|DELETE|UPDATE) FROM ONLY "/.test(parsed.statement);
        plans.push({ useCase: current, nested, ...parsed });
      }
    }
    return emit.apply(this, args);
  } as typeof prototype.emit;
  return {
    during: async (useCase, work) => {
      current = useCase;
      try {
        await work();
      } finally {
        current = null;
      }
    },
    plans,
    uninstall: () => {
      prototype.emit = emit as typeof prototype.emit;
    },
  };
}

/** Placement: on a pool, on a package, and when there is nothing. Leaves idle slots on the simulated node alone. */
async function runPlacement(h: Harness, { during }: Listener): Promise<void> {
  const { services, caller } = h;
  const key = await services.ensureAccessKey();
  await during('Signature check', () => services.findAccessKey(key.secretId));
  await during('ApplyConcurrent', () => services.applyConcurrent(caller, applyInput(h, 'u1')));
  await during('ApplyConcurrent of a user who holds a reservation', () =>
    services.applyConcurrent(caller, applyInput(h, 'u1')),
  );
  const { accountId } = caller;
  const grant = { accountId, name: 'plans', type: 'L1', region: 'local', amount: 10, expiresAt: null, force: true };
  const { id: packageId } = await services.grantPackage(grant);
  await services.bindPackages(caller, { packageIds: [packageId], projectId: h.projectId });
  await during('ApplyConcurrent with a package', () => services.applyConcurrent(caller, applyInput(h, 'u2')));
  await services.unbindPackages(caller, { packageIds: [packageId], projectId: h.projectId });
  // What follows happens on the simulated node, the only one that answers.
  await h.database.executor.execute(
    sql`UPDATE slots SET state = 'failed' WHERE state = 'idle' AND node_id LIKE 'fill-%'`,
  );
  await services.applyConcurrent(caller, applyInput(h, 'u3'));
  await services.applyConcurrent(caller, applyInput(h, 'u4'));
  await during('ApplyConcurrent without an idle slot', () => services.applyConcurrent(caller, applyInput(h, 'u5')));
}

async function runSessions(h: Harness, node: NodeSimulator, { during }: Listener): Promise<void> {
  const { services, caller } = h;
  await during('CreateSession', () => services.createSession(caller, createInput('u3')));
  const session = (await services.querySessions({ userId: 'u3', accountId: caller.accountId })).sessions[0];
  const sessionId = session?.sessionId ?? '';
  await during("A client's connection", () => node.clientConnected(sessionId, true));
  await during("A node's status", () => node.sendStatus());
  await during('CreateSession of a guest', () =>
    services.createSession(caller, createInput('guest', { hostUserId: 'u3', role: 'Player' })),
  );
  await during('DescribeConcurrentCount of a project', () =>
    services.describeConcurrentCount(caller, { projectId: h.projectId, category: '' }),
  );
  await during('DescribeConcurrentCount of an account', () =>
    services.describeConcurrentCount(caller, { projectId: '', category: 'DESKTOP' }),
  );
  const { accountId } = caller;
  await during('Session lists', async () => {
    await services.listSessions();
    await services.querySessions({});
    await services.querySessions({ accountId });
    await services.querySessions({ accountId, userId: 'u3' });
    await services.querySessions({ projectId: h.projectId });
    await services.querySessions({ accountId, states: ['running'] });
    await services.findSessionDetail({ sessionId, accountId });
    await services.readSessionFeed((await services.readSessionFeed({ accountId })) as { readonly cursor: string });
  });
  await during('DestroySession', async () => {
    await services.destroySession(caller, { userId: 'u3' });
    await h.settled();
    // The node's reports have been heard when this one has.
    await node.sendStatus();
  });
}

/**
 * Fills an empty PostgreSQL database as a big installation would, runs the hot use cases and gives the plans of what they sent,
 * each statement once. The user of `url` must be a superuser, who may load `auto_explain`.
 */
export async function collectQueryPlans(url: string): Promise<readonly QueryPlan[]> {
  const logger = createLogger({ level: 'silent', name: 'plans' });
  const plain = await openDatabase(url, { logger });
  const filler = await createHarness(plain);
  await fillBigDatabase(filler);
  await filler.stop();
  await plain.close();
  const listener = installListener();
  const database = await openDatabase(withExplain(url), { logger });
  const h = await createHarness(database);
  try {
    const node = await startNodeSimulator(h.uplink, { slots: 2 });
    await h.settled();
    await runPlacement(h, listener);
    await runSessions(h, node, listener);
    // Reservations expire, and all nodes but one are silent.
    h.advance(60_000);
    await node.sendStatus();
    await listener.during('Sweep', async () => {
      await h.services.sweep();
      await h.settled();
    });
    return listener.plans;
  } finally {
    await h.stop();
    await database.close();
    listener.uninstall();
  }
}

import type { NodeLink } from '@cloudstage/protocol';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';

/** Places at which this process can be killed without warning, numbered in the order in which it comes to them. */
export interface FaultPoints {
  /** From now on places count; at the `killAt`-th the process dies. */
  arm(killAt: number): void;
  /** Places passed since {@link FaultPoints.arm}. */
  passed(): number;
  /** One more place. */
  here(what: string): void;
  wrapLink(link: NodeLink): NodeLink;
}

const executeMessage = 'E'.charCodeAt(0);
const simpleQueryMessage = 'Q'.charCodeAt(0);

/** Between two statements that change nothing, being killed makes no difference. */
const changesNothing = /^\s*(select|begin|set|rollback)\b/i;

/** Statements of PostgreSQL's driver: before each that changes something, and after COMMIT is sent but not answered. */
function watchServerStatements(here: (what: string) => void): void {
  const prototype = pg.Client.prototype;
  const query = prototype.query as (...args: unknown[]) => unknown;
  prototype.query = function watched(this: pg.Client, ...args: unknown[]) {
    const [config] = args;
    const text = typeof config === 'string' ? config : String((config as { text?: unknown } | undefined)?.text);
    if (!changesNothing.test(text)) here(`before ${text}`);
    const result = query.apply(this, args);
    if (text === 'commit') here('commit sent');
    return result;
  } as typeof prototype.query;
}

/** Messages of the embedded database that run something, and its writes to the disk. */
function watchEmbeddedStatements(here: (what: string) => void): void {
  const prototype = PGlite.prototype;
  const { execProtocol, execProtocolStream, syncToFs } = prototype;
  const isRun = (message: Uint8Array) => message[0] === executeMessage || message[0] === simpleQueryMessage;
  prototype.execProtocol = function watched(message, options) {
    if (isRun(message)) here('before a statement');
    return execProtocol.call(this, message, options);
  };
  prototype.execProtocolStream = function watched(message, options) {
    if (isRun(message)) here('before a statement');
    return execProtocolStream.call(this, message, options);
  };
  prototype.syncToFs = function watched() {
    here('before a write to the disk');
    return syncToFs.call(this);
  };
}

/**
 * Makes this process killable (kill −9, by itself) before every statement, around every commit and around every command to a
 * node. Only for processes that a test starts: it changes the database drivers' own prototypes, so that the product needs no
 * hook.
 */
export function installFaultPoints(): FaultPoints {
  let killAt = Number.POSITIVE_INFINITY;
  let armed = false;
  let count = 0;
  const here = (_what: string) => {
    if (!armed) return;
    count += 1;
    if (count >= killAt) process.kill(process.pid, 'SIGKILL');
  };
  watchServerStatements(here);
  watchEmbeddedStatements(here);
  return {
    arm: (at) => {
      armed = true;
      count = 0;
      killAt = at;
    },
    passed: () => count,
    here,
    wrapLink: (link) => ({
      ...link,
      call: async (nodeId, method, params, options) => {
        here(`before ${method}`);
        const result = await link.call(nodeId, method, params, options);
        here(`after ${method}`);
        return result;
      },
    }),
  };
}

import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { muxLimits } from './limits.js';

/**
 * Remembers across a restart of the mux which client address had which loopback port. A streamer's ICE agent knows a
 * client by that port: libjuice keeps sending to it for longer than a browser waits, so that learning a flow again with
 * another port would end the session. With the same port neither side notices more than lost packets.
 */

const FlowsSchema = Type.Array(
  Type.Object({
    address: Type.String({ minLength: 2, maxLength: 64 }),
    endpoint: Type.Integer({ minimum: 0, maximum: 64 * 65_536 }),
    ufrag: Type.String({ minLength: 4, maxLength: 256 }),
    localPort: Type.Integer({ minimum: 1, maximum: 65_535 }),
  }),
  { maxItems: muxLimits.flows },
);

/** A UDP flow as it is written down. */
export type RememberedFlow = Static<typeof FlowsSchema>[number];

/** File of remembered flows. */
export interface FlowMemory {
  /** Hands out, once, the flows that a former process had for a route. */
  take(ufrag: string): readonly RememberedFlow[];
  /** Writes the flows down soon; calls in quick succession lead to one write. */
  save(snapshot: () => readonly RememberedFlow[]): void;
  /** Waits for a write in progress; nothing is written afterwards. The file stays for the next process. */
  close(): Promise<void>;
}

async function load(path: string, logger: Logger): Promise<Map<string, RememberedFlow[]>> {
  const byRoute = new Map<string, RememberedFlow[]>();
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!Value.Check(FlowsSchema, value)) throw new Error('the file has a wrong shape');
    for (const flow of value) byRoute.set(flow.ufrag, [...(byRoute.get(flow.ufrag) ?? []), flow]);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isMissing) logger.warn({ err: error, path }, 'flows of the former process are not known');
  }
  return byRoute;
}

/** Reads what a former process left at `path` (in the mux's private run directory) and keeps the file from now on. */
export async function openFlowMemory(path: string, logger: Logger): Promise<FlowMemory> {
  const former = await load(path, logger);
  const openedAtMs = performance.now();
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  let closed = false;
  const write = async (snapshot: () => readonly RememberedFlow[]) => {
    if (performance.now() - openedAtMs > muxLimits.flowIdleMs) former.clear();
    const flows = [...snapshot(), ...[...former.values()].flat()].slice(0, muxLimits.flows);
    try {
      await writeFile(`${path}.new`, JSON.stringify(flows), { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (error) {
      logger.debug({ err: error, path }, 'flows could not be written down');
    }
  };
  return {
    take: (ufrag) => {
      const flows = former.get(ufrag) ?? [];
      former.delete(ufrag);
      return flows;
    },
    save: (snapshot) => {
      if (timer || closed) return;
      timer = setTimeout(() => {
        timer = null;
        writing = writing.then(() => write(snapshot));
      }, muxLimits.flowMemoryDelayMs);
    },
    close: async () => {
      closed = true;
      if (timer) clearTimeout(timer);
      await writing;
    },
  };
}

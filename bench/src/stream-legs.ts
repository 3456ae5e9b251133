import { callNode } from './node-link.js';
import type { Product } from './product.js';
import type { Legs } from './report.js';

/** Legs as the streamer knows them: its account of the player where it keeps one, else the medians of its statistics. */
export async function readLegs(product: Product): Promise<Legs> {
  const described = await callNode<StreamDescription>(product.runDir, 'slot-0/streamer.sock', 'stream.describe');
  const account = described.peers.find(({ role }) => role === 'Player')?.latency;
  if (account && Object.keys(account).length > 0) return account;
  const { captureMsP50, convertMsP50, encodeMsP50 } = described.stats;
  const median = (p50: number | undefined) => ({ p50: p50 ?? null, p95: null, p99: null });
  return { capture: median(captureMsP50), convert: median(convertMsP50), encode: median(encodeMsP50) };
}

interface StreamDescription {
  readonly stats: Readonly<Record<string, number>>;
  readonly peers: readonly { readonly role: string; readonly latency?: Legs }[];
}

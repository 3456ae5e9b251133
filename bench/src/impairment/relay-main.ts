import type { LinkOptions } from '@cloudstage/render-node/testing/link-model';
import { type Direction, openRelay, type Relay, type RelayOptions, type RelayStats } from './relay.js';

/** What the bench asks of the process of a relay, first of all to open it; each request is answered under its id. */
export type RelayRequest = { readonly id: number } & (
  | { readonly kind: 'open'; readonly options: RelayOptions }
  | { readonly kind: 'update'; readonly direction: Direction; readonly changes: Partial<LinkOptions> }
  | { readonly kind: 'stats' }
);

/** Answer to a {@link RelayRequest}. */
export interface RelayAnswer {
  readonly id: number;
  readonly port?: number;
  readonly stats?: RelayStats;
  readonly error?: string;
}

/** Entry of the process: a process of its own, as the bench's own work must not hold up packets. Ends with its parent. */
function main(): void {
  let relay: Relay | null = null;
  const answerTo = async (request: RelayRequest): Promise<Omit<RelayAnswer, 'id'>> => {
    if (request.kind === 'open') {
      relay = await openRelay(request.options);
      return { port: relay.port };
    }
    if (!relay) return { error: 'the relay is not open yet' };
    if (request.kind === 'stats') return { stats: relay.stats() };
    relay.update(request.direction, request.changes);
    return {};
  };
  process.on('message', (request: RelayRequest) => {
    const { id } = request;
    answerTo(request)
      .catch((error: unknown) => ({ error: String(error) }))
      .then((answer) => process.send?.({ id, ...answer }));
  });
  process.on('disconnect', () => process.exit(0));
}

main();

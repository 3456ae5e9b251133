import type { ClientDescriptionOptions } from './client-description.js';
import type { TransportWish } from './racing-link.js';
import type { ServerSessionRequest } from './reconnect-request.js';
import type { SessionSettings } from './session-state.js';

/** Settings of one init. */
export interface SessionInit {
  readonly description: ClientDescriptionOptions;
  readonly settings: SessionSettings;
  /** Ticks between two `stats` notifications. */
  readonly statsInterval: number;
  readonly requestServerSession: ServerSessionRequest | null;
  readonly transport: TransportWish;
}

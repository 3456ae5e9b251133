/** The way of a client's WebSocket from the control plane to its node. */

/** One WebSocket connection of a client, carried between control plane and node byte by byte, handshake included. */
export interface MediaTunnel {
  /** Bytes from the other end; ends when it closes. May be read once. */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Sends bytes; resolves when more may be sent. Rejects when the tunnel is closed. */
  send(bytes: Uint8Array): Promise<void>;
  /** Idempotent. */
  close(): void;
}

/** How long a caller waits. */
export interface LinkDeadline {
  readonly deadlineMs: number;
}

/** Session whose streamer a tunnel leads to. */
export interface OpenMediaParams {
  readonly sessionId: string;
  readonly slotIndex: number;
}

/** Node's end of `NodeLink.openMedia`; null when the slot does not run the session. */
export type MediaOpener = (params: OpenMediaParams) => Promise<MediaTunnel | null>;

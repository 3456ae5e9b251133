import type { ControlPeer } from './contract.js';

/** Who is in the session, as `sync_seats` tells it. */
export interface SeatList {
  readonly players: readonly { readonly name: string; readonly seat_index: number; readonly mic_status: number }[];
  readonly viewers: readonly { readonly name: string; readonly mic_status: number }[];
}

/** The attached peers by role. PURE but for its own state. */
export interface Seats {
  add(peer: ControlPeer): void;
  remove(peerId: string): void;
  has(userId: string): boolean;
  /** 1 muted by itself, 2 open. */
  setMicStatus(peerId: string, status: number): void;
  describe(): SeatList;
}

const mutedBySelf = 1;

/** Creates the empty list; it is as long as the number of attached peers, which the streamer bounds. */
export function createSeats(): Seats {
  const entries = new Map<string, { readonly peer: ControlPeer; micStatus: number }>();
  const list = () => [...entries.values()];
  return {
    add: (peer) => void entries.set(peer.peerId, { peer, micStatus: mutedBySelf }),
    remove: (peerId) => void entries.delete(peerId),
    has: (userId) => list().some(({ peer }) => peer.userId === userId),
    setMicStatus(peerId, status) {
      const entry = entries.get(peerId);
      if (entry !== undefined) entry.micStatus = status;
    },
    describe: () => ({
      players: list()
        .filter(({ peer }) => peer.role === 'Player')
        .map(({ peer, micStatus }) => ({ name: peer.userId, seat_index: peer.seat, mic_status: micStatus })),
      viewers: list()
        .filter(({ peer }) => peer.role === 'Viewer')
        .map(({ peer, micStatus }) => ({ name: peer.userId, mic_status: micStatus })),
    }),
  };
}

import type { Role } from '@cloudstage/protocol';

/** Most people that one session may have, the host included among the players. */
export interface SeatLimits {
  readonly maxPlayers: number;
  readonly maxViewers: number;
}

/** A guest that already sits in the session. */
export interface SeatedGuest {
  readonly userId: string;
  readonly role: Role;
  /** 1-based player position; 0 for viewers. */
  readonly seat: number;
}

/** The host's position. */
export const hostSeat = 1;

/** Where a guest sits, or that there is no room. */
export type SeatDecision = { readonly type: 'seat'; readonly seat: number } | { readonly type: 'full' };

/** Gives a guest a seat: its own one when it comes again in the same role, else the lowest free one. */
export function decideSeat(
  guests: readonly SeatedGuest[],
  wish: { readonly userId: string; readonly role: Role },
  limits: SeatLimits,
): SeatDecision {
  const others = guests.filter((guest) => guest.userId !== wish.userId);
  if (wish.role === 'Viewer') {
    const viewers = others.filter((guest) => guest.role === 'Viewer').length;
    return viewers < limits.maxViewers ? { type: 'seat', seat: 0 } : { type: 'full' };
  }
  const taken = new Set(others.filter((guest) => guest.role === 'Player').map((guest) => guest.seat));
  const own = guests.find((guest) => guest.userId === wish.userId && guest.role === 'Player');
  if (own !== undefined && !taken.has(own.seat)) return { type: 'seat', seat: own.seat };
  for (let seat = hostSeat + 1; seat <= limits.maxPlayers; seat += 1) {
    if (!taken.has(seat)) return { type: 'seat', seat };
  }
  return { type: 'full' };
}

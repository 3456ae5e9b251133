/** A peer that receives pictures. */
export interface RateClaim {
  readonly role: 'player' | 'viewer';
  /** What its path takes. */
  readonly targetBps: number;
}

/**
 * The slowest of those who decide is not followed below this share of the fastest: one hopeless path must not take the picture from all others.
 * It gets fewer pictures instead.
 */
const followedShare = 0.25;

/**
 * Rate of the one encode that all peers share: that of the slowest player, within bounds; of the slowest viewer where nobody plays. Viewers besides
 * a player get what there is. PURE.
 * @returns bits a second, or undefined without peers
 */
export function allocateRate(claims: readonly RateClaim[]): number | undefined {
  const players = claims.filter(({ role }) => role === 'player');
  const rates = (players.length > 0 ? players : claims).map(({ targetBps }) => targetBps);
  if (rates.length === 0) return undefined;
  return Math.max(Math.min(...rates), followedShare * Math.max(...rates));
}

/**
 * Whether to wait with the next picture: all who decide are blocked, or the only one is. Those who are not must not wait for those who are.
 * PURE.
 */
export function shouldHold(
  peers: readonly { readonly role: 'player' | 'viewer'; readonly blocked: boolean }[],
): boolean {
  const players = peers.filter(({ role }) => role === 'player');
  return players.length > 0 && players.every(({ blocked }) => blocked);
}

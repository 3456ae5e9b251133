import { burstLossOf, idealLink, type LinkOptions } from '@cloudstage/render-node/testing/link-model';

/** PURE: the paths of a soak, one after the other. Clean ones come in between: only their delays can be compared. */
export interface Phase {
  readonly name: string;
  readonly down: Partial<LinkOptions>;
  readonly clean: boolean;
}

const ms = (value: number) => value * 1_000;
const base: Partial<LinkOptions> = { ...idealLink, bandwidthBps: 20_000_000, queueUs: ms(200), delayUs: ms(10) };
const clean: Phase = { name: 'clean', down: base, clean: true };
const troubles: readonly Phase[] = [
  { name: 'loss', down: { ...base, loss: 0.02 }, clean: false },
  { name: 'narrow', down: { ...base, bandwidthBps: 4_000_000 }, clean: false },
  { name: 'jitter', down: { ...base, jitterUs: ms(15), reorder: 0.01, reorderUs: ms(15) }, clean: false },
  { name: 'bursts', down: { ...base, burstLoss: burstLossOf(0.02, 5) }, clean: false },
  { name: 'far', down: { ...base, delayUs: ms(60) }, clean: false },
];

/** Phase number `index`: a clean one, a trouble, a clean one, the next trouble. */
export function phaseOf(index: number): Phase {
  return index % 2 === 0 ? clean : (troubles[((index - 1) / 2) % troubles.length] ?? clean);
}

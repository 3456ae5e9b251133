import type { RunResult } from './analysis.js';
import type { ImpairmentCase, Sender } from './cases.js';

/** PURE: what is wanted, and whether it was reached. */

/** One goal on one path. */
export interface Goal {
  readonly text: string;
  readonly met: boolean;
}

/** Mean one-way delay of a path in milliseconds, without its queue. */
export function baseDelayMs({ down }: Pick<ImpairmentCase, 'down'>): number {
  return ((down.delayUs ?? 0) + (down.jitterUs ?? 0) / 2) / 1_000;
}

/** SSIM by which a picture may be worse and still counts as equal: two runs of the same sender differ by as much. */
const equalSsim = 0.005;
/** Beyond half a round trip, p95. */
const delayMarginMs = 40;

const number = (value: number | null, digits = 1) => (value === null ? '-' : value.toFixed(digits));

/** Goals of the product on a path. In the comparison with Chromium drawing, capture, encoding and decoding count as delay, too. */
export function goalsOf(
  settings: ImpairmentCase,
  results: Readonly<Partial<Record<Sender, RunResult>>>,
): readonly Goal[] {
  const { product, chromium } = results;
  if (!product) return [];
  const p95 = product.delayOverBaseMs.p95;
  const goals: Goal[] = [];
  if (settings.changes.length === 0) {
    goals.push({ text: `no freeze > 200 ms (${product.freezes})`, met: product.freezes === 0 });
    const waiting = product.networkAndBufferMs.p95;
    goals.push({
      text: `p95 of network and buffer ≤ RTT/2 + ${delayMarginMs} ms (RTT/2 + ${number(waiting)}; draw→present RTT/2 + ${number(p95)})`,
      met: waiting !== null && waiting <= delayMarginMs,
    });
  } else {
    const { settledMs, recoveredMs } = product;
    goals.push({
      text: `20 Mbit/s used again within 1 s (${number(recoveredMs, 0)} ms)`,
      met: (recoveredMs ?? 1e9) <= 1_000,
    });
    goals.push({ text: `delay settled after the fall (${number(settledMs, 0)} ms)`, met: settledMs !== null });
  }
  if (chromium) {
    const faster = (p95 ?? 1e9) < (chromium.delayOverBaseMs.p95 ?? 1e9);
    const asGood = (product.ssim ?? 0) >= (chromium.ssim ?? 0) - equalSsim;
    const text = [
      `delay p95 ${number(p95)} against ${number(chromium.delayOverBaseMs.p95)} ms`,
      `SSIM ${number(product.ssim, 3)} against ${number(chromium.ssim, 3)}`,
    ];
    goals.push({
      text: `less delay than Chromium's sender at an equal or better picture (${text.join(', ')})`,
      met: faster && asGood,
    });
  }
  return goals;
}

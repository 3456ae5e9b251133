/**
 * The latency account of a session: how long each part of the way from screen to eye takes. Client, streamer, agent and control
 * plane count in the same buckets, so that counts can be added up wherever they meet. PURE.
 */

/**
 * Parts of the way, in order, as they are called on the wire and in metrics.
 *
 * * `capture`, `convert`, `encode`: making the picture, once for all clients.
 * * `pace`: from the encoded picture to its last packet on the socket. `network`: one way, of each packet.
 * * `jitter_buffer`, `decode`, `present`: in the client. `receive` is the first two together, which is all that a client of
 *   another maker tells.
 * * `capture_to_present` is the whole way; `input_to_photon` from a key or a click to the first picture captured after it arrived.
 */
export const latencyLegs = [
  'capture',
  'convert',
  'encode',
  'pace',
  'network',
  'jitter_buffer',
  'decode',
  'present',
  'receive',
  'capture_to_present',
  'input_to_photon',
] as const;
/** One of {@link latencyLegs}. */
export type LatencyLeg = (typeof latencyLegs)[number];

/** What only a client of ours can measure; it counts them and sends the counts. */
export const clientLatencyLegs = [
  'jitter_buffer',
  'decode',
  'present',
  'capture_to_present',
  'input_to_photon',
] as const satisfies readonly LatencyLeg[];

/** Number of buckets of each leg: up to about nine seconds. */
export const latencyBuckets = 128;
const lowestMs = 0.05;
const growth = 1.1;
const logGrowth = Math.log(growth);

/** Bucket of a duration; what is shorter than the first or longer than the last bucket is counted in it. */
export function latencyBucket(ms: number): number {
  if (!(ms > lowestMs)) return 0;
  return Math.min(latencyBuckets - 1, Math.ceil(Math.log(ms / lowestMs) / logGrowth - 1e-9));
}

/** Longest duration of a bucket, milliseconds. */
export function latencyBucketEndMs(bucket: number): number {
  return lowestMs * growth ** bucket;
}

/** Pairs of bucket and count, buckets rising; empty buckets are left out. */
export type BucketCounts = readonly (readonly [bucket: number, count: number])[];

/** Counts by leg; legs nobody measured are absent. */
export type LatencyCounts = { readonly [L in LatencyLeg]?: BucketCounts };

/** Milliseconds below which half, 95 % and 99 % of `count` measurements lie; within 5 %. */
export interface LatencyPercentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly count: number;
}

/** Percentiles by leg; legs nobody measured are absent. */
export type LatencyReport = { readonly [L in LatencyLeg]?: LatencyPercentiles };

/** What watchdogs of latency do and what comes of it, as metrics call it. */
export const latencyRepairs = ['lower-bitrate', 'resync', 'restart-playback', 'recovered', 'given-up'] as const;
/** One of {@link latencyRepairs}. */
export type LatencyRepair = (typeof latencyRepairs)[number];

/** What has been measured and repaired since some moment; can be added up. */
export interface LatencyTotals {
  readonly counts: LatencyCounts;
  readonly repairs: { readonly [R in LatencyRepair]?: number };
}

/** Counts durations in buckets that grow by a tenth. Recording allocates nothing. */
export interface LatencyHistogram {
  /** Counts a duration, `count` times. What is not a number is left out. */
  record(ms: number, count?: number): void;
  /** Adds counts of others. */
  addCounts(counts: BucketCounts): void;
  /** Adds everything that another histogram has counted. */
  addAll(other: LatencyHistogram): void;
  /** Count of everything. */
  readonly count: number;
  /** Count of one bucket. */
  at(bucket: number): number;
  /** Everything counted, to be sent elsewhere. */
  counts(): BucketCounts;
  /** Null when nothing was recorded. */
  percentiles(): LatencyPercentiles | null;
  /** Forgets everything. */
  clear(): void;
}

const round = (ms: number) => (ms < 10 ? Math.round(ms * 100) / 100 : Math.round(ms * 10) / 10);

/** Middle of a bucket on the logarithmic scale: off by 5 % at most. */
const middleMs = (bucket: number) => round(latencyBucketEndMs(bucket) / Math.sqrt(growth));

/** Creates an empty histogram of one kilobyte. */
export function createLatencyHistogram(): LatencyHistogram {
  const buckets = new Float64Array(latencyBuckets);
  let total = 0;
  const add = (bucket: number, count: number) => {
    buckets[bucket] = (buckets[bucket] ?? 0) + count;
    total += count;
  };
  const percentile = (share: number) => {
    let left = Math.ceil(share * total);
    for (let bucket = 0; bucket < latencyBuckets; bucket++) {
      left -= buckets[bucket] ?? 0;
      if (left <= 0) return middleMs(bucket);
    }
    return middleMs(latencyBuckets - 1);
  };
  return {
    record: (ms, count = 1) => {
      if (!Number.isNaN(ms)) add(latencyBucket(ms), count);
    },
    addCounts: (counts) => {
      for (const [bucket, count] of counts) if (bucket >= 0 && bucket < latencyBuckets) add(bucket, count);
    },
    addAll: (other) => {
      for (let bucket = 0; bucket < latencyBuckets; bucket++) add(bucket, other.at(bucket));
    },
    get count() {
      return total;
    },
    at: (bucket) => buckets[bucket] ?? 0,
    counts: () => [...buckets.entries()].filter(([, count]) => count > 0),
    percentiles: () =>
      total === 0 ? null : { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99), count: total },
    clear: () => {
      buckets.fill(0);
      total = 0;
    },
  };
}

/** Adds totals up; bounded by the number of legs. */
export interface LatencyLedger {
  /** Adds what is new. */
  add(totals: LatencyTotals): void;
  /** The sum since the start or it was cleared. */
  totals(): LatencyTotals;
  /** Forgets everything. */
  clear(): void;
}

/** Creates an empty ledger. */
export function createLatencyLedger(): LatencyLedger {
  const legs = new Map<LatencyLeg, LatencyHistogram>();
  const repairs = new Map<LatencyRepair, number>();
  return {
    add: (totals) => {
      for (const leg of latencyLegs) {
        const counts = totals.counts[leg];
        if (!counts) continue;
        const histogram = legs.get(leg) ?? createLatencyHistogram();
        histogram.addCounts(counts);
        legs.set(leg, histogram);
      }
      for (const repair of latencyRepairs) {
        const count = totals.repairs[repair];
        if (count !== undefined) repairs.set(repair, (repairs.get(repair) ?? 0) + count);
      }
    },
    totals: () => ({
      counts: Object.fromEntries([...legs].map(([leg, histogram]) => [leg, histogram.counts()])),
      repairs: Object.fromEntries(repairs),
    }),
    clear: () => {
      legs.clear();
      repairs.clear();
    },
  };
}

/** Most measurements of one leg that are believed of one message: a second of 240 Hz, sent late. */
const maxCountsPerMessage = 1_000;

function readBuckets(value: unknown): BucketCounts {
  if (!Array.isArray(value)) return [];
  const counts: [number, number][] = [];
  let left = maxCountsPerMessage;
  for (const pair of value.slice(0, latencyBuckets) as readonly unknown[]) {
    const [bucket, count]: readonly unknown[] = Array.isArray(pair) ? pair : [];
    if (!Number.isInteger(bucket) || !Number.isInteger(count)) continue;
    const [at, number] = [Number(bucket), Math.min(left, Number(count))];
    if (at < 0 || at >= latencyBuckets || number <= 0) continue;
    counts.push([at, number]);
    left -= number;
  }
  return counts;
}

/** Counts out of a stranger's message, of the given legs only; what is not understood is left out. */
export function readLatencyCounts(value: unknown, legs: readonly LatencyLeg[]): LatencyCounts {
  if (typeof value !== 'object' || value === null) return {};
  const fields = new Map<string, unknown>(Object.entries(value));
  const counts: { [L in LatencyLeg]?: BucketCounts } = {};
  for (const leg of legs) {
    const read = readBuckets(fields.get(leg));
    if (read.length > 0) counts[leg] = read;
  }
  return counts;
}

/** Percentiles out of a stranger's message; what is not understood is left out. */
export function readLatencyReport(value: unknown): LatencyReport {
  if (typeof value !== 'object' || value === null) return {};
  const fields = new Map<string, unknown>(Object.entries(value));
  const report: { [L in LatencyLeg]?: LatencyPercentiles } = {};
  for (const leg of latencyLegs) {
    const entry = fields.get(leg);
    if (typeof entry !== 'object' || entry === null) continue;
    const { p50, p95, p99, count } = entry as Readonly<Record<string, unknown>>;
    const isNumber = (field: unknown): field is number => typeof field === 'number' && Number.isFinite(field);
    if (isNumber(p50) && isNumber(p95) && isNumber(p99) && isNumber(count)) report[leg] = { p50, p95, p99, count };
  }
  return report;
}

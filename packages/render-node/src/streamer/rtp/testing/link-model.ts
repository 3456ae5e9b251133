/** Losses that come in bursts: a chain of two states that steps once a packet. @see E. O. Elliott, "Estimates of error rates", 1963 */
export interface BurstLoss {
  /** Probability, a packet, that the bad state begins and ends. */
  readonly begin: number;
  readonly end: number;
  /** Share of the packets that is lost in the bad state. */
  readonly lossInBurst: number;
}

/** A path in one direction. Times are microseconds, probabilities 0 to 1. */
export interface LinkOptions {
  /** Of the bottleneck, in bits a second; infinite for none. */
  readonly bandwidthBps: number;
  /** Packets that would wait longer than this, or behind more bytes than this, are dropped at the tail. */
  readonly queueUs: number;
  readonly queueBytes: number;
  /** One way, behind the bottleneck. */
  readonly delayUs: number;
  /** Evenly distributed delay on top, 0 to this. */
  readonly jitterUs: number;
  /** Whether a packet may overtake others by jitter. Otherwise it holds up the later ones. */
  readonly jitterReorders: boolean;
  /** Independent losses, behind the bottleneck: a lost packet has used bandwidth. */
  readonly loss: number;
  readonly burstLoss: BurstLoss | undefined;
  readonly duplicate: number;
  /** Share of the packets that is late by {@link reorderUs}, so that later ones overtake them. */
  readonly reorder: number;
  readonly reorderUs: number;
}

/** Numbers of a link so far. */
export interface LinkCounters {
  readonly packets: number;
  readonly bytes: number;
  /** Packets that found the queue full, and packets lost on the way. */
  readonly overflowed: number;
  readonly lost: number;
  readonly duplicated: number;
}

/**
 * A path with a bottleneck, in virtual time: it has no clock and no timer, holds no packets, and the same calls give the same answers.
 * A simulation runs it with any time it likes; a relay of real datagrams asks it when to pass each one on.
 */
export interface LinkModel {
  /**
   * One packet enters at `nowUs`, which never goes backwards.
   * @returns arrival times of its copies, in microseconds of the same clock: none when it was dropped, two when it was duplicated
   */
  send(bytes: number, nowUs: number): readonly number[];
  /**
   * Changes the path for packets that enter from now on. What waits leaves at the rate at which it came in, as its arrival times are given
   * away already.
   */
  update(changes: Partial<LinkOptions>): void;
  /** Time that a packet entering at `nowUs` would wait at the bottleneck. */
  queueDelayUs(nowUs: number): number;
  readonly options: LinkOptions;
  readonly counters: LinkCounters;
}

/** A path that does nothing to a packet. */
export const idealLink: LinkOptions = {
  bandwidthBps: Number.POSITIVE_INFINITY,
  queueUs: Number.POSITIVE_INFINITY,
  queueBytes: Number.POSITIVE_INFINITY,
  delayUs: 0,
  jitterUs: 0,
  jitterReorders: false,
  loss: 0,
  burstLoss: undefined,
  duplicate: 0,
  reorder: 0,
  reorderUs: 20_000,
};

/** Numbers in [0, 1) that depend on the seed alone: the generator mulberry32. */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A chain that loses `loss` of all packets, all of them in bursts of `packets` packets on average. */
export function burstLossOf(loss: number, packets: number): BurstLoss {
  const end = 1 / packets;
  return { begin: (end * loss) / (1 - loss), end, lossInBurst: 1 };
}

/** Packets at the bottleneck, the oldest first. */
function createQueue() {
  let entries: { readonly departUs: number; readonly bytes: number }[] = [];
  let first = 0;
  let waiting = 0;
  return {
    push: (departUs: number, bytes: number) => {
      entries.push({ departUs, bytes });
      waiting += bytes;
    },
    /** Bytes that have not left at `nowUs`. */
    bytes: (nowUs: number) => {
      for (let entry = entries[first]; entry !== undefined && entry.departUs <= nowUs; entry = entries[first]) {
        waiting -= entry.bytes;
        first++;
      }
      if (first > 1_024) {
        entries = entries.slice(first);
        first = 0;
      }
      return waiting;
    },
  };
}

/**
 * Creates a path. Each cause of trouble has a random sequence of its own and takes one number a packet, so that more jitter does not change
 * which packets are lost.
 */
export function createLinkModel(options: Partial<LinkOptions>, seed: number): LinkModel {
  let now: LinkOptions = { ...idealLink, ...options };
  const random = {
    loss: createRandom(seed),
    burst: createRandom(seed + 0x1000),
    burstLoss: createRandom(seed + 0x2000),
    jitter: createRandom(seed + 0x3000),
    reorder: createRandom(seed + 0x4000),
    duplicate: createRandom(seed + 0x5000),
  };
  const counters = { packets: 0, bytes: 0, overflowed: 0, lost: 0, duplicated: 0 };
  const queue = createQueue();
  let freeUs = Number.NEGATIVE_INFINITY;
  let lastArrivalUs = Number.NEGATIVE_INFINITY;
  let inBurst = false;
  /** Whether the packet is lost on the way. */
  const isLost = () => {
    const lossy = now.burstLoss ?? { begin: 0, end: 1, lossInBurst: 0 };
    inBurst = random.burst() < (inBurst ? 1 - lossy.end : lossy.begin);
    const lostInBurst = random.burstLoss() < lossy.lossInBurst && inBurst;
    return random.loss() < now.loss || lostInBurst;
  };
  const arrival = (departUs: number) => {
    const jitterUs = random.jitter() * now.jitterUs;
    const late = random.reorder() < now.reorder;
    const arrivalUs = departUs + now.delayUs + jitterUs;
    if (late) return arrivalUs + now.reorderUs;
    if (now.jitterReorders) return arrivalUs;
    lastArrivalUs = Math.max(lastArrivalUs, arrivalUs);
    return lastArrivalUs;
  };
  const queueDelayUs = (nowUs: number) => Math.max(0, freeUs - nowUs);
  return {
    send: (bytes, nowUs) => {
      counters.packets++;
      counters.bytes += bytes;
      if (queueDelayUs(nowUs) > now.queueUs || queue.bytes(nowUs) + bytes > now.queueBytes) {
        counters.overflowed++;
        return [];
      }
      freeUs = Math.max(freeUs, nowUs) + (bytes * 8_000_000) / now.bandwidthBps;
      queue.push(freeUs, bytes);
      const lost = isLost();
      const arrivalUs = arrival(freeUs);
      const duplicated = random.duplicate() < now.duplicate;
      if (lost) counters.lost++;
      else if (duplicated) counters.duplicated++;
      if (lost) return [];
      return duplicated ? [arrivalUs, arrivalUs] : [arrivalUs];
    },
    update: (changes) => {
      now = { ...now, ...changes };
    },
    queueDelayUs,
    get options() {
      return now;
    },
    get counters() {
      return { ...counters };
    },
  };
}

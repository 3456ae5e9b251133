/** Smallest value of the last while, in buckets: exact to one bucket, with memory that does not grow with the number of values. */
export interface WindowedMin {
  add(value: number, timeUs: number): void;
  /** Infinite while there is no value. */
  min(): number;
  /** Values in the window. */
  count(): number;
  /** Forgets everything. */
  clear(): void;
}

/** A window of `buckets` times `bucketUs`; times are of one clock and may go back a little. */
export function createWindowedMin(bucketUs: number, buckets: number): WindowedMin {
  const slots = Array.from({ length: buckets }, () => ({ min: Number.POSITIVE_INFINITY, count: 0 }));
  let current = Number.NEGATIVE_INFINITY;
  const clear = () => {
    for (const slot of slots) Object.assign(slot, { min: Number.POSITIVE_INFINITY, count: 0 });
  };
  return {
    add: (value, timeUs) => {
      const bucket = Math.floor(timeUs / bucketUs);
      if (bucket - current >= buckets) clear();
      else
        for (let next = current + 1; next <= bucket; next++) {
          Object.assign(slots[((next % buckets) + buckets) % buckets] ?? {}, {
            min: Number.POSITIVE_INFINITY,
            count: 0,
          });
        }
      current = Math.max(current, bucket);
      const slot = slots[((current % buckets) + buckets) % buckets];
      if (!slot) return;
      slot.min = Math.min(slot.min, value);
      slot.count++;
    },
    min: () => {
      let least = Number.POSITIVE_INFINITY;
      for (const slot of slots) if (slot.min < least) least = slot.min;
      return least;
    },
    count: () => slots.reduce((sum, slot) => sum + slot.count, 0),
    clear,
  };
}

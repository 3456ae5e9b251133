/** A packet in its place, or the lack of one. */
export type OrderedPacket = Buffer | null;

/** Packets ahead of a missing one that are waited with: three of 20 ms, which is what a voice may be late. */
const waitingPackets = 3;
/** A jump farther than this is a new beginning, not a loss: the sender has started again. */
const restartDistance = 50;

/**
 * Puts the packets of a voice in order. Each call gives those that are due, null for one that did not come. What is late or comes
 * twice is dropped. PURE apart from its memory, which holds three packets at most.
 */
export function createVoiceOrder(): (sequenceNumber: number, payload: Buffer) => readonly OrderedPacket[] {
  let expected: number | undefined;
  const early = new Map<number, Buffer>();

  function drain(): OrderedPacket[] {
    const due: OrderedPacket[] = [];
    const take = (packet: OrderedPacket) => {
      due.push(packet);
      early.delete(expected ?? 0);
      expected = ((expected ?? 0) + 1) & 0xffff;
    };
    for (let next = early.get(expected ?? 0); next; next = early.get(expected ?? 0)) take(next);
    while (early.size >= waitingPackets) {
      take(null);
      for (let next = early.get(expected ?? 0); next; next = early.get(expected ?? 0)) take(next);
    }
    return due;
  }

  return (sequenceNumber, payload) => {
    expected ??= sequenceNumber;
    const ahead = (sequenceNumber - expected) & 0xffff;
    const behind = (expected - sequenceNumber) & 0xffff;
    if (behind > 0 && behind <= restartDistance) return [];
    if (ahead > restartDistance) {
      early.clear();
      expected = sequenceNumber;
    }
    early.set(sequenceNumber, payload);
    return drain();
  };
}

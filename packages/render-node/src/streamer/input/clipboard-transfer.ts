import type { X11Display } from '../../x11/display.js';
import { inputLimits } from './limits.js';

/** One selection value that is too large for one property. */
export interface IncrementalTransfer {
  readonly requestor: number;
  readonly property: number;
  readonly type: number;
  readonly data: Buffer;
  /** Called when the requestor has taken the last piece. */
  readonly onDone: () => void;
}

/** Serves large selection values piece by piece. */
export interface IncrementalTransfers {
  /** False when too many requestors are being served. */
  start(transfer: IncrementalTransfer): boolean;
  close(): void;
}

interface Running extends IncrementalTransfer {
  offset: number;
  timer: NodeJS.Timeout;
}

const propertyChangeMask = 0x40_0000;
const deleted = 1;
const replace = 0;

/**
 * INCR: the property first holds the size; each time the requestor deletes it, the next piece is put there, and an empty one
 * ends the transfer.
 * @see ICCCM §2.7.2
 */
export function createIncrementalTransfers(display: X11Display, incrAtom: number): IncrementalTransfers {
  const running = new Map<string, Running>();
  const keyOf = (requestor: number, property: number) => `${requestor}:${property}`;
  const listen = (requestor: number, mask: number) => {
    if (!display.isClosed) display.core.ChangeWindowAttributes(requestor, { eventMask: mask });
  };
  const finish = (transfer: Running) => {
    clearTimeout(transfer.timer);
    running.delete(keyOf(transfer.requestor, transfer.property));
    if ([...running.values()].every((other) => other.requestor !== transfer.requestor)) listen(transfer.requestor, 0);
  };
  const expireLater = (transfer: IncrementalTransfer) =>
    setTimeout(() => {
      const late = running.get(keyOf(transfer.requestor, transfer.property));
      if (late !== undefined) finish(late);
    }, inputLimits.selectionTransferTimeoutMs);
  const sendNext = (transfer: Running) => {
    clearTimeout(transfer.timer);
    const piece = transfer.data.subarray(transfer.offset, transfer.offset + inputLimits.selectionChunkBytes);
    transfer.offset += piece.length;
    display.core.ChangeProperty(replace, transfer.requestor, transfer.property, transfer.type, 8, piece);
    if (piece.length > 0) {
      transfer.timer = expireLater(transfer);
      return;
    }
    finish(transfer);
    transfer.onDone();
  };
  const stopListening = display.onEvent((event) => {
    if (event.name !== 'PropertyNotify' || event.state !== deleted) return;
    const transfer = running.get(keyOf(Number(event.wid), Number(event.atom)));
    if (transfer !== undefined) sendNext(transfer);
  });
  return {
    start(transfer) {
      if (running.size >= inputLimits.selectionTransfers) return false;
      const key = keyOf(transfer.requestor, transfer.property);
      const former = running.get(key);
      if (former !== undefined) clearTimeout(former.timer);
      running.set(key, { ...transfer, offset: 0, timer: expireLater(transfer) });
      listen(transfer.requestor, propertyChangeMask);
      const size = Buffer.alloc(4);
      size.writeUInt32LE(transfer.data.length);
      display.core.ChangeProperty(replace, transfer.requestor, transfer.property, incrAtom, 32, size);
      return true;
    },
    close() {
      stopListening();
      for (const transfer of running.values()) clearTimeout(transfer.timer);
      running.clear();
    },
  };
}

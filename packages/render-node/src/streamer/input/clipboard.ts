import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@cloudstage/protocol';
import type { X11Event } from '../../x11/core-types.js';
import type { X11Display } from '../../x11/display.js';
import { internSelectionAtoms, latin1Of, type SelectionAtoms } from './clipboard-atoms.js';
import { createIncrementalTransfers } from './clipboard-transfer.js';
import { inputLimits } from './limits.js';

/** Owns the CLIPBOARD selection of the display while it has a text to offer. */
export interface Clipboard {
  /**
   * Takes the selection with this text. `served` resolves when a program has read it.
   * @throws AppError `clipboard-refused`, and those of {@link X11Display.request}
   */
  offer(text: string): Promise<{ readonly served: Promise<void> }>;
  /** Gives the selection up. */
  close(): void;
}

interface SelectionRequest {
  readonly requestor: number;
  readonly selection: number;
  readonly target: number;
  readonly property: number;
  readonly time: number;
}

interface Offer {
  readonly text: string;
  readonly timeMs: number;
  readonly onServed: () => void;
}

const inputOnly = 2;
const propertyChangeMask = 0x40_0000;
const replace = 0;
const append = 2;
const none = 0;
const timestampTimeoutMs = 1_000;

const words = (values: readonly number[]) => {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    buffer.writeUInt32LE(value >>> 0, index * 4);
  });
  return buffer;
};

const isSelectionRequest = (event: X11Event): event is X11Event & SelectionRequest => event.name === 'SelectionRequest';

/** Server time, which ICCCM wants for taking a selection: the time of a property change of our own window. */
async function serverTime(display: X11Display, window: number, atoms: SelectionAtoms): Promise<number> {
  const abort = new AbortController();
  let stop: () => void = () => undefined;
  const changed = new Promise<number>((resolve) => {
    stop = display.onEvent((event) => {
      if (event.name === 'PropertyNotify' && event.wid === window) resolve(Number(event.time));
    });
  });
  display.core.ChangeProperty(append, window, atoms.clipboard, atoms.integer, 32, Buffer.alloc(0));
  const expired = sleep(timestampTimeoutMs, undefined, { signal: abort.signal }).catch(() => undefined);
  const time = await Promise.race([changed, expired]);
  abort.abort();
  stop();
  if (time === undefined) throw new AppError('deadline-exceeded', 'the X server did not tell its time');
  return time;
}

/** Answers one target into a property; false when the target cannot be served. */
function createAnswers(display: X11Display, atoms: SelectionAtoms) {
  const transfers = createIncrementalTransfers(display, atoms.incr);
  const put = (request: SelectionRequest, property: number, type: number, format: 8 | 32, data: Buffer) =>
    display.core.ChangeProperty(replace, request.requestor, property, type, format, data);
  const putText = (request: SelectionRequest, property: number, type: number, data: Buffer, offer: Offer) => {
    if (data.length > inputLimits.selectionChunkBytes) {
      return transfers.start({ requestor: request.requestor, property, type, data, onDone: offer.onServed });
    }
    put(request, property, type, 8, data);
    offer.onServed();
    return true;
  };
  const answer = (request: SelectionRequest, target: number, property: number, offer: Offer): boolean => {
    switch (target) {
      case atoms.targets:
        put(request, property, atoms.atom, 32, words(atoms.offered));
        return true;
      case atoms.timestamp:
        put(request, property, atoms.integer, 32, words([offer.timeMs]));
        return true;
      case atoms.string:
        return putText(request, property, atoms.string, latin1Of(offer.text), offer);
      case atoms.text:
        return putText(request, property, atoms.utf8String, Buffer.from(offer.text), offer);
      case atoms.utf8String:
      case atoms.plain:
      case atoms.plainUtf8:
        return putText(request, property, target, Buffer.from(offer.text), offer);
      default:
        return false;
    }
  };
  const answerMultiple = async (request: SelectionRequest, offer: Offer): Promise<boolean> => {
    const list = await display.request<{ readonly data: Buffer }>(
      (reply) =>
        display.core.GetProperty(
          0,
          request.requestor,
          request.property,
          atoms.atomPair,
          0,
          inputLimits.selectionMultiple * 2,
          reply,
        ),
      'GetProperty',
    );
    const result: number[] = [];
    for (let offset = 0; offset + 8 <= list.data.length; offset += 8) {
      const target = list.data.readUInt32LE(offset);
      const property = list.data.readUInt32LE(offset + 4);
      result.push(target, answer(request, target, property, offer) ? property : none);
    }
    put(request, request.property, atoms.atomPair, 32, words(result));
    return true;
  };
  return { answer, answerMultiple, close: transfers.close };
}

async function createOwner(display: X11Display) {
  const atoms = await internSelectionAtoms(display);
  const window = display.core.AllocID();
  display.core.CreateWindow(window, display.root, -10, -10, 1, 1, 0, 0, inputOnly, 0, {
    eventMask: propertyChangeMask,
  });
  return { atoms, window, answers: createAnswers(display, atoms) };
}

/** Serves the selection natively: no child process that would have to outlive the paste. */
export function createClipboard(display: X11Display): Clipboard {
  let owner: Awaited<ReturnType<typeof createOwner>> | undefined;
  let current: Offer | undefined;

  const notify = (request: SelectionRequest, property: number) =>
    display.core.SendEvent(request.requestor, 0, 0, {
      name: 'SelectionNotify',
      time: request.time,
      requestor: request.requestor,
      selection: request.selection,
      target: request.target,
      property,
    });
  const serve = async (request: SelectionRequest): Promise<void> => {
    const offer = current;
    if (owner === undefined || offer === undefined || request.selection !== owner.atoms.clipboard) {
      notify(request, none);
      return;
    }
    // Clients older than ICCCM 2 leave the property out and expect the target's name.
    const property = request.property === none ? request.target : request.property;
    const isMultiple = request.target === owner.atoms.multiple && request.property !== none;
    const served = isMultiple
      ? await owner.answers.answerMultiple(request, offer).catch(() => false)
      : owner.answers.answer(request, request.target, property, offer);
    if (!display.isClosed) notify(request, served ? property : none);
  };
  const stopListening = display.onEvent((event) => {
    if (isSelectionRequest(event)) void serve(event);
    else if (event.name === 'SelectionClear' && event.owner === owner?.window) current = undefined;
  });
  return {
    async offer(text) {
      owner ??= await createOwner(display);
      const { window, atoms } = owner;
      const timeMs = await serverTime(display, window, atoms);
      const served = new Promise<void>((resolve) => {
        current = { text, timeMs, onServed: resolve };
      });
      display.core.SetSelectionOwner(window, atoms.clipboard, timeMs);
      const holder = await display.request<number>(
        (reply) => display.core.GetSelectionOwner(atoms.clipboard, reply),
        'GetSelectionOwner',
      );
      if (holder !== window) throw new AppError('clipboard-refused', 'another program took the clipboard');
      return { served };
    },
    close() {
      stopListening();
      owner?.answers.close();
      if (owner !== undefined && !display.isClosed) display.core.DestroyWindow(owner.window);
      owner = undefined;
      current = undefined;
    },
  };
}

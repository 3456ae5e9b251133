import { AppError } from '@cloudstage/protocol';
import type { X11Event, X11Property } from '../../../x11/core-types.js';
import { openDisplay, type X11Display } from '../../../x11/display.js';
import type { TestXServer } from '../../../x11/testing/start-x-server.js';

/** A program with a window in the corner that pastes the CLIPBOARD on Ctrl+V, in pieces where the owner wants it. */
export interface PasteClient {
  /** Texts pasted so far. */
  readonly pasted: string[];
  /** Whether the last one came in pieces (INCR). */
  wasIncremental(): boolean;
  /** Converts the selection to another target and returns the raw property. */
  convert(target: string): Promise<Buffer | null>;
  readonly window: number;
  readonly display: X11Display;
  close(): Promise<void>;
}

const keyPressMask = 1;
const propertyChangeMask = 0x40_0000;
const controlMask = 4;
const keyV = 55;
const anyType = 0;
const wholeProperty = 0x1fff_ffff;

/** Opens the window at the top left corner, `size` pixels square, above every other window, and focuses it. */
export async function startPasteClient(server: TestXServer, size: number): Promise<PasteClient> {
  const display = await openDisplay(server);
  const { core } = display;
  const [clipboard, utf8String, incr, property] = await Promise.all(
    ['CLIPBOARD', 'UTF8_STRING', 'INCR', 'PASTE_CLIENT'].map((name) => display.atom(name)),
  );
  if (clipboard === undefined || utf8String === undefined || incr === undefined || property === undefined) {
    throw new AppError('test-failed', 'no atoms');
  }
  const window = core.AllocID();
  core.CreateWindow(window, display.root, 0, 0, size, size, 0, 0, 1, 0, {
    eventMask: keyPressMask | propertyChangeMask,
    overrideRedirect: 1,
  });
  core.MapWindow(window);
  await display.sync();
  core.SetInputFocus(window, 1);
  await display.sync();

  const pasted: string[] = [];
  const pieces: Buffer[] = [];
  const waiters: ((data: Buffer | null) => void)[] = [];
  let isIncremental = false;
  /** Reads and removes the property. The answer is used in its callback: the next event may be in the same packet. */
  const take = (use: (value: X11Property) => void) =>
    core.GetProperty(1, window, property, anyType, 0, wholeProperty, (error, value) => {
      if (!error) use(value);
      return true;
    });
  const onNotify = (event: X11Event) => {
    if (event.target !== utf8String) {
      const waiter = waiters.shift();
      if (event.property === 0) waiter?.(null);
      else take((value) => waiter?.(value.data));
      return;
    }
    take((value) => {
      isIncremental = value.type === incr;
      if (!isIncremental) pasted.push(value.data.toString());
    });
  };
  const onNewPiece = () =>
    take((value) => {
      if (value.data.length > 0) pieces.push(Buffer.from(value.data));
      else pasted.push(Buffer.concat(pieces.splice(0)).toString());
    });
  display.onEvent((event) => {
    if (event.name === 'KeyPress' && event.keycode === keyV && (Number(event.buttons) & controlMask) !== 0) {
      core.ConvertSelection(window, clipboard, utf8String, property, 0);
    } else if (event.name === 'SelectionNotify' && event.requestor === window) {
      onNotify(event);
    } else if (event.name === 'PropertyNotify' && event.atom === property && event.state === 0 && isIncremental) {
      onNewPiece();
    }
  });
  return {
    pasted,
    wasIncremental: () => isIncremental,
    async convert(target) {
      const atom = await display.atom(target);
      const data = new Promise<Buffer | null>((resolve) => waiters.push(resolve));
      core.ConvertSelection(window, clipboard, atom, property, 0);
      return data;
    },
    window,
    display,
    close: () => display.close(),
  };
}

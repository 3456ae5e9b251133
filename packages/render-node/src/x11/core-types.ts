/**
 * The part of npm `x11` 4.2.2 that Cloudstage uses, typed by hand (the package ships no declarations).
 *
 * Requests with a reply take a Node style callback; requests without one may fail later, as an `error` event of the client.
 * @see https://github.com/sidorares/node-x11
 * @see X Window System Protocol, X11R7.7
 */

/** Callback of a request. Returning true tells npm `x11` that the error was handled. */
export type Reply<T> = (error: Error | null | undefined, value: T) => boolean;

/** Any event: the fields depend on `name`; extension and core parsers differ, so consumers narrow by name. */
export interface X11Event {
  readonly name?: string;
  readonly type: number;
  readonly [field: string]: unknown;
}

/** Value of a property; `bytesAfter` is what the request left unread. */
export interface X11Property {
  readonly type: number;
  readonly format?: number;
  readonly bytesAfter: number;
  readonly data: Buffer;
}

/** Place and size of a drawable in pixels, relative to its parent. */
export interface X11Geometry {
  readonly depth: number;
  readonly xPos: number;
  readonly yPos: number;
  readonly width: number;
  readonly height: number;
}

/** Where the pointer is, and what is pressed. */
export interface X11Pointer {
  readonly rootX: number;
  readonly rootY: number;
  readonly child: number;
  /** Modifiers in bits 0–7, buttons 1–5 in bits 8–12. */
  readonly keyMask: number;
}

/** Colour of a core cursor, 16 bits a channel. */
export interface X11Rgb {
  readonly R: number;
  readonly G: number;
  readonly B: number;
}

/** Core requests. Times are server milliseconds, 0 is CurrentTime. */
export interface X11Core {
  AllocID(): number;
  ReleaseID(id: number): void;
  InternAtom(onlyIfExists: boolean, name: string, reply: Reply<number>): void;
  GetAtomName(atom: number, reply: Reply<string>): void;
  CreateWindow(
    id: number,
    parent: number,
    x: number,
    y: number,
    width: number,
    height: number,
    borderWidth: number,
    depth: number,
    windowClass: number,
    visual: number,
    values: Readonly<Record<string, number>>,
  ): void;
  ChangeWindowAttributes(window: number, values: Readonly<Record<string, number>>): void;
  DestroyWindow(window: number): void;
  MapWindow(window: number): void;
  GetGeometry(drawable: number, reply: Reply<X11Geometry>): void;
  QueryPointer(window: number, reply: Reply<X11Pointer>): void;
  /** 32 bytes, one bit a keycode. */
  QueryKeymap(reply: Reply<Buffer>): void;
  GetInputFocus(reply: Reply<{ readonly focus: number; readonly revertTo: number }>): void;
  SetInputFocus(window: number, revertTo: number): void;
  ChangeProperty(
    mode: 0 | 1 | 2,
    window: number,
    property: number,
    type: number,
    format: 8 | 16 | 32,
    data: Buffer,
  ): void;
  DeleteProperty(window: number, property: number): void;
  /** Offset and length in 4-byte units. */
  GetProperty(
    remove: 0 | 1,
    window: number,
    property: number,
    type: number,
    offset: number,
    length: number,
    reply: Reply<X11Property>,
  ): void;
  SetSelectionOwner(owner: number, selection: number, timeMs: number): void;
  GetSelectionOwner(selection: number, reply: Reply<number>): void;
  ConvertSelection(requestor: number, selection: number, target: number, property: number, timeMs: number): void;
  SendEvent(window: number, propagate: 0 | 1, eventMask: number, event: Readonly<Record<string, unknown>>): void;
  /** Format 32 takes five numbers. @see ICCCM §4.2.8 */
  SendClientMessage(
    destination: number,
    window: number,
    messageType: number,
    format: 8 | 16 | 32,
    data: readonly number[],
    eventMask: number,
  ): void;
  WarpPointer(
    source: number,
    destination: number,
    sourceX: number,
    sourceY: number,
    sourceWidth: number,
    sourceHeight: number,
    x: number,
    y: number,
  ): void;
  /** One row of keysyms a keycode. */
  GetKeyboardMapping(firstKeycode: number, count: number, reply: Reply<readonly (readonly number[])[]>): void;
  ChangeKeyboardMapping(firstKeycode: number, keysymsPerKeycode: number, keysyms: readonly number[]): void;
  /** Eight rows of keycodes: Shift, Lock, Control, Mod1–Mod5; unused places are 0. */
  GetModifierMapping(reply: Reply<readonly (readonly number[])[]>): void;
  GrabServer(): void;
  UngrabServer(): void;
  GetImage(
    format: number,
    drawable: number,
    x: number,
    y: number,
    width: number,
    height: number,
    planeMask: number,
    reply: Reply<{ readonly depth: number; readonly data: Buffer }>,
  ): void;
  CreatePixmap(id: number, drawable: number, depth: number, width: number, height: number): void;
  FreePixmap(id: number): void;
  CreateGC(id: number, drawable: number, values?: Readonly<Record<string, number>>): void;
  FreeGC(id: number): void;
  ChangeGC(id: number, values: Readonly<Record<string, number>>): void;
  PolyFillRectangle(drawable: number, gc: number, rectangles: readonly number[]): void;
  CreateCursor(
    id: number,
    source: number,
    mask: number,
    foreground: X11Rgb,
    background: X11Rgb,
    x: number,
    y: number,
  ): void;
  FreeCursor(id: number): void;
}

/** One screen of the server's greeting. */
export interface X11Screen {
  readonly root: number;
  readonly root_visual: number;
  readonly root_depth: number;
  readonly pixel_width: number;
  readonly pixel_height: number;
  readonly white_pixel: number;
  readonly black_pixel: number;
}

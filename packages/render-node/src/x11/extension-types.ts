import type { Reply, X11Core, X11Event } from './core-types.js';

/** @see X11R7.6 XTEST extension protocol */
export interface X11Xtest {
  readonly KeyPress: 2;
  readonly KeyRelease: 3;
  readonly ButtonPress: 4;
  readonly ButtonRelease: 5;
  readonly MotionNotify: 6;
  /** `detail` is a keycode, a button, or for motion 0 absolute / 1 relative. `root` 0 means the current screen. */
  FakeInput(type: number, detail: number, delayMs: number, root: number, x: number, y: number): void;
}

/** Cursor image: packed ARGB32 with premultiplied alpha, little-endian (bytes B, G, R, A), `width × height`. */
export interface X11CursorImage {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly xhot: number;
  readonly yhot: number;
  readonly cursorSerial: number;
  readonly cursorImage: Buffer;
}

/** Rectangle of a region, in pixels. */
export interface X11Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** @see X Fixes extension protocol 5.0 */
export interface X11Xfixes {
  readonly CursorNotifyMask: { readonly DisplayCursor: number };
  readonly SelectionEventMask: {
    readonly SetSelectionOwner: number;
    readonly SelectionWindowDestroy: number;
    readonly SelectionClientClose: number;
  };
  SelectCursorInput(window: number, mask: number): void;
  SelectSelectionInput(window: number, selection: number, mask: number): void;
  GetCursorImage(reply: Reply<X11CursorImage>): void;
  HideCursor(window: number): void;
  ShowCursor(window: number): void;
  CreateRegion(region: number, rectangles: readonly X11Rectangle[]): void;
  DestroyRegion(region: number): void;
  SetRegion(region: number, rectangles: readonly X11Rectangle[]): void;
  FetchRegion(
    region: number,
    reply: Reply<{ readonly extents: X11Rectangle; readonly rectangles: readonly X11Rectangle[] }>,
  ): void;
}

/** Fields of a `DamageNotify` event. `area` is the damaged rectangle, `geometry` the drawable's. */
export interface X11DamageNotify {
  readonly name: 'DamageNotify';
  readonly drawable: number;
  readonly damage: number;
  readonly time: number;
  readonly area: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly geometry: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

/** @see The DAMAGE extension 1.1 */
export interface X11Damage {
  readonly ReportLevel: {
    readonly RawRectangles: 0;
    readonly DeltaRectangles: 1;
    readonly BoundingBox: 2;
    readonly NonEmpty: 3;
  };
  Create(damage: number, drawable: number, level: number): void;
  Destroy(damage: number): void;
  /** `repair` and `parts` are regions or 0 (None). */
  Subtract(damage: number, repair: number, parts: number): void;
}

/** A RANDR mode the server knows. */
export interface X11ModeInfo {
  readonly id: number;
  readonly width: number;
  readonly height: number;
  readonly name: string;
}

/** CRTCs, outputs and modes of a screen; a change must name `config_timestamp`. */
export interface X11ScreenResources {
  readonly timestamp: number;
  readonly config_timestamp: number;
  readonly crtcs: readonly number[];
  readonly outputs: readonly number[];
  readonly modeinfos: readonly X11ModeInfo[];
}

/** One RANDR output; `connection` 0 means connected, `crtc` 0 none. */
export interface X11OutputInfo {
  readonly crtc: number;
  readonly connection: number;
  readonly crtcs: readonly number[];
  readonly modes: readonly number[];
  readonly name: string;
}

/** Timings of a new mode; `dot_clock` in Hz. */
export interface X11NewMode {
  readonly width: number;
  readonly height: number;
  readonly dot_clock: number;
  readonly h_sync_start: number;
  readonly h_sync_end: number;
  readonly h_total: number;
  readonly v_sync_start: number;
  readonly v_sync_end: number;
  readonly v_total: number;
  readonly modeflags: number;
  readonly name: string;
}

/** @see RandR 1.5 */
export interface X11Randr {
  readonly NotifyMask: { readonly ScreenChange: number };
  SelectInput(window: number, mask: number): void;
  GetScreenSizeRange(
    window: number,
    reply: Reply<{
      readonly minWidth: number;
      readonly minHeight: number;
      readonly maxWidth: number;
      readonly maxHeight: number;
    }>,
  ): void;
  GetScreenResourcesCurrent(window: number, reply: Reply<X11ScreenResources>): void;
  GetOutputInfo(output: number, configTime: number, reply: Reply<X11OutputInfo>): void;
  CreateMode(window: number, mode: X11NewMode, reply: Reply<number>): void;
  DestroyMode(mode: number): void;
  AddOutputMode(output: number, mode: number): void;
  DeleteOutputMode(output: number, mode: number): void;
  SetScreenSize(window: number, width: number, height: number, widthMm: number, heightMm: number): void;
  SetCrtcConfig(
    crtc: number,
    time: number,
    configTime: number,
    x: number,
    y: number,
    mode: number,
    rotation: number,
    outputs: readonly number[],
    reply: Reply<{ readonly status: number }>,
  ): void;
}

/** @see MIT-SHM 1.2. Segments are passed as file descriptors, which also works across IPC namespaces. */
export interface X11Shm {
  readonly ImageFormat: { readonly XYBitmap: 0; readonly XYPixmap: 1; readonly ZPixmap: 2 };
  /** The descriptor is duplicated; the caller keeps its own. */
  AttachFd(segment: number, fd: number, readOnly: boolean, reply: Reply<unknown>): void;
  Detach(segment: number): void;
  /** Writes `width × height` pixels at byte `offset` of the segment. */
  GetImage(
    drawable: number,
    x: number,
    y: number,
    width: number,
    height: number,
    planeMask: number,
    format: number,
    segment: number,
    offset: number,
    reply: Reply<{ readonly depth: number; readonly visual: number; readonly size: number }>,
  ): void;
}

/** @see The X Keyboard Extension. Only what reads and locks modifiers. */
export interface X11Xkb {
  readonly majorOpcode: number;
  readonly UseCoreKbd: 0x100;
  readonly EventType: { readonly NewKeyboardNotify: number; readonly MapNotify: number };
  SelectEvents(
    device: number,
    affectWhich: number,
    clear: number,
    selectAll: number,
    affectMap: number,
    map: number,
  ): void;
  GetState(
    device: number,
    reply: Reply<{ readonly mods: number; readonly lockedMods: number; readonly group: number }>,
  ): void;
  LatchLockState(
    device: number,
    affectModLocks: number,
    modLocks: number,
    lockGroup: boolean,
    groupLock: number,
    affectModLatches: number,
    modLatches: number,
    latchGroup: boolean,
    groupLatch: number,
  ): void;
}

/** Extensions by the name npm `x11` loads them with. */
export interface X11Extensions {
  readonly xtest: X11Xtest;
  readonly fixes: X11Xfixes;
  readonly damage: X11Damage;
  readonly randr: X11Randr;
  readonly shm: X11Shm;
  readonly xkb: X11Xkb;
}

/** The connection object of npm `x11`. */
export interface X11Client extends X11Core {
  on(event: 'event', listener: (event: X11Event) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: 'end', listener: () => void): this;
  terminate(): void;
  /** Caches of atom numbers by name and back. */
  atoms: Record<string, number>;
  atom_names: Record<number, string>;
  /** Sequence number of the last request; a hand-made request counts it up before it is put. */
  seq_num: number;
  readonly replies: Record<number, [unpack: (body: Buffer, detail: number) => unknown, reply: Reply<never>]>;
  readonly pack_stream: { put(packet: Buffer): void; submit(expectsReply: boolean): void };
  require<K extends keyof X11Extensions>(
    name: K,
    callback: (error: Error | null | undefined, extension: X11Extensions[K]) => void,
  ): void;
}

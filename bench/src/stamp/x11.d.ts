/** The part of npm `x11` that the stamp program uses. */
declare module 'x11' {
  import type { EventEmitter } from 'node:events';

  interface Event {
    readonly name: string;
    readonly wid: number;
    readonly keycode: number;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }
  interface Client extends EventEmitter {
    AllocID(): number;
    InternAtom(onlyIfExists: boolean, name: string, reply: (error: Error | null, atom: number) => void): void;
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
    ChangeProperty(mode: number, window: number, property: number, type: number, format: number, data: Buffer): void;
    MapWindow(window: number): void;
    CreateGC(id: number, drawable: number, values: Readonly<Record<string, number>>): void;
    ChangeGC(id: number, values: Readonly<Record<string, number>>): void;
    CreatePixmap(id: number, drawable: number, depth: number, width: number, height: number): void;
    FreePixmap(id: number): void;
    PolyFillRectangle(drawable: number, gc: number, rectangles: readonly number[]): void;
    PolyFillArc(drawable: number, gc: number, arcs: readonly number[]): void;
    CopyArea(
      source: number,
      target: number,
      gc: number,
      sourceX: number,
      sourceY: number,
      targetX: number,
      targetY: number,
      width: number,
      height: number,
    ): void;
    PutImage(
      format: number,
      drawable: number,
      gc: number,
      width: number,
      height: number,
      x: number,
      y: number,
      leftPad: number,
      depth: number,
      data: Buffer,
    ): void;
    GetImage(
      format: number,
      drawable: number,
      x: number,
      y: number,
      width: number,
      height: number,
      planeMask: number,
      reply: (error: Error | null, image: { readonly data: Buffer }) => void,
    ): void;
    require(extension: string, reply: (error: Error | null, extension: unknown) => void): void;
    flush(): void;
    terminate(): void;
  }
  interface Screen {
    readonly root: number;
    readonly root_depth: number;
    readonly pixel_width: number;
    readonly pixel_height: number;
  }
  const x11: {
    createClient(
      options: { readonly bufferRequests: boolean; readonly display?: string },
      callback: (error: Error | null, display: { readonly client: Client; readonly screen: readonly Screen[] }) => void,
    ): Client;
    readonly eventMask: Readonly<Record<string, number>>;
  };
  export default x11;
  export type { Client, Event, Screen };
}

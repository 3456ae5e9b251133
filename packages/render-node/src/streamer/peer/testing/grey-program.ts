import type { StreamSettings } from '@cloudstage/protocol';
import { openDisplay, type X11Display } from '../../../x11/display.js';
import type { TestXServer } from '../../../x11/testing/start-x-server.js';

/** Where clients of a stage would come to, if there was a port mux. */
export const stageMedia = { publicAddresses: ['127.0.0.1'], udpPort: 8_000, tcpPort: 8_000 } as const;

/** Settings of a stage's session: a small picture with a key frame a second in live pushes. */
export const stageSettings: StreamSettings = {
  width: 640,
  height: 480,
  fps: 30,
  minBitrateBps: 500_000,
  maxBitrateBps: 8_000_000,
  disabledVideoCodecs: [],
  publishKeyFrameIntervalMs: 1_000,
  publishIncludesMicrophone: false,
};

/** A program that fills the screen with a grey that changes ten times a second, while it paints. */
export interface GreyProgram {
  readonly display: X11Display;
  readonly windowId: number;
  /** The next grey, at once. */
  paint(): void;
  startPainting(): void;
  stopPainting(): void;
  /** Ends painting and the connection; the window goes with it. */
  close(): Promise<void>;
}

/** Starts the program on a test's X server, painting. */
export async function openGreyProgram(server: TestXServer): Promise<GreyProgram> {
  const display = await openDisplay({ display: server.display, socketPath: server.socketPath });
  const { core } = display;
  const windowId = core.AllocID();
  core.CreateWindow(windowId, display.root, 0, 0, 1_280, 720, 0, 0, 1, 0, { backgroundPixel: 0 });
  core.MapWindow(windowId);
  await display.sync();
  let shade = 0;
  let painter: NodeJS.Timeout | undefined;
  const paint = () => {
    shade = (shade + 16) % 256;
    const gc = core.AllocID();
    core.CreateGC(gc, windowId, { foreground: shade * 0x010101 });
    core.PolyFillRectangle(windowId, gc, [0, 0, 1_280, 720]);
    core.FreeGC(gc);
  };
  const stopPainting = () => clearInterval(painter);
  const startPainting = () => {
    stopPainting();
    painter = setInterval(paint, 100);
  };
  startPainting();
  return {
    display,
    windowId,
    paint,
    startPainting,
    stopPainting,
    close: async () => {
      stopPainting();
      await display.close();
    },
  };
}

import x11, { type Client, type Event, type Screen } from 'x11';
import { type Canvas, createContent, type DrawContent } from './contents.js';
import { parseStampOptions, type StampOptions } from './options.js';
import { encodeStamp, type Stamp, stampLayout, stampRectangles, toStampUs } from './stamp-code.js';

/**
 * The stamp program: fills its display and draws, in every frame, the time and the last press of a key or button, to be
 * read back from the decoded video. Frames are drawn on a fixed beat, as games do: an input waits for the next frame. Only the
 * content `desktop` answers it at once.
 * A frame is drawn aside and shown by one request, so that no capture sees half of it.
 */

/** Wall clock of a stamp; monotonic after the start. */
function nowUs(): number {
  return toStampUs(performance.timeOrigin + performance.now());
}

type Input = Omit<Stamp, 'drawnAtUs' | 'frame'>;

/** Frames before an idle screen comes to rest: two seconds at 60 a second, so that whoever connects sees it move. */
const idleFrames = 120;

/** Stays a black border around the blocks, so that the encoder's ringing does not reach them. */
const border = 16;

class StampWindow {
  readonly #client: Client;
  readonly #screen: Screen;
  readonly #window: number;
  readonly #gc: number;
  readonly #draw: DrawContent;
  #canvas: Canvas;
  #input: Input = { inputSeq: 0, inputAtUs: 0, inputKind: 'none', inputDetail: 0, pointerX: 0, pointerY: 0 };
  #frame = 0;
  #mapped = false;
  /** Frames that a screen at rest still draws: some at the start, one behind a press. */
  #framesLeft: number;
  readonly #answersAtOnce: boolean;

  constructor(client: Client, screen: Screen, options: StampOptions) {
    this.#client = client;
    this.#screen = screen;
    this.#answersAtOnce = options.content === 'desktop';
    const rests = options.content === 'idle' || this.#answersAtOnce;
    this.#framesLeft = rests ? idleFrames : Number.POSITIVE_INFINITY;
    this.#window = client.AllocID();
    this.#gc = client.AllocID();
    const mask = x11.eventMask;
    const eventMask = ['KeyPress', 'ButtonPress', 'PointerMotion', 'StructureNotify'].reduce(
      (bits, name) => bits | (mask[name] ?? 0),
      0,
    );
    const { pixel_width: width, pixel_height: height, root } = screen;
    client.CreateWindow(this.#window, root, 0, 0, width, height, 0, 0, 0, 0, { eventMask, backgroundPixel: 0 });
    client.CreateGC(this.#gc, this.#window, { graphicsExposures: 0 });
    this.#canvas = this.#createCanvas(width, height);
    this.#draw = createContent(options.content, this.#canvas);
    client.on('event', (event: Event) => this.#onEvent(event));
  }

  #createCanvas(width: number, height: number): Canvas {
    const pixmap = this.#client.AllocID();
    const depth = this.#screen.root_depth;
    this.#client.CreatePixmap(pixmap, this.#window, depth, width, height);
    return { client: this.#client, pixmap, gc: this.#gc, depth, width, height };
  }

  /** Shows the window without decoration, over the whole screen. */
  map(fullScreen: { readonly state: number; readonly value: number; readonly atomType: number }): void {
    const value = Buffer.alloc(4);
    value.writeUInt32LE(fullScreen.value);
    this.#client.ChangeProperty(0, this.#window, fullScreen.state, fullScreen.atomType, 32, value);
    this.#client.MapWindow(this.#window);
  }

  #onEvent(event: Event): void {
    if (event.name === 'MapNotify') this.#mapped = true;
    if (event.name === 'ConfigureNotify') this.#resize(event.width, event.height);
    const press = event.name === 'KeyPress' ? 'key' : event.name === 'ButtonPress' ? 'button' : null;
    if (!press && event.name !== 'MotionNotify') return;
    this.#input = { ...this.#input, pointerX: event.x, pointerY: event.y };
    if (!press) return;
    this.#framesLeft = Math.max(1, this.#framesLeft);
    const inputSeq = (this.#input.inputSeq + 1) & 0xffff;
    this.#input = { ...this.#input, inputSeq, inputAtUs: nowUs(), inputKind: press, inputDetail: event.keycode };
    if (this.#answersAtOnce) this.drawFrame(performance.now());
  }

  #resize(width: number, height: number): void {
    if (width === this.#canvas.width && height === this.#canvas.height) return;
    this.#client.FreePixmap(this.#canvas.pixmap);
    this.#canvas = this.#createCanvas(width, height);
    this.#framesLeft = Math.max(1, this.#framesLeft);
  }

  drawFrame(timeMs: number): void {
    if (!this.#mapped || this.#framesLeft <= 0) return;
    this.#framesLeft -= 1;
    const { client, pixmap, gc, width, height } = this.#canvas;
    const { left, top, blockSize, columns, rows } = stampLayout;
    const drawnAtUs = nowUs();
    this.#draw(this.#canvas, this.#frame, timeMs);
    client.ChangeGC(gc, { foreground: 0 });
    const areaWidth = columns * blockSize + 2 * border;
    client.PolyFillRectangle(pixmap, gc, [left - border, top - border, areaWidth, rows * blockSize + 2 * border]);
    client.ChangeGC(gc, { foreground: 0xffffff });
    client.PolyFillRectangle(
      pixmap,
      gc,
      stampRectangles(encodeStamp({ ...this.#input, drawnAtUs, frame: this.#frame })),
    );
    client.CopyArea(pixmap, this.#window, gc, 0, 0, 0, 0, width, height);
    client.flush();
    this.#frame = (this.#frame + 1) & 0xffff;
  }
}

/** Calls `act` on the beat; a beat that is late by more than one is left out, so that nothing piles up. */
function onBeat(fps: number, act: (timeMs: number) => void): void {
  const intervalMs = 1000 / fps;
  const startMs = performance.now();
  let next = 1;
  const tick = () => {
    const timeMs = performance.now() - startMs;
    act(timeMs);
    next = Math.max(next + 1, Math.floor(timeMs / intervalMs) + 1);
    setTimeout(tick, Math.max(0, next * intervalMs - (performance.now() - startMs)));
  };
  tick();
}

function connect(): Promise<{ client: Client; screen: Screen }> {
  return new Promise((resolve, reject) => {
    const client = x11.createClient({ bufferRequests: true }, (error, display) => {
      const screen = display?.screen[0];
      if (error || !screen) reject(error ?? new Error('the X server has no screen'));
      else resolve({ client, screen });
    });
    client.on('error', (error: Error) => {
      process.stderr.write(`stamp: ${error.message}\n`);
      reject(error);
    });
    client.on('end', () => process.exit(0));
  });
}

function internAtom(client: Client, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    client.InternAtom(false, name, (error, atom) => (error ? reject(error) : resolve(atom)));
  });
}

async function run(): Promise<void> {
  const options = parseStampOptions(process.argv.slice(2));
  const { client, screen } = await connect();
  const window = new StampWindow(client, screen, options);
  window.map({
    state: await internAtom(client, '_NET_WM_STATE'),
    value: await internAtom(client, '_NET_WM_STATE_FULLSCREEN'),
    atomType: await internAtom(client, 'ATOM'),
  });
  onBeat(options.fps, (timeMs) => window.drawFrame(timeMs));
}

run().catch((error: unknown) => {
  process.stderr.write(`stamp: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

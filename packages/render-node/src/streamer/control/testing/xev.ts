import { type ChildProcess, spawn } from 'node:child_process';
import type { TestXServer } from '../../../x11/testing/start-x-server.js';

/** One event that the Xlib program `xev` has printed to its end: events come line by line. */
export interface XevEvent {
  readonly name: string;
  /** Position in the window. */
  readonly x: number;
  readonly y: number;
  /** Position on the screen. */
  readonly rootX: number;
  readonly rootY: number;
  readonly state: number;
  readonly keycode?: number;
  readonly keysym?: string;
  /** What XmbLookupString gave. */
  readonly text?: string;
  readonly button?: number;
}

/** A real X program in a window of the whole screen. */
export interface Xev {
  events(): XevEvent[];
  /** Names of the keys pressed so far. */
  keys(): string[];
  /** Text typed so far, Return as a line break. */
  text(): string;
  clear(): void;
  stop(): Promise<void>;
}

const number = (text: string, pattern: RegExp): number | undefined => {
  const match = pattern.exec(text)?.[1];
  return match === undefined ? undefined : Number(match);
};

/** Lookup results are printed as hex bytes in front of the text: `gives 3 bytes: (e4 bd a0) "…"`. */
function lookedUpText(text: string): string | undefined {
  const bytes = /XmbLookupString gives \d+ bytes: \(([0-9a-f ]+)\)/.exec(text)?.[1];
  return bytes === undefined ? undefined : Buffer.from(bytes.replaceAll(' ', ''), 'hex').toString();
}

function parseEvent(text: string): XevEvent | undefined {
  const name = /^\n?(\w+) event/.exec(text)?.[1];
  const place = /\((-?\d+),\s*(-?\d+)\), root:\((-?\d+),\s*(-?\d+)\)/.exec(text);
  const lastLine = name?.startsWith('Key') ? 'XFilterEvent returns' : 'same_screen';
  if (name === undefined || place === null || !text.includes(lastLine)) return undefined;
  const keycode = number(text, /keycode (\d+)/);
  const button = number(text, /button (\d+)/);
  const keysym = /keysym 0x[0-9a-f]+, ([^)]+)\)/.exec(text)?.[1];
  const lookedUp = lookedUpText(text);
  return {
    name,
    x: Number(place[1]),
    y: Number(place[2]),
    rootX: Number(place[3]),
    rootY: Number(place[4]),
    state: number(text, /state (0x[0-9a-f]+)/) ?? 0,
    ...(keycode === undefined ? {} : { keycode }),
    ...(keysym === undefined ? {} : { keysym }),
    ...(lookedUp === undefined ? {} : { text: lookedUp }),
    ...(button === undefined ? {} : { button }),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  await exited;
}

/** Starts `xev` of Debian's x11-utils. It reads the keymap as every Xlib program does. */
export function startXev(server: TestXServer, width: number, height: number): Xev {
  const args = [
    '-oL',
    'xev',
    '-geometry',
    `${width}x${height}+0+0`,
    '-event',
    'keyboard',
    '-event',
    'button',
    '-event',
    'mouse',
  ];
  const child = spawn('stdbuf', args, {
    env: { ...process.env, DISPLAY: server.display, LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    output += chunk;
  });
  const events = () =>
    output
      .split('\n\n')
      .map(parseEvent)
      .filter((event) => event !== undefined);
  const presses = () => events().filter((event) => event.name === 'KeyPress');
  return {
    events,
    keys: () => presses().map((event) => event.keysym ?? ''),
    text: () =>
      presses()
        .map((event) => event.text ?? '')
        .join('')
        .replaceAll('\r', '\n'),
    clear() {
      output = '';
    },
    stop: () => stop(child),
  };
}

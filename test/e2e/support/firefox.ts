import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'node-datachannel';
import type { Page } from 'playwright-core';

/**
 * Debian's Firefox, driven by WebDriver BiDi (W3C "WebDriver BiDi"), as far as the tests need it: the browser library of the
 * other tests does not talk to Firefox ESR.
 */

const startMs = 60_000;
const commandMs = 60_000;
/** Of one message; pixels of a picture travel as text. */
const mostBytes = 16 * 1024 * 1024;

/**
 * Sound and video start without a click; packets may take the loopback device, as those to this machine's own addresses do; nothing
 * is asked of the network but the page.
 */
const preferences = {
  'media.autoplay.default': 0,
  // A microphone that sounds, for whoever asks.
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.loopback': true,
  'app.update.enabled': false,
  'app.normandy.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'extensions.update.enabled': false,
  'media.gmp-manager.updateEnabled': false,
  'services.settings.server': 'data:,',
};

/** A running browser. */
export interface Firefox {
  /**
   * Its only page, with some of the calls that pages of the other browser have: `addInitScript`, `goto`, `evaluate` (of functions),
   * `keyboard.down` and `up`, `mouse.click`, `screenshot`.
   */
  readonly page: Page;
  close(): Promise<void>;
}

type Json = Readonly<Record<string, unknown>>;
type Send = (method: string, params: Json) => Promise<Json>;

function withDeadline<T>(what: string, ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The address that Firefox prints when it listens. */
function listeningUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    child.once('exit', (code) => reject(new Error(`firefox-esr ended with ${code}: ${said.slice(-10).join('\n')}`)));
    if (!child.stderr) throw new Error('no output');
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      const url = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
      if (url) resolve(`${url}/session`);
    });
  });
}

interface Waiting {
  resolve(result: Json): void;
  reject(error: Error): void;
}

function connect(url: string): Promise<{ send: Send; close(): void }> {
  const socket = new WebSocket({ maxMessageSize: mostBytes });
  const waiting = new Map<number, Waiting>();
  let id = 0;
  const send: Send = (method, params) => {
    id += 1;
    const answer = new Promise<Json>((resolve, reject) => waiting.set(id, { resolve, reject }));
    socket.sendMessage(JSON.stringify({ id, method, params }));
    return withDeadline(method, commandMs, answer);
  };
  socket.onMessage((text) => {
    const message = JSON.parse(String(text)) as Json & { readonly id?: number };
    const call = message.id === undefined ? undefined : waiting.get(message.id);
    if (!call || message.id === undefined) return;
    waiting.delete(message.id);
    if (message.type === 'success') call.resolve(message.result as Json);
    else call.reject(new Error(`${String(message.error)}: ${String(message.message)}`));
  });
  return new Promise((resolve, reject) => {
    socket.onOpen(() => resolve({ send, close: () => socket.close() }));
    socket.onError((error) => reject(new Error(error)));
    socket.onClosed(() => {
      for (const { reject: fail } of waiting.values()) fail(new Error('Firefox closed the connection'));
    });
    socket.open(url);
  });
}

function createPage(send: Send, context: string): Page {
  const act = (type: 'key' | 'pointer', actions: readonly Json[]) =>
    send('input.performActions', { context, actions: [{ type, id: type, actions }] });
  const key = async (type: string, value: string) => {
    await act('key', [{ type, value }]);
  };
  const page = {
    addInitScript: async (run: () => void) => {
      await send('script.addPreloadScript', { functionDeclaration: String(run) });
    },
    goto: async (url: string) => {
      await send('browsingContext.navigate', { context, url, wait: 'complete' });
    },
    evaluate: async <A, R>(run: (argument: A) => R | Promise<R>, argument?: A) => {
      const answer = await send('script.callFunction', {
        functionDeclaration: `async (text) => JSON.stringify((await (${run})(JSON.parse(text))) ?? null)`,
        arguments: [{ type: 'string', value: JSON.stringify(argument ?? null) }],
        ...{ target: { context }, awaitPromise: true },
      });
      const result = answer.result as Json | undefined;
      if (typeof result?.value === 'string') return JSON.parse(result.value) as R;
      throw new Error(JSON.stringify(answer).slice(0, 1_000));
    },
    keyboard: { down: (value: string) => key('keyDown', value), up: (value: string) => key('keyUp', value) },
    mouse: {
      click: async (x: number, y: number) => {
        const button = 0;
        await act('pointer', [
          { type: 'pointerMove', x, y },
          { type: 'pointerDown', button },
          { type: 'pointerUp', button },
        ]);
      },
    },
    screenshot: async () => {
      const { data } = await send('browsingContext.captureScreenshot', { context });
      return Buffer.from(String(data), 'base64');
    },
  };
  return page as unknown as Page;
}

/** Starts `firefox-esr` without a display, with a fresh profile; `soundServer` as in PULSE_SERVER. */
export async function launchFirefox(soundServer = ''): Promise<Firefox> {
  const profile = await mkdtemp(join(tmpdir(), 'cloudstage-firefox-'));
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
  await writeFile(join(profile, 'user.js'), `${lines.join('\n')}\n`);
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0'];
  const screen = { MOZ_HEADLESS_WIDTH: '1300', MOZ_HEADLESS_HEIGHT: '900' };
  const env = { ...process.env, ...screen, HOME: profile, ...(soundServer ? { PULSE_SERVER: soundServer } : {}) };
  const child = spawn('firefox-esr', args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const url = await withDeadline('the start of firefox-esr', startMs, listeningUrl(child));
    const connection = await withDeadline('the connection to firefox-esr', startMs, connect(url));
    const { send } = connection;
    await send('session.new', { capabilities: {} });
    const { context } = await send('browsingContext.create', { type: 'tab' });
    const page = createPage(send, String(context));
    return {
      page,
      close: async () => {
        await send('browser.close', {}).catch(() => undefined);
        connection.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

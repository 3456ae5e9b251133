import type { Page } from 'playwright-core';
import { type Product, until } from './product.js';

/** A page of `serveSdkPage` that joins sessions, with an answer that the test may change on its way. */

interface Note {
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>> | null;
}
interface SdkWindow {
  readonly TCGSDK: {
    init(options: Record<string, unknown>): void;
    getClientSession(): string;
    start(serverSession: string): void;
    destroy(): void;
  };
  readonly note: (name: string) => (value: unknown) => void;
  seen: Note[];
}

export interface JoinOptions {
  readonly product: Product;
  readonly projectId: string;
  readonly userId: string;
  /** Parameters of the program, with which the test asks for the session by itself instead of the demo backend. */
  readonly parameters?: string;
  /** Changes the SDP of the answer. */
  readonly rewrite?: (sdp: string) => string;
  /** The page reconnects by itself, with ServerSessions of its function `newServerSession`. */
  readonly reconnect?: boolean;
  /** Further options of `init`. */
  readonly init?: Readonly<Record<string, unknown>>;
}

/** Callbacks of the SDK that the page has noted since its last `join`. */
export function notes(page: Page): Promise<Note[]> {
  return page.evaluate(() => (window as unknown as SdkWindow).seen);
}

async function connected(page: Page): Promise<boolean> {
  const all = await notes(page);
  const found = all.some(({ name, value }) => name === 'onConnectSuccess' && value?.code === 0);
  if (!found) throw new Error(JSON.stringify(all.slice(-8)).slice(0, 1_000));
  return true;
}

async function clientSessionOf(page: Page): Promise<string> {
  return until('an offer', () =>
    page.evaluate(() => {
      const sdk = window as unknown as SdkWindow;
      return sdk.seen.some(({ name }) => name === 'onInitSuccess') && sdk.TCGSDK.getClientSession();
    }),
  );
}

/** Initialises the SDK anew; gives the ClientSession for CreateSession. */
export async function prepare(page: Page, options: Pick<JoinOptions, 'init' | 'reconnect'> = {}): Promise<string> {
  await page.evaluate(
    ([more, reconnect]) => {
      const sdk = window as unknown as SdkWindow;
      sdk.seen = [];
      const names = [
        'onInitSuccess',
        'onConnectSuccess',
        'onConnectFail',
        'onDisconnect',
        'onEvent',
        'onWebrtcStatusChange',
      ];
      const handlers = Object.fromEntries(names.map((name) => [name, sdk.note(name)]));
      const { newServerSession } = window as unknown as { newServerSession?: unknown };
      const again = reconnect ? { onReconnectRequest: newServerSession } : {};
      sdk.TCGSDK.init({ mount: 'mount', showLoading: false, ...handlers, reconnect, ...again, ...more });
    },
    [options.init ?? {}, options.reconnect ?? false] as const,
  );
  return clientSessionOf(page);
}

/** Hands a ServerSession to the SDK. */
export function start(page: Page, serverSession: string): Promise<void> {
  return page.evaluate((text) => (window as unknown as SdkWindow).TCGSDK.start(text), serverSession);
}

const decode = (text: string) => JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as { readonly sdp: string };

/** ServerSession of a client, decoded. Asked for again while the answer is that it takes too long, as the cloud API wants it. */
export function answerOf(options: JoinOptions, clientSession: string): Promise<{ readonly sdp: string }> {
  return until('a ServerSession', () => askForSession(options, clientSession));
}

async function askForSession(
  { product, projectId, userId, parameters }: JoinOptions,
  clientSession: string,
): Promise<{ readonly sdp: string }> {
  if (parameters !== undefined) {
    const api = product.cloudApi();
    const user = { UserId: userId, UserIp: '127.0.0.1' };
    await api.applyConcurrent({ ...user, ProjectId: projectId });
    const asked = { ...user, ClientSession: clientSession, ApplicationParameters: parameters };
    return decode((await api.createSession(asked)).ServerSession);
  }
  const response = await fetch(`${product.demoUrl}/StartProject`, {
    method: 'POST',
    body: JSON.stringify({ ProjectId: projectId, UserId: userId, ClientSession: clientSession }),
  });
  const reply = (await response.json()) as { Code: number; SessionDescribe: { ServerSession: string } };
  if (reply.Code !== 0) throw new Error(JSON.stringify(reply));
  return decode(reply.SessionDescribe.ServerSession);
}

/** init → StartProject → start; resolves at ConnectSuccess with the time that `start` took until then, in milliseconds. */
export async function join(page: Page, options: JoinOptions): Promise<number> {
  const answer = await answerOf(options, await prepare(page, options));
  const session = { ...answer, sdp: options.rewrite?.(answer.sdp) ?? answer.sdp };
  const startMs = performance.now();
  await start(page, Buffer.from(JSON.stringify(session)).toString('base64'));
  await until('ConnectSuccess', () => connected(page));
  return performance.now() - startMs;
}

/** Says good-bye. */
export function leave(page: Page): Promise<void> {
  return page.evaluate(() => (window as unknown as SdkWindow).TCGSDK.destroy());
}

/** One entry of `getStats` of the connection that is in use. */
export type Stats = Readonly<Record<string, unknown>>;

/** Every entry of the statistics of the page's live connections. */
export function connectionStats(page: Page): Promise<Stats[]> {
  return page.evaluate(async () => {
    const { testConnections } = window as unknown as { testConnections: RTCPeerConnection[] };
    const entries: Record<string, unknown>[] = [];
    for (const connection of testConnections) {
      if (connection.connectionState !== 'connected') continue;
      for (const entry of (await connection.getStats()).values()) entries.push(entry);
    }
    return entries;
  });
}

/** The receiver's statistics of one kind; throws when there is none. */
export async function inbound(page: Page, kind: 'audio' | 'video'): Promise<Readonly<Record<string, number>>> {
  const found = (await connectionStats(page)).find((entry) => entry.type === 'inbound-rtp' && entry.kind === kind);
  if (!found) throw new Error(`no inbound ${kind}`);
  return found as Readonly<Record<string, number>>;
}

/** Candidate lines of the server's answer, replaced. */
export function withCandidates(sdp: string, change: (lines: readonly string[]) => readonly string[]): string {
  const lines = sdp.split('\r\n');
  const first = lines.findIndex((line) => line.startsWith('a=candidate:'));
  const candidates = lines.filter((line) => line.startsWith('a=candidate:'));
  const others = lines.filter((line) => !line.startsWith('a=candidate:'));
  return [...others.slice(0, first), ...change(candidates), ...others.slice(first)].join('\r\n');
}

/** Loudest sample of the page's sound on the left and on the right, 0…1, over about a second. */
export function loudness(page: Page): Promise<{ readonly left: number; readonly right: number }> {
  return page.evaluate(async () => {
    const { testConnections } = window as unknown as { testConnections: RTCPeerConnection[] };
    const live = testConnections.find(({ connectionState }) => connectionState === 'connected');
    const track = live?.getReceivers().find((receiver) => receiver.track.kind === 'audio')?.track;
    if (!track) return { left: 0, right: 0 };
    const context = new AudioContext();
    const splitter = context.createChannelSplitter(2);
    context.createMediaStreamSource(new MediaStream([track])).connect(splitter);
    const meters = [0, 1].map((channel) => {
      const meter = context.createAnalyser();
      splitter.connect(meter, channel);
      return meter;
    });
    const loudest = [0, 0];
    const samples = new Float32Array(2_048);
    for (let look = 0; look < 50; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      for (const [channel, meter] of meters.entries()) {
        meter.getFloatTimeDomainData(samples);
        for (const sample of samples) loudest[channel] = Math.max(loudest[channel] ?? 0, Math.abs(sample));
      }
    }
    await context.close();
    return { left: loudest[0] ?? 0, right: loudest[1] ?? 0 };
  });
}

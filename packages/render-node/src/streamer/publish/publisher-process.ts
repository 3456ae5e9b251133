import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Value } from 'typebox/value';
import { encodeFrame, type OutputTarget, type PublishFrame } from './frames.js';
import { publishLimits } from './limits.js';
import { type PublisherReport, PublisherReportSchema } from './report.js';

/** What a publisher tells its owner. */
export interface PublisherEvents {
  /** The server accepted the stream: pictures may come, beginning with a key frame. */
  readonly onOpened: () => void;
  /** The first picture was written. */
  readonly onPublishing: () => void;
  /** Final, once; not after {@link Publisher.close}. */
  readonly onEnded: (message: string) => void;
}

/** One connection to an RTMP server, or one file, in a process of its own: a server or disk that hangs blocks nothing here. */
export interface Publisher {
  /** Never blocks; the caller looks at {@link queuedBytes} first. */
  send(frame: PublishFrame): void;
  readonly queuedBytes: number;
  /** Since when, on the monotonic clock, queued bytes have not moved; null when they do or there are none. */
  readonly stuckSinceMs: number | null;
  /** Ends the stream in order, or by SIGKILL after a while. Idempotent. */
  close(): Promise<void>;
}

/** Follows whether the child takes what is written to it. */
function createFlow() {
  let stuckSinceMs: number | null = null;
  return {
    wrote: () => {
      stuckSinceMs ??= performance.now();
    },
    taken: (left: number) => {
      stuckSinceMs = left > 0 ? performance.now() : null;
    },
    stuckSinceMs: () => stuckSinceMs,
  };
}

function parseReport(line: string): PublisherReport | null {
  try {
    const value: unknown = JSON.parse(line);
    return Value.Check(PublisherReportSchema, value) ? value : null;
  } catch {
    return null;
  }
}

const closeMs = { flv: publishLimits.closeMs, mp4: publishLimits.fileCloseMs } as const;

async function end(child: ChildProcess, ended: Promise<void>, patienceMs: number): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await ended;
  clearTimeout(timer);
}

/** Starts a publisher for `target`; `entry` is its JavaScript file. */
export function startPublisher(entry: string, target: OutputTarget, events: PublisherEvents): Publisher {
  const child = spawn(process.execPath, [entry], {
    // Nothing of the streamer's environment: the display and the sound server are none of its business.
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8' },
    stdio: ['pipe', 'pipe', 'inherit'],
    // Whoever kills the streamer kills its group: what a file's writer has got by then it still writes.
    detached: target.format === 'mp4',
  });
  const flow = createFlow();
  let closing: Promise<void> | undefined;
  let message = 'the publisher ended';
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    const finish = () => {
      if (isOver) return;
      isOver = true;
      resolve();
      if (!closing) events.onEnded(message);
    };
    child.once('error', (error) => {
      message = `the publisher cannot be started: ${error.message}`;
      finish();
    });
    child.once('close', finish);
  });
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const report = parseReport(line);
    if (!report || closing) return;
    if (report.type === 'opened') events.onOpened();
    else if (report.type === 'publishing') events.onPublishing();
    else message = report.message.slice(0, publishLimits.messageChars);
  });
  const send = (frame: PublishFrame) => {
    if (isOver || closing) return;
    const [head, payload] = encodeFrame(frame);
    flow.wrote();
    child.stdin.cork();
    child.stdin.write(head);
    child.stdin.write(payload, () => flow.taken(child.stdin.writableLength));
    child.stdin.uncork();
  };
  send({ type: 'open', target });
  return {
    send,
    get queuedBytes() {
      return child.stdin.writableLength;
    },
    get stuckSinceMs() {
      return flow.stuckSinceMs();
    },
    close: () => {
      closing ??= end(child, ended, closeMs[target.format]);
      return closing;
    },
  };
}

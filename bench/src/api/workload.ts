import { setImmediate } from 'node:timers/promises';
import { type Percentiles, percentilesOf } from '../percentiles.js';
import { apiBenchLimits } from './limits.js';
import type { Workload } from './options.js';

/** One way to call the API. Each call resolves with a code: `ok`, `no-idle`, or what went wrong. */
export interface Target {
  apply(userId: string): Promise<string>;
  create(userId: string): Promise<string>;
  destroy(userId: string): Promise<string>;
}

/** Kinds of calls that are timed. */
export type CallName = keyof Target;

/** Numbers of one measurement. Times in milliseconds. */
export interface Measurement {
  /** Successful calls a second. */
  readonly perSecond: Readonly<Record<CallName, number>>;
  readonly latency: Readonly<Record<CallName, Percentiles>>;
  /** Codes of calls that failed, with counts; `no-idle` among them. */
  readonly failures: Readonly<Record<string, number>>;
}

interface Recorder {
  readonly samples: Record<CallName, number[]>;
  readonly failures: Record<string, number>;
  active: boolean;
}

async function timed(recorder: Recorder, name: CallName, work: Promise<string>): Promise<boolean> {
  const startedMs = performance.now();
  const code = await work;
  if (recorder.active && code === 'ok') recorder.samples[name].push(performance.now() - startedMs);
  if (recorder.active && code !== 'ok') {
    const key = `${name}: ${code}`;
    recorder.failures[key] = (recorder.failures[key] ?? 0) + 1;
  }
  return code === 'ok';
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function client(target: Target, workload: Workload, recorder: Recorder, name: string, until: () => boolean) {
  for (let round = 0; !until(); round += 1) {
    const userId = `${name}-${round}`;
    if (!(await timed(recorder, 'apply', target.apply(userId)))) {
      await pause(apiBenchLimits.noIdleMs);
      continue;
    }
    if (workload === 'reserve') {
      await setImmediate();
      continue;
    }
    if (workload === 'create') await timed(recorder, 'create', target.create(userId));
    await timed(recorder, 'destroy', target.destroy(userId));
    // The embedded database answers without a turn of the event loop: without one here, no timer would ever end the run.
    await setImmediate();
  }
}

/** Runs clients that call again as soon as they are answered; a warm-up is not counted. */
export async function measure(
  target: Target,
  workload: Workload,
  options: { readonly clients: number; readonly seconds: number; readonly run: string },
): Promise<Measurement> {
  const recorder: Recorder = { samples: { apply: [], create: [], destroy: [] }, failures: {}, active: false };
  let over = false;
  const clients = Array.from({ length: options.clients }, (_, index) =>
    client(target, workload, recorder, `${options.run}-${index}`, () => over),
  );
  await Promise.race([pause(apiBenchLimits.warmUpMs), ...clients]);
  recorder.active = true;
  const startedMs = performance.now();
  await Promise.race([pause(options.seconds * 1_000), ...clients]);
  recorder.active = false;
  const seconds = (performance.now() - startedMs) / 1_000;
  over = true;
  await Promise.all(clients);
  const { samples, failures } = recorder;
  const each = <T>(of: (values: readonly number[]) => T) => ({
    apply: of(samples.apply),
    create: of(samples.create),
    destroy: of(samples.destroy),
  });
  return { perSecond: each((values) => values.length / seconds), latency: each(percentilesOf), failures };
}

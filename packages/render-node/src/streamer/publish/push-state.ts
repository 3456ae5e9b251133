import { assertNever, type PublishState, type StreamPushState } from '@cloudstage/protocol';
import { publishLimits } from './limits.js';

/** A live push. Times are milliseconds of one monotonic clock. */
export interface Push {
  readonly phase: PublishState;
  /** What is wrong, for people; empty when nothing is. Holds no part of the URL. */
  readonly message: string;
  readonly everPublished: boolean;
  /** Failures since a connection stood for a while. */
  readonly failures: number;
  /** Since when no connection has stood for a while. */
  readonly silentSinceMs: number;
  /** When the server took the first picture of the present connection. */
  readonly publishedAtMs: number;
}

/** What happens to a push. */
export type PushEvent =
  /** The server took the first picture of a connection. */
  | { readonly type: 'published' }
  | { readonly type: 'stalled' }
  | { readonly type: 'flowing' }
  /** The connection could not be made, or broke. */
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'stop' };

/** Result of {@link stepPush}; `retryInMs`: make another connection after this. */
export interface PushStep {
  readonly push: Push;
  readonly retryInMs: number | null;
}

/** A push whose first connection is being made. */
export function beginPush(nowMs: number): Push {
  return {
    phase: 'connecting',
    message: '',
    everPublished: false,
    failures: 0,
    silentSinceMs: nowMs,
    publishedAtMs: nowMs,
  };
}

function fail(push: Push, message: string, nowMs: number): PushStep {
  // A server that takes the stream and drops it at once, again and again, is as good as one that refuses it.
  const isPublishing = push.phase === 'publishing' || push.phase === 'paused';
  const stood = isPublishing && nowMs - push.publishedAtMs >= publishLimits.stoodMs;
  // The outage began when the connection that worked was lost, not when it was made.
  const silentSinceMs = stood ? nowMs : push.silentSinceMs;
  const failures = (stood ? 0 : push.failures) + 1;
  if (nowMs - silentSinceMs >= publishLimits.outageMs) {
    return { push: { ...push, phase: 'stopped', message: `given up: ${message}`, failures }, retryInMs: null };
  }
  const phase = push.everPublished ? 'reconnecting' : 'connecting';
  const pauseMs = publishLimits.retryMinMs * 2 ** Math.min(failures - 1, 10);
  return {
    push: { ...push, phase, message, failures, silentSinceMs },
    retryInMs: Math.min(publishLimits.retryMaxMs, pauseMs),
  };
}

/** Next state of a push. PURE. What comes after its end changes nothing. */
export function stepPush(push: Push, event: PushEvent, nowMs: number): PushStep {
  if (push.phase === 'stopped') return { push, retryInMs: null };
  switch (event.type) {
    case 'published':
      return {
        push: { ...push, phase: 'publishing', message: '', everPublished: true, publishedAtMs: nowMs },
        retryInMs: null,
      };
    case 'stalled': {
      const message = 'the server takes no data';
      return { push: push.phase === 'publishing' ? { ...push, phase: 'paused', message } : push, retryInMs: null };
    }
    case 'flowing':
      return {
        push: push.phase === 'paused' ? { ...push, phase: 'publishing', message: '' } : push,
        retryInMs: null,
      };
    case 'failed':
      return fail(push, event.message, nowMs);
    case 'stop':
      return { push: { ...push, phase: 'stopped', message: '' }, retryInMs: null };
    default:
      return assertNever(event, 'push event');
  }
}

/** What clients are told. PURE. */
export function streamPushState(phase: PublishState | null): StreamPushState {
  switch (phase) {
    case null:
    case 'stopped':
      return 'NoStreamPushing';
    case 'connecting':
      return 'PushConnecting';
    case 'publishing':
      return 'Pushing';
    case 'paused':
      return 'PushPaused';
    case 'reconnecting':
      return 'PushReConnecting';
    default:
      return assertNever(phase, 'push phase');
  }
}

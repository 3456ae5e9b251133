import type { Logger } from 'pino';
import { mediaLimits } from './limits.js';
import { type SourceWatchOptions, watchSource } from './recording-streams.js';
import { createSoundRestarts } from './sound-connection.js';

/**
 * Takes a state that may flicker, and tells it when it has lasted: `trueMs` or `falseMs`. It begins as false. There is one timer at most.
 * @returns `update` takes the state, `stop` tells nothing more
 */
export function createSettling(
  { trueMs, falseMs }: { readonly trueMs: number; readonly falseMs: number },
  onSettled: (value: boolean) => void,
): { readonly update: (value: boolean) => void; readonly stop: () => void } {
  let latest = false;
  let settled = false;
  let timer: NodeJS.Timeout | undefined;
  return {
    update(value) {
      if (value === latest) return;
      latest = value;
      clearTimeout(timer);
      if (value === settled) return;
      timer = setTimeout(
        () => {
          settled = value;
          onSettled(value);
        },
        value ? trueMs : falseMs,
      );
    },
    stop: () => clearTimeout(timer),
  };
}

/** What a {@link MicrophoneUse} works with. */
export interface MicrophoneUseDeps extends SourceWatchOptions {
  readonly logger: Logger;
  /** At once with each change: whether a program records; null while nobody knows, as when there is no sound server. */
  readonly onUse: (inUse: boolean | null) => void;
}

/**
 * Knows whether a program records the slot's microphone, and goes on knowing when the sound server has died and come back. What users are told
 * is the state that has lasted: a program that only looks whether there is a microphone opens nobody's.
 */
export class MicrophoneUse {
  readonly #deps: MicrophoneUseDeps;
  readonly #listeners = new Set<(inUse: boolean) => void>();
  readonly #settling = createSettling(
    { trueMs: mediaLimits.microphoneOpenMs, falseMs: mediaLimits.microphoneCloseMs },
    (inUse) => {
      this.#inUse = inUse;
      for (const listener of this.#listeners) listener(inUse);
    },
  );
  #inUse = false;
  #known: boolean | null = null;
  readonly #restarts = createSoundRestarts(() => this.#open());

  constructor(deps: MicrophoneUseDeps) {
    this.#deps = deps;
  }

  /** The state that has lasted. */
  get inUse(): boolean {
    return this.#inUse;
  }

  /** Calls `listener` with each change of {@link inUse}. @returns the way to stop */
  onChange(listener: (inUse: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins to watch. Idempotent. */
  start(): void {
    this.#restarts.start();
  }

  #open(): () => void {
    const { pulseServer, source, logger } = this.#deps;
    return watchSource(
      { pulseServer, source },
      {
        onUse: (inUse) => {
          this.#restarts.onStands();
          this.#setUse(inUse);
        },
        // The server is the slot's and comes back with it, or the connection was ended by a program.
        onEnd: (reason) => {
          this.#setUse(null);
          logger.debug({ reason, retryInMs: this.#restarts.onEnd() }, 'whether a program records is not known');
        },
      },
    );
  }

  #setUse(inUse: boolean | null): void {
    if (this.#known === inUse) return;
    this.#known = inUse;
    this.#deps.onUse(inUse);
    // The streams of a server that is gone are gone, too.
    this.#settling.update(inUse === true);
  }

  /** Tells nothing more. Final; idempotent. */
  close(): void {
    this.#settling.stop();
    this.#restarts.stop();
  }
}

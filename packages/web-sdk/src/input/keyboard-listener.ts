import { encodeKey, initialKeyboardState, type KeyAction } from '@cloudstage/client-core';
import { type InputContext, isOurs } from './input-context.js';
import type { MoveSender } from './move-sender.js';

/** Listens to the keyboard. Gone when the context's signal aborts. */
export class KeyboardListener {
  readonly #context: InputContext;
  readonly #moves: MoveSender;
  #state = initialKeyboardState;

  constructor(context: InputContext, moves: MoveSender) {
    this.#context = context;
    this.#moves = moves;
    for (const type of ['keydown', 'keyup'] as const) {
      document.addEventListener(type, (event) => this.#onKey(event), { signal: context.signal });
    }
  }

  /** Forgets held keys; the server released them. */
  reset(): void {
    this.#state = initialKeyboardState;
  }

  #onKey(event: KeyboardEvent): void {
    const { settings, mac } = this.#context;
    if (!isOurs(this.#context, event.target, 'key')) return;
    event.preventDefault();
    if (!settings.keyboard) return;
    const step = encodeKey(
      this.#state,
      {
        down: event.type === 'keydown',
        keyCode: event.keyCode || event.which,
        code: event.code,
        key: event.key,
        location: event.location,
        ctrl: event.ctrlKey,
        alt: event.altKey,
        meta: event.metaKey,
        atMs: event.timeStamp,
      },
      { mac, paste: settings.paste, banned: settings.bannedKeys },
    );
    this.#state = step.state;
    this.#moves.flush();
    for (const action of step.actions) this.#perform(action);
  }

  #perform(action: KeyAction): void {
    const { session, cursor, view } = this.#context;
    switch (action.type) {
      case 'send':
        if (action.delayMs === 0) session.sendInput(action.message);
        else setTimeout(() => session.sendInput(action.message), action.delayMs);
        return;
      case 'paste':
        void this.#paste();
        return;
      case 'lock-pointer':
        cursor.tryLock();
        return;
      case 'release-pointer':
        cursor.lock(false);
        return;
      case 'toggle-stats':
        view.toggleStats();
        return;
    }
  }

  async #paste(): Promise<void> {
    const { emit, sendText } = this.#context;
    // Pages that are not secure have no clipboard.
    if (navigator.clipboard === undefined) {
      emit({ type: 'readclipboarderror' });
      return;
    }
    try {
      sendText(await navigator.clipboard.readText());
    } catch (error) {
      emit({ type: 'readclipboarderror', data: { message: error instanceof Error ? error.message : String(error) } });
    }
  }
}

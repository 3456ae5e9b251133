import { diffGamepad, type GamepadSnapshot } from '@cloudstage/client-core';
import type { InputContext } from './input-context.js';

function snapshot(pad: Gamepad): GamepadSnapshot {
  return { buttons: pad.buttons.map(({ pressed, value }) => ({ pressed, value })), axes: [...pad.axes] };
}

/** Reads gamepads once per animation frame while there are any. Gone when the context's signal aborts. */
export class GamepadListener {
  readonly #context: InputContext;
  readonly #pads = new Map<number, GamepadSnapshot>();
  #frame: number | null = null;

  constructor(context: InputContext) {
    this.#context = context;
    const { signal } = context;
    window.addEventListener('gamepadconnected', (event) => this.#connect(event.gamepad), { signal });
    window.addEventListener('gamepaddisconnected', (event) => this.#disconnect(event.gamepad), { signal });
    signal.addEventListener('abort', () => this.#stop());
    for (const pad of this.#connected()) this.#connect(pad);
  }

  #connected(): Gamepad[] {
    return (navigator.getGamepads?.() ?? []).filter((pad) => pad !== null);
  }

  #connect(pad: Gamepad): void {
    if (this.#pads.has(pad.index)) return;
    const { session, trigger } = this.#context;
    const now = snapshot(pad);
    this.#pads.set(pad.index, now);
    session.sendInput({ type: 'gamepadconnect' });
    for (const message of diffGamepad(null, now)) session.sendInput(message);
    trigger('GamepadConnectChange', { status: 'gamepadconnect', index: pad.index, gamepad: pad });
    this.#frame ??= requestAnimationFrame(() => this.#poll());
  }

  #disconnect(pad: Gamepad): void {
    if (!this.#pads.delete(pad.index)) return;
    this.#context.session.sendInput({ type: 'gamepaddisconnect' });
    this.#context.trigger('GamepadConnectChange', { status: 'gamepaddisconnect', index: pad.index });
    if (this.#pads.size === 0) this.#stop();
  }

  #poll(): void {
    for (const pad of this.#connected()) {
      const before = this.#pads.get(pad.index);
      if (before === undefined) continue;
      const now = snapshot(pad);
      for (const message of diffGamepad(before, now)) this.#context.session.sendInput(message);
      this.#pads.set(pad.index, now);
    }
    this.#frame = requestAnimationFrame(() => this.#poll());
  }

  #stop(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }
}

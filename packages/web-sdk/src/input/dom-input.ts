import { GamepadListener } from './gamepad-listener.js';
import type { InputContext } from './input-context.js';
import { KeyboardListener } from './keyboard-listener.js';
import { MoveSender } from './move-sender.js';
import { PointerListener } from './pointer-listener.js';
import { TouchListener } from './touch-listener.js';

/** Attaches every listener of one connection. They go away when the context's signal aborts. */
export function attachInput(context: InputContext): void {
  const { session, signal, trigger, view } = context;
  const moves = new MoveSender(context);
  const keyboard = new KeyboardListener(context, moves);
  const pointer = new PointerListener(context, moves);
  new TouchListener(context);
  new GamepadListener(context);

  // Whatever is pressed when the page loses the keyboard would stay pressed on the server.
  function releaseAll(): void {
    keyboard.reset();
    pointer.reset();
    void session.request({ type: 'keys_clean' });
  }
  window.addEventListener('blur', releaseAll, { signal });
  window.addEventListener('focus', releaseAll, { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      releaseAll();
      trigger('VisibilityChange', { status: document.hidden ? 'hidden' : 'visible' });
    },
    { signal },
  );
  document.addEventListener(
    'fullscreenchange',
    () => {
      if (document.fullscreenElement !== null) view.elements.video.focus();
      view.reshape();
    },
    { signal },
  );
  for (const status of ['online', 'offline'] as const) {
    window.addEventListener(status, () => trigger('NetworkChange', { status }), { signal });
  }
  if (context.options.clickToFullscreen === true) {
    view.elements.video.addEventListener(
      'click',
      () => {
        // The browser may refuse; the picture then stays as it is.
        view.elements.mount.requestFullscreen?.().catch(() => undefined);
      },
      { signal },
    );
  }
}

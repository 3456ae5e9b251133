import { isActive, type PageState } from './page-state.js';
import { noStats, type StatsView, withStats } from './stats.js';
import { elementText, type Language, statusText } from './texts.js';

/** What the user does. */
export interface ViewActions {
  start(): void;
  stop(): void;
  toggleFullscreen(): void;
  toggleLanguage(): void;
}

/** The page's document. */
export interface View {
  showState(state: PageState): void;
  showStats(type: string, data: Readonly<Record<string, unknown>>): void;
  showSoundHint(visible: boolean): void;
  showLanguage(language: Language): void;
  userId(): string;
  setUserId(userId: string): void;
}

function element<T extends HTMLElement>(id: string, type: abstract new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the document has no #${id}`);
  return found;
}

/** Wires the document; there is one per page. */
export function createView(actions: ViewActions): View {
  const form = element('controls', HTMLFormElement);
  const userId = element('user-id', HTMLInputElement);
  const start = element('start', HTMLButtonElement);
  const stop = element('stop', HTMLButtonElement);
  const fullscreen = element('fullscreen', HTMLButtonElement);
  const status = element('status', HTMLElement);
  const soundHint = element('sound-hint', HTMLElement);
  let language: Language = 'en';
  let state: PageState = { kind: 'idle' };
  let stats: StatsView = noStats;

  function renderState(): void {
    document.body.dataset.state = state.kind;
    const text = statusText(language, state);
    for (const [part, value] of Object.entries(text)) {
      const target = status.querySelector(`[data-part="${part}"]`);
      if (target !== null) target.textContent = value;
    }
    start.disabled = isActive(state);
    stop.disabled = !isActive(state);
    fullscreen.disabled = state.kind !== 'playing';
    userId.disabled = isActive(state);
  }

  function renderStats(): void {
    for (const [name, value] of Object.entries(stats)) {
      const target = document.querySelector(`[data-stat="${name}"]`);
      if (target !== null) target.textContent = value;
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!start.disabled) actions.start();
  });
  stop.addEventListener('click', () => actions.stop());
  fullscreen.addEventListener('click', () => actions.toggleFullscreen());
  element('language', HTMLButtonElement).addEventListener('click', () => actions.toggleLanguage());

  return {
    showState: (next) => {
      if (next.kind !== 'playing') stats = noStats;
      state = next;
      renderState();
      renderStats();
    },
    showStats: (type, data) => {
      stats = withStats(stats, type, data);
      renderStats();
    },
    showSoundHint: (visible) => {
      soundHint.hidden = !visible;
    },
    showLanguage: (next) => {
      language = next;
      document.documentElement.lang = next;
      document.title = elementText(next, 'title');
      for (const target of document.querySelectorAll<HTMLElement>('[data-text]')) {
        target.textContent = elementText(next, target.dataset.text ?? '');
      }
      renderState();
    },
    userId: () => userId.value.trim(),
    setUserId: (value) => {
      userId.value = value;
    },
  };
}

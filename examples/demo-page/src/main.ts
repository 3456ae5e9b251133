import { createBackendClient, randomHex } from './backend-client.js';
import { limits } from './limits.js';
import { isActive, type PageState } from './page-state.js';
import { createPlayer, type Player } from './player.js';
import type { Sdk } from './sdk.js';
import { chooseLanguage, type Language } from './texts.js';
import { createView, type View } from './view.js';

/**
 * The page: `?userId=` chooses the user, `?autostart=1` starts without a click, `?lang=zh-CN|en` chooses the language.
 * The user and whether a session was active are kept per tab, so that a reload finds the same program again.
 */
const keys = { userId: 'cloudstage.userId', active: 'cloudstage.active', language: 'cloudstage.language' } as const;

function main(): void {
  const query = new URLSearchParams(location.search);
  let language = chooseLanguage(query.get('lang') ?? read(localStorage, keys.language), navigator.languages);
  let player: Player | null = null;

  const view = createView({
    start: () => player?.start(rememberUser(view)),
    stop: () => player?.stop(),
    toggleFullscreen: () => window.TCGSDK?.setFullscreen(document.fullscreenElement === null, stage()),
    toggleLanguage: () => {
      language = language === 'en' ? 'zh-CN' : 'en';
      write(localStorage, keys.language, language);
      view.showLanguage(language);
    },
  });
  showFirst(view, language, query);

  const sdk = window.TCGSDK;
  if (sdk === undefined) {
    view.showState({ kind: 'failed', reason: 'no-sdk', detail: '' });
    return;
  }
  player = createPagePlayer(sdk, view);
  if (query.get('autostart') === '1' || read(sessionStorage, keys.active) === '1') player.start(rememberUser(view));
}

function createPagePlayer(sdk: Sdk, view: View): Player {
  const onState = (state: PageState): void => {
    // Written on every change: a reload must find it, and pages get no reliable notice before they go.
    write(sessionStorage, keys.active, isActive(state) ? '1' : '0');
    if (state.kind !== 'playing') view.showSoundHint(false);
    view.showState(state);
  };
  return createPlayer({
    sdk,
    backend: createBackendClient(),
    mountId: 'mount-point',
    events: {
      onStats: view.showStats,
      onSoundBlocked: () => {
        view.showSoundHint(true);
        document.body.addEventListener('click', () => view.showSoundHint(false), { once: true });
      },
    },
    onState,
  });
}

function showFirst(view: View, language: Language, query: URLSearchParams): void {
  const userId = query.get('userId') ?? read(sessionStorage, keys.userId) ?? `user-${randomHex(4)}`;
  view.setUserId(userId.slice(0, limits.userIdChars));
  view.showLanguage(language);
  view.showState({ kind: 'idle' });
}

function rememberUser(view: View): string {
  if (view.userId() === '') view.setUserId(`user-${randomHex(4)}`);
  write(sessionStorage, keys.userId, view.userId());
  return view.userId();
}

function stage(): HTMLElement {
  return document.getElementById('stage') ?? document.body;
}

/** Storage is forbidden in some embedded pages; the page then works without memory. */
function read(storage: Storage, key: string): string | null {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

function write(storage: Storage, key: string, value: string): void {
  try {
    storage.setItem(key, value);
  } catch {
    return;
  }
}

main();

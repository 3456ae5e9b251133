import { AppError } from '@cloudstage/protocol';
import { installStyles } from './styles.js';

/** Everything the SDK builds inside the mount. */
export interface ViewElements {
  readonly mount: HTMLElement;
  readonly container: HTMLDivElement;
  readonly stream: HTMLDivElement;
  readonly video: HTMLVideoElement;
  readonly audio: HTMLAudioElement;
  readonly cursor: HTMLDivElement;
  readonly stats: HTMLDivElement;
  readonly progress: HTMLDivElement;
  readonly restart: HTMLAnchorElement;
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string): HTMLElementTagNameMap[K] {
  const created = document.createElement(tag);
  created.className = className;
  return created;
}

function mediaElement<K extends 'video' | 'audio'>(tag: K, className: string): HTMLElementTagNameMap[K] {
  const media = element(tag, className);
  // Attributes, not properties: embedded browsers read them when the element is inserted.
  for (const name of ['playsinline', 'webkit-playsinline', 'x5-playsinline']) media.setAttribute(name, '');
  media.tabIndex = -1;
  media.autoplay = true;
  media.preload = 'auto';
  return media;
}

function buildProgress(loadingText: string): HTMLDivElement {
  const progress = element('div', 'progress-bar-container');
  const text = element('p', 'starting');
  text.textContent = loadingText;
  const speed = element('p', 'starting');
  speed.id = 'speed';
  progress.append(element('div', 'spinner'), text, speed);
  return progress;
}

/**
 * Builds the view into the mount, replacing its content.
 * @throws AppError `mount-missing` when the page has no such element.
 */
export function buildElements(
  mountId: string,
  texts: { readonly loading: string; readonly restart: string },
): ViewElements {
  const mount = document.getElementById(mountId);
  if (mount === null) throw new AppError('mount-missing', `init: there is no element with the id "${mountId}"`);
  installStyles(document);
  const container = element('div', 'cloud-gaming-container');
  container.tabIndex = -1;
  const stream = element('div', 'cloud-gaming-stream-container');
  const video = mediaElement('video', 'video-stream');
  // Muted as an attribute too, or Safari refuses to start the picture by itself.
  video.muted = true;
  video.setAttribute('muted', '');
  const audio = mediaElement('audio', 'audio-stream');
  const cursor = element('div', 'cursor');
  cursor.id = 'cursor';
  const fakeInput = element('input', 'tcg-fake-input');
  fakeInput.tabIndex = -1;
  stream.append(video, audio, cursor, fakeInput);
  const stats = element('div', 'qcloud-stat');
  const progress = buildProgress(texts.loading);
  const restart = element('a', 'restart');
  restart.href = '#';
  restart.textContent = texts.restart;
  restart.addEventListener('click', (event) => {
    event.preventDefault();
    window.location.reload();
  });
  container.append(stream, stats, progress, restart);
  mount.replaceChildren(container);
  return { mount, container, stream, video, audio, cursor, stats, progress, restart };
}

import type { MediaStats, WebrtcStats } from '@cloudstage/client-core';
import type { InitOptions } from '../api-options.js';
import { buildElements, type ViewElements } from './elements.js';
import { fitPicture, type Size, shownSize } from './layout.js';
import { renderStats, statsRows } from './stats-panel.js';

/** Texts shown when the page gives none. */
const defaultTexts = { loading: '正在启动云渲染', restart: '重新连接' } as const;

/** The picture on the page. Lives from one `init` to the next. */
export class View {
  readonly elements: ViewElements;
  readonly #showLoading: boolean;
  readonly #enlarge: boolean;
  readonly #remoteScreen: () => Size | null;
  readonly #resize: ResizeObserver;
  /** The media time of a presented frame is its capture time. */
  keepsTime = false;
  #statsShown = false;

  /** @param remoteScreen null while it is not known. @throws AppError `mount-missing`. */
  constructor(options: InitOptions, remoteScreen: () => Size | null) {
    this.#remoteScreen = remoteScreen;
    this.elements = buildElements(options.mount, {
      loading: options.loadingText ?? defaultTexts.loading,
      restart: options.restartText ?? defaultTexts.restart,
    });
    this.#showLoading = options.showLoading ?? true;
    this.#enlarge = options.fullVideoToScreen ?? true;
    this.#resize = new ResizeObserver(() => this.reshape());
    this.#resize.observe(this.elements.container);
    this.elements.video.addEventListener('resize', () => this.reshape());
    if (options.bgImgUrl) this.setBackground(options.bgImgUrl);
    this.setState('loading');
  }

  /** What covers the picture. */
  setState(state: 'loading' | 'playing' | 'ended' | 'taken-over'): void {
    const { progress, restart } = this.elements;
    progress.style.display = state === 'loading' && this.#showLoading ? 'flex' : 'none';
    restart.style.display = state === 'taken-over' ? 'block' : 'none';
  }

  /** Picture and sound go to separate elements and streams: no lip-sync between them delays the picture. */
  attach(track: MediaStreamTrack, keepsTime = false): void {
    const { video, audio } = this.elements;
    if (track.kind === 'video') this.keepsTime = keepsTime;
    const target = track.kind === 'video' ? video : audio;
    target.srcObject = new MediaStream([track]);
  }

  /** Gives the picture's track to the element anew, which drops what waits to be shown. */
  reattach(): void {
    const { video } = this.elements;
    const [track] = video.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks() : [];
    if (track === undefined || video.paused) return;
    this.attach(track);
    // Refused only before a first gesture, and then it did not play before either.
    video.play().catch(() => undefined);
  }

  /** Lets go of the tracks. With `keepLastFrame` the last picture stays on a paused element. */
  detach(keepLastFrame: boolean): void {
    const { video, audio } = this.elements;
    if (keepLastFrame) video.pause();
    else video.srcObject = null;
    audio.srcObject = null;
  }

  /** Size of the decoded picture; zero before the first frame. */
  streamSize(): Size {
    const { videoWidth, videoHeight } = this.elements.video;
    return { width: videoWidth, height: videoHeight };
  }

  /** The picture's place on the page, CSS pixels. */
  pictureRect(): DOMRect {
    return this.elements.video.getBoundingClientRect();
  }

  /** Fits the element to the picture, so that positions on the element are positions in the picture. */
  reshape(): void {
    const { container, video } = this.elements;
    const box = { width: container.clientWidth, height: container.clientHeight };
    const size = fitPicture(box, shownSize(this.streamSize(), this.#remoteScreen()), this.#enlarge);
    video.style.width = size.width > 0 ? `${size.width}px` : '';
    video.style.height = size.height > 0 ? `${size.height}px` : '';
  }

  setBackground(url: string): void {
    this.elements.stream.style.backgroundImage = url === '' ? '' : `url(${JSON.stringify(url)})`;
  }

  /** Moves the drawn cursor so that its hotspot lies at a position of the picture, CSS pixels. */
  placeCursor(position: { readonly x: number; readonly y: number }): void {
    const { cursor, stream } = this.elements;
    const picture = this.pictureRect();
    const box = stream.getBoundingClientRect();
    const clamp = (value: number, high: number) => Math.min(Math.max(value, 0), high);
    cursor.style.left = `${picture.left - box.left + clamp(position.x, picture.width)}px`;
    cursor.style.top = `${picture.top - box.top + clamp(position.y, picture.height)}px`;
  }

  showStats(shown: boolean): void {
    this.#statsShown = shown;
    this.elements.stats.style.display = shown ? 'flex' : 'none';
  }

  toggleStats(): void {
    this.showStats(!this.#statsShown);
  }

  updateStats(webrtc: WebrtcStats, media: MediaStats): void {
    if (this.#statsShown) renderStats(this.elements.stats, statsRows(webrtc, media));
  }

  /** Saves the current picture as a PNG download. */
  screenshot(params: { readonly name?: string; readonly width?: number; readonly height?: number }): void {
    const stream = this.streamSize();
    const canvas = document.createElement('canvas');
    canvas.width = params.width ?? stream.width;
    canvas.height = params.height ?? stream.height;
    canvas.getContext('2d')?.drawImage(this.elements.video, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => {
      if (blob === null) return;
      const link = document.createElement('a');
      link.href = URL.createObjectURL(blob);
      link.download = `${params.name ?? `tcgsdk-${Date.now()}`}.png`;
      link.click();
      // The download has taken its reference by the next turn.
      setTimeout(() => URL.revokeObjectURL(link.href));
    });
  }

  /** Stops observing; the elements stay until the next init replaces them, so that a last frame remains visible. */
  close(): void {
    this.#resize.disconnect();
  }
}

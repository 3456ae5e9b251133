import type { AckResult } from '@cloudstage/client-core';
import type { CursorApi, ViewApi } from './api.js';
import type { StreamProfileOptions } from './api-options.js';
import { enterFullscreen, isFullscreen, leaveFullscreen } from './dom/fullscreen.js';
import type { SdkCore } from './sdk-core.js';

/** Cursor methods of the SDK. */
export function createCursorApi(core: SdkCore): CursorApi {
  const { session } = core;
  return {
    setRemoteCursor: (mode) => core.setCursorMode(mode),
    setRemoteCursorStyle: (style) => void session.request({ type: 'set_pointer_style', style }),
    setCursorState: (force) => core.cursor?.update({ force }),
    setCursorShowStat: (visible) => core.cursor?.update({ visible }),
    getCursorShowStat: () => core.cursor?.shown ?? true,
    setMouseCanLock: (canLock) => core.cursor?.update({ canLock }),
    lockMouse: (locked) => core.cursor?.lock(locked),
    setDefaultCursorImage: (url) => core.cursor?.update({ defaultImageUrl: url === '' ? null : url }),
    setMobileCursorScale: (scale) => core.cursor?.setScale(scale),
  };
}

const volume = (value: number) => Math.min(1, Math.max(0, value));

/** The fields of a stream profile that go over the wire; width and height change places on a turned screen. PURE. */
export function streamProfileFields(profile: StreamProfileOptions, deg: number): Readonly<Record<string, unknown>> {
  const { fps, max_bitrate, min_bitrate, unit, video_width, video_height } = profile;
  const turned = deg === 90 || deg === 270;
  const fields = {
    fps,
    max_bitrate,
    min_bitrate,
    unit,
    video_width: turned ? video_height : video_width,
    video_height: turned ? video_width : video_height,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

/** The code in the server's reply; 1 when there was none. PURE. */
export function replyCode(result: AckResult): number {
  return result.code === 0 ? Number(result.data.code ?? 0) : result.code;
}

/** Resolution, layout and playback methods of the SDK. */
export function createViewApi(core: SdkCore): ViewApi {
  const { session } = core;
  const video = () => core.view?.elements.video ?? null;
  const audio = () => core.view?.elements.audio ?? null;
  return {
    async setRemoteDesktopResolution({ width, height }) {
      const size = { width: Math.floor(width), height: Math.floor(height) };
      return { code: replyCode(await session.request({ type: 'desktop_res', ...size })) };
    },
    setStreamProfile(profile, callback) {
      const fields = streamProfileFields(profile, core.screenConfig.deg);
      void session.request({ type: 'res_mode', ...fields }).then((result) => callback?.(result));
    },
    getRemoteStreamResolution() {
      const size = core.view?.streamSize();
      if (size !== undefined && size.width > 0) return size;
      const { width = 0, height = 0 } = session.serverSession.video ?? {};
      return { width, height };
    },
    getPageSize: () => ({ width: window.innerWidth, height: window.innerHeight }),
    getPageOrientation: () => (window.matchMedia('(orientation: portrait)').matches ? 'portrait' : 'landscape'),
    getDisplayRect() {
      const { left, top, width, height } = core.view?.pictureRect() ?? { left: 0, top: 0, width: 0, height: 0 };
      return { left, top, width, height, pixelRatio: window.devicePixelRatio };
    },
    reshapeWindow: () => core.view?.reshape(),
    setFullscreen(fullscreen, element) {
      const change = fullscreen ? enterFullscreen(element ?? document.documentElement, video()) : leaveFullscreen();
      change.catch((error: unknown) => core.log.write(`full screen refused: ${String(error)}`));
    },
    getFullscreen: isFullscreen,
    setPageBackground: (url) => core.view?.setBackground(url),
    screenShot: (params = {}) => core.view?.screenshot(params),
    setVideoVolume(value) {
      const element = video();
      if (element !== null) element.volume = volume(value);
    },
    getVideoVolume: () => video()?.volume ?? 1,
    setAudioVolume(value) {
      const element = audio();
      if (element !== null) element.volume = volume(value);
    },
    getAudioVolume: () => audio()?.volume ?? 1,
    playVideo: async (status) => core.playback?.setVideo(status),
    playAudio: async (status) => core.playback?.setAudio(status),
    getVideoElement: video,
    getAudioElement: audio,
  };
}

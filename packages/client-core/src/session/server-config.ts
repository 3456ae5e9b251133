import type { ScreenConfig } from '@cloudstage/protocol';
import { clientLimits } from '../limits.js';
import type { ServerSessionFields } from './session-codec.js';

/** Rotation that the page must apply, in degrees. */
export type ScreenDegrees = 0 | 90 | 180 | 270;

/** Screen configuration with the rotation computed from it. */
export type RotatedScreenConfig = Partial<ScreenConfig> & { readonly deg: ScreenDegrees };

const degreesByName: Readonly<Record<string, ScreenDegrees>> = {
  '0_degree': 0,
  '90_degree': 270,
  '180_degree': 180,
  '270_degree': 90,
};

/** Adds `deg`: a landscape screen needs 270, a portrait one 0, and an explicit degree overrules both. PURE. */
export function rotateScreenConfig(config: Partial<ScreenConfig>): RotatedScreenConfig {
  const fromOrientation: ScreenDegrees = config.orientation === 'landscape' ? 270 : 0;
  const deg = (config.degree === undefined ? undefined : degreesByName[config.degree]) ?? fromOrientation;
  return { ...config, deg };
}

/** Settings of the server that the SDK obeys, checked one by one; a wrong type counts as absent. */
export interface SdkSettings {
  readonly connectTimeoutTicks: number;
  readonly noflowTicks: number;
  readonly cursorMode: number | null;
  readonly cursorStyle: string | null;
  readonly cursorScale: number | null;
  readonly defaultCursorUrl: string | null;
  readonly backgroundUrl: string | null;
  readonly keepLastFrame: boolean | null;
  readonly mobileShowCursor: boolean | null;
  readonly webDraftLevel: number | null;
}

function positive(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Reads `game_config.sdk_conf`. PURE. */
export function readSdkSettings(session: ServerSessionFields): SdkSettings {
  const config: Readonly<Record<string, unknown>> = session.game_config?.sdk_conf ?? {};
  const flag = (value: unknown) => (typeof value === 'boolean' ? value : null);
  const level = (value: unknown) => (typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null);
  return {
    connectTimeoutTicks: positive(config.connect_timeout) ?? clientLimits.connectTimeoutTicks,
    noflowTicks: positive(config.noflow_timeout) ?? clientLimits.noflowTicks,
    cursorMode: level(config.cursor_mode),
    cursorStyle: text(config.cursor_style),
    cursorScale: positive(config.cursor_scale),
    defaultCursorUrl: text(config.default_cursor_url),
    backgroundUrl: text(config.bgimg_url),
    keepLastFrame: flag(config.keep_lastframe),
    mobileShowCursor: flag(config.mobile_show_cursor),
    webDraftLevel: level(config.webdraft_level),
  };
}

/** Public status code of `ServerSession.code`: gateway codes above 1000 are told as 100 (proxy error). PURE. */
export function publicStatusCode(code: number): number {
  return code > 1000 ? 100 : code;
}

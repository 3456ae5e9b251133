import { type ActionRequest, invalidParameterValue, type PublicError } from '@cloudstage/cloud-api';
import { parseDuration } from '../../../domain/duration.js';
import { domainLimits } from '../../../domain/limits.js';
import type { ProjectDefaults, ProjectSettings } from '../../../services/projects/settings.js';

/** The settings that both CreateApplicationProject and ModifyApplicationProject take. */
export type SettingsRequest = Omit<ActionRequest<'ModifyApplicationProject'>, 'ProjectId' | 'Name' | 'Description'>;

/** Settings to be wished for, `undefined` meaning the default; or the refusal of a text that cannot be read. */
export type DecodedSettings =
  | { readonly type: 'settings'; readonly settings: Partial<ProjectSettings> }
  | { readonly type: 'refused'; readonly error: PublicError };

const megabit = 1_000_000;

type VideoCodec = (typeof domainLimits.videoCodecs)[number];

const isVideoCodec = (name: string): name is VideoCodec =>
  (domainLimits.videoCodecs as readonly string[]).includes(name);

function resolutionOf(text: string): { readonly width: number; readonly height: number } | null {
  const match = /^(\d{2,5})[x*×](\d{2,5})$/i.exec(text);
  return match === null ? null : { width: Number(match[1]), height: Number(match[2]) };
}

const unreadable = (name: string, en: string, zh: string): DecodedSettings => ({
  type: 'refused',
  error: invalidParameterValue(name, { 'en-US': en, 'zh-CN': zh }),
});

const badDuration = (name: string) =>
  unreadable(name, 'must be seconds or a duration such as 30s, 2m or 1h.', '应为秒数或时长，例如 30s、2m、1h。');

/** Drops fields that are not given, so that they keep their value or take their default. */
function given<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

const map = <T, R>(value: T | undefined, convert: (value: T) => R): R | undefined =>
  value === undefined ? undefined : convert(value);

/** 0 stands for the default. */
const orDefault = (value: number | undefined, scale: number, byDefault: number): number | undefined =>
  map(value, (number) => (number === 0 ? byDefault : number * scale));

/** Translates the vendor's settings. Empty texts of sizes and times, and numbers of 0, stand for the default. */
export function decodeSettings(request: SettingsRequest, defaults: ProjectDefaults): DecodedSettings {
  const size = request.Resolution ? resolutionOf(request.Resolution) : undefined;
  if (size === null) {
    return unreadable('Resolution', 'must be width x height, such as 1920x1080.', '应为“宽x高”，例如 1920x1080。');
  }
  const grace = request.ReconnectTimeout ? parseDuration(request.ReconnectTimeout) : undefined;
  if (grace === null) return badDuration('ReconnectTimeout');
  const preload = request.PreloadDuration ? parseDuration(request.PreloadDuration) : undefined;
  if (preload === null) return badDuration('PreloadDuration');
  const codecs = request.DisableVideoCodecs?.map((name) => name.toUpperCase());
  if (codecs !== undefined && !codecs.every(isVideoCodec)) {
    const known = domainLimits.videoCodecs.join(', ');
    return unreadable(
      'DisableVideoCodecs',
      `has a codec that is none of ${known}.`,
      `中的编解码器须为 ${known} 之一。`,
    );
  }
  const gopSeconds = request.VideoEncodeConfig?.StreamPushGOPSeconds;
  return {
    type: 'settings',
    settings: given<ProjectSettings>({
      type: undefined,
      category: undefined,
      description: undefined,
      concurrencyLimit: undefined,
      maxDurationMs: undefined,
      width: size?.width,
      height: size?.height,
      fps: orDefault(request.FPS, 1, defaults.fps),
      minBitrateBps: orDefault(request.MinBitrate, megabit, defaults.minBitrateBps),
      maxBitrateBps: orDefault(request.MaxBitrate, megabit, defaults.maxBitrateBps),
      reconnectGraceMs: orDefault(grace, 1, defaults.reconnectGraceMs),
      preloadMs: orDefault(preload, 1, defaults.preloadMs),
      isPreload: request.IsPreload,
      concurrencyType: request.Type,
      parameters: request.ApplicationParams,
      upstreamAudioOption: request.UpstreamAudioOption,
      pushGopMs: map(gopSeconds, (value) => value * 1_000),
      xrMaxWidth: request.XRMaxWidth,
      backgroundImageId: map(request.BackgroundImageCOSFileId, (id) => (id === '' ? null : id)),
      disabledVideoCodecs: codecs,
    }),
  };
}

import type { StreamSettings } from '@cloudstage/protocol';

/**
 * What a session takes from its project at its start. It is kept in the session's row: a project that is changed meanwhile
 * changes the next session, never one that somebody is using.
 */
export interface RunSettings {
  readonly stream: StreamSettings;
  /** Arguments of the project, not yet split. */
  readonly parameters: string;
  readonly backgroundImageId: string | null;
}

/** The project's row, as far as a session takes from it, and the kind of the application. */
export interface RunSettingsSource {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly minBitrateBps: number;
  readonly maxBitrateBps: number;
  readonly disabledVideoCodecs: readonly string[];
  readonly pushGopMs: number;
  readonly upstreamAudioOption: '' | 'DisableMixIntoStreamPush';
  readonly isRecorded: boolean;
  /** Widest picture of XR programs, pixels; 0: no bound. */
  readonly xrMaxWidth: number;
  readonly projectParameters: string;
  readonly backgroundImageId: string | null;
  readonly applicationKind: string;
}

/** Takes the settings of a new session from its project. PURE. */
export function runSettingsOf(source: RunSettingsSource): RunSettings {
  return {
    stream: {
      ...pictureSize(source),
      fps: source.fps,
      minBitrateBps: source.minBitrateBps,
      maxBitrateBps: source.maxBitrateBps,
      disabledVideoCodecs: source.disabledVideoCodecs,
      publishKeyFrameIntervalMs: source.pushGopMs,
      publishIncludesMicrophone: source.upstreamAudioOption !== 'DisableMixIntoStreamPush',
      isRecorded: source.isRecorded,
    },
    parameters: source.projectParameters,
    backgroundImageId: source.backgroundImageId,
  };
}

/** Encoders take even sizes; a picture that is made narrower keeps its shape. */
function pictureSize({ width, height, xrMaxWidth, applicationKind }: RunSettingsSource): {
  readonly width: number;
  readonly height: number;
} {
  if (applicationKind !== 'ApplicationXR' || xrMaxWidth === 0 || width <= xrMaxWidth) return { width, height };
  const even = (pixels: number) => Math.max(2, 2 * Math.floor(pixels / 2));
  return { width: even(xrMaxWidth), height: even((height * xrMaxWidth) / width) };
}

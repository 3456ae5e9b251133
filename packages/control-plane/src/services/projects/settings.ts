import { AppError } from '@cloudstage/protocol';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { concurrencyTypeNames } from '../../domain/concurrency-types.js';
import { domainLimits } from '../../domain/limits.js';
import { splitArguments } from '../../domain/program-arguments.js';

/** Run settings of a project and what they are without a wish. */
export const ProjectSettingsSchema = Type.Object(
  {
    type: Type.Union([Type.Literal('EXCLUSIVE'), Type.Literal('SHARED')], { default: 'EXCLUSIVE' }),
    category: Type.Union([Type.Literal('DESKTOP'), Type.Literal('MOBILE')], { default: 'DESKTOP' }),
    description: Type.String({ maxLength: 1_024, default: '' }),
    width: Type.Integer({ minimum: 320, maximum: 3840, default: 1280, description: 'Width in pixels' }),
    height: Type.Integer({ minimum: 240, maximum: 2160, default: 720, description: 'Height in pixels' }),
    fps: Type.Integer({ minimum: 10, maximum: 60, default: 60, description: 'Highest frame rate' }),
    minBitrateBps: Type.Integer({ minimum: 100_000, maximum: 50_000_000, default: 1_000_000 }),
    maxBitrateBps: Type.Integer({ minimum: 500_000, maximum: 100_000_000, default: 8_000_000 }),
    reconnectGraceMs: Type.Integer({
      minimum: domainLimits.minReconnectGraceMs,
      maximum: domainLimits.maxReconnectGraceMs,
      description: 'How long the program waits for a client that has gone',
    }),
    concurrencyType: Type.Enum([...concurrencyTypeNames], {
      default: 'L1',
      description: 'Scale of the concurrency that sessions run on',
    }),
    isPreload: Type.Boolean({ default: false, description: 'EXCLUSIVE projects: hold the program running for users' }),
    preloadMs: Type.Integer({
      minimum: 0,
      maximum: 600_000,
      default: 30_000,
      description: 'Time that a preloaded program gets to load before a user is put on it',
    }),
    parameters: Type.String({ maxLength: 4_096, default: '', description: 'Program arguments' }),
    concurrencyLimit: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      default: null,
      description: 'Most simultaneous sessions; null: what the nodes have',
    }),
    upstreamAudioOption: Type.Union([Type.Literal(''), Type.Literal('DisableMixIntoStreamPush')], {
      default: '',
      description: 'Whether microphones are mixed into live pushes',
    }),
    pushGopMs: Type.Integer({
      minimum: 1_000,
      maximum: 60_000,
      default: 2_000,
      description: 'Key frames of live pushes',
    }),
    xrMaxWidth: Type.Integer({ minimum: 0, maximum: 6_000, default: 0, description: 'Widest XR picture; 0: no bound' }),
    backgroundImageId: Type.Union([Type.String({ maxLength: 64 }), Type.Null()], { default: null }),
    disabledVideoCodecs: Type.Array(Type.Enum([...domainLimits.videoCodecs]), { maxItems: 8, default: [] }),
    maxDurationMs: Type.Union([Type.Integer({ minimum: 0, maximum: 31_622_400_000 }), Type.Null()], {
      default: null,
      description: 'Longest duration of a session, 0: none; null: that of the installation',
    }),
  },
  { additionalProperties: false },
);
/** Settings of a project. */
export type ProjectSettings = Static<typeof ProjectSettingsSchema>;

/** Values that stand for "whatever is usual". */
export type ProjectDefaults = Pick<
  ProjectSettings,
  'fps' | 'minBitrateBps' | 'maxBitrateBps' | 'reconnectGraceMs' | 'preloadMs'
>;

/** The usual values; the grace is the installation's. */
export function projectDefaultsOf(reconnectGraceMs: number): ProjectDefaults {
  const { fps, minBitrateBps, maxBitrateBps, preloadMs } = withDefaults({}, reconnectGraceMs);
  return { fps, minBitrateBps, maxBitrateBps, preloadMs, reconnectGraceMs };
}

/** A setting that is refused, and why. */
export interface SettingProblem {
  readonly setting: keyof ProjectSettings;
  readonly message: string;
}

/** Settings with defaults for what is not wished. Not yet checked. */
export function withDefaults(wishes: Partial<ProjectSettings>, reconnectGraceMs: number): ProjectSettings {
  // Every property has a default, so what comes out is complete; whether it is valid is for `findSettingProblem`.
  return Value.Default(ProjectSettingsSchema, { reconnectGraceMs, ...wishes }) as ProjectSettings;
}

/** The first setting that is wrong by itself or does not go with another one; null when all is well. */
export function findSettingProblem(settings: ProjectSettings): SettingProblem | null {
  if (!Value.Check(ProjectSettingsSchema, settings)) {
    const first = Value.Errors(ProjectSettingsSchema, settings)[0];
    const setting = (first?.instancePath ?? '').split('/')[1] ?? '';
    return { setting: isSetting(setting) ? setting : 'type', message: first?.message ?? 'is wrong' };
  }
  if (settings.minBitrateBps > settings.maxBitrateBps) {
    return { setting: 'minBitrateBps', message: 'the lowest bitrate is above the highest' };
  }
  if (settings.isPreload && settings.type === 'SHARED') {
    return { setting: 'isPreload', message: 'only EXCLUSIVE projects know which program to start before a user comes' };
  }
  const widest = settings.concurrencyType === 'XL2' ? domainLimits.maxXrWidthXl2 : domainLimits.maxXrWidth;
  if (settings.xrMaxWidth > widest) {
    return { setting: 'xrMaxWidth', message: `${settings.concurrencyType} takes at most ${widest}` };
  }
  const remaining = domainLimits.encodableCodecs.filter((codec) => !settings.disabledVideoCodecs.includes(codec));
  if (remaining.length === 0) {
    const codecs = domainLimits.encodableCodecs.join(', ');
    return { setting: 'disabledVideoCodecs', message: `render nodes encode ${codecs}; one of them must be left` };
  }
  return findArgumentProblem(settings.parameters);
}

const isSetting = (name: string): name is keyof ProjectSettings =>
  Object.hasOwn(ProjectSettingsSchema.properties, name);

function findArgumentProblem(parameters: string): SettingProblem | null {
  try {
    splitArguments(parameters);
    return null;
  } catch (error) {
    if (error instanceof AppError) return { setting: 'parameters', message: error.message };
    throw error;
  }
}

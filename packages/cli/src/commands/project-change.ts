import { type ActionRequest, concurrencyTypes } from '@cloudstage/cloud-api';
import { AppError } from '@cloudstage/protocol';
import { type ApiOptions, type CommandContext, connectApi, print } from './context.js';
import { parseChoice, parseCount, parseList, parseResolution } from './options.js';

/** Options of run settings. */
export interface SettingOptions {
  readonly resolution?: string;
  readonly fps?: string;
  readonly minBitrateMbps?: string;
  readonly maxBitrateMbps?: string;
  readonly args?: string;
  readonly reconnectTimeout?: string;
  readonly preload?: string;
  readonly preloadDuration?: string;
  readonly disableCodecs?: string;
  readonly backgroundImage?: string;
  readonly pushGopSeconds?: string;
  readonly pushMicrophone?: string;
}

type Settings = Omit<ActionRequest<'ModifyApplicationProject'>, 'ProjectId' | 'Name' | 'Type' | 'Description'>;

const isOn = (option: string, text: string): boolean => parseChoice(option, text, ['on', 'off']) === 'on';

function given<T, K extends string>(name: K, value: string | undefined, read: (text: string) => T): { [P in K]?: T } {
  return (value === undefined ? {} : { [name]: read(value) }) as { [P in K]?: T };
}

/** The parameters of the action that options stand for; only those that were given. PURE. @throws AppError `option-invalid` */
export function projectSettings(options: SettingOptions): Settings {
  const text = (value: string): string => value;
  return {
    ...given('Resolution', options.resolution, (value) => {
      const { width, height } = parseResolution(value);
      return `${width}x${height}`;
    }),
    ...given('FPS', options.fps, (value) => parseCount('--fps', value)),
    ...given('MinBitrate', options.minBitrateMbps, (value) => parseCount('--min-bitrate-mbps', value)),
    ...given('MaxBitrate', options.maxBitrateMbps, (value) => parseCount('--max-bitrate-mbps', value)),
    ...given('ApplicationParams', options.args, text),
    ...given('ReconnectTimeout', options.reconnectTimeout, text),
    ...given('IsPreload', options.preload, (value) => isOn('--preload', value)),
    ...given('PreloadDuration', options.preloadDuration, text),
    ...given('DisableVideoCodecs', options.disableCodecs, parseList),
    ...given('BackgroundImageCOSFileId', options.backgroundImage, (value) => (value === 'none' ? '' : value)),
    ...given('VideoEncodeConfig', options.pushGopSeconds, (value) => ({
      StreamPushGOPSeconds: parseCount('--push-gop-seconds', value),
    })),
    ...given('UpstreamAudioOption', options.pushMicrophone, (value) =>
      isOn('--push-microphone', value) ? ('' as const) : ('DisableMixIntoStreamPush' as const),
    ),
  };
}

interface CreateOptions extends ApiOptions, SettingOptions {
  readonly name: string;
  readonly appId?: string;
  readonly shared?: boolean;
  readonly type: string;
}

/** Makes a project. */
export async function runProjectCreate(context: CommandContext, options: CreateOptions): Promise<void> {
  if (options.appId === undefined && options.shared !== true) {
    throw new AppError(
      'option-invalid',
      '--app-id is needed, except with --shared. "cloudstage app list" shows the ids.',
    );
  }
  const request = {
    Name: options.name,
    ApplicationId: options.appId ?? '',
    Type: parseChoice('--type', options.type, concurrencyTypes),
    ProjectType: options.shared === true ? ('SHARED' as const) : ('EXCLUSIVE' as const),
    ...projectSettings(options),
  };
  const api = await connectApi(context, options);
  const answer = await api.createApplicationProject(request);
  print(context, options, answer, `Made project "${options.name}": ${answer.ProjectId}`);
}

interface UpdateOptions extends ApiOptions, SettingOptions {
  readonly name?: string;
  readonly description?: string;
  readonly type?: string;
}

/** Changes a project. */
export async function runProjectUpdate(context: CommandContext, id: string, options: UpdateOptions): Promise<void> {
  const { name, description, type } = options;
  const changes = {
    ...(name === undefined ? {} : { Name: name }),
    ...(description === undefined ? {} : { Description: description }),
    ...(type === undefined ? {} : { Type: parseChoice('--type', type, concurrencyTypes) }),
    ...projectSettings(options),
  };
  if (Object.keys(changes).length === 0)
    throw new AppError('option-invalid', 'Nothing to change was given; see --help.');
  const api = await connectApi(context, options);
  const answer = await api.modifyApplicationProject({ ProjectId: id, ...changes });
  print(context, options, answer, `Changed. "cloudstage project show ${id}" shows it.`);
}

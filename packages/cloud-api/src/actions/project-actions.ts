import { Type } from 'typebox';
import { defineAction } from './action.js';
import {
  argumentsField,
  concurrencyTypes,
  countField,
  enumField,
  filtersField,
  idField,
  idListField,
  limitField,
  nameField,
  nullable,
  offsetField,
  regionField,
  requestObject,
  responseObject,
  timeField,
} from './fields.js';

const common = {
  group: 'project',
  rateLimitPerSecond: 20,
  serverTimeoutMs: null,
  errorCodes: ['FailedOperation'],
} as const;

const categoryField = () => enumField('DESKTOP', 'MOBILE');
const durationField = (description: string) => Type.String({ maxLength: 16, description });
const videoEncodeConfigField = () =>
  Type.Object(
    {
      StreamPushGOPSeconds: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 60, description: 'Key frame interval of live pushes, seconds' }),
      ),
    },
    { additionalProperties: false },
  );

/** Run settings that CreateApplicationProject and ModifyApplicationProject have in common; absent: default, or unchanged. */
const settings = {
  IsPreload: Type.Optional(
    Type.Boolean({ description: 'Starts the program before users come; EXCLUSIVE projects only' }),
  ),
  ApplicationParams: Type.Optional(argumentsField()),
  Resolution: Type.Optional(Type.String({ maxLength: 16, description: 'Width and height, 1920x1080 or 1920*1080' })),
  FPS: Type.Optional(Type.Integer({ minimum: 0, maximum: 60, description: 'Frames a second; 0: default' })),
  PreloadDuration: Type.Optional(durationField('How long a prelaunched program may take to be ready: 30, 30s, 1m')),
  ReconnectTimeout: Type.Optional(durationField('How long a program waits for its client: 40s to 1h; 120, 120s, 2m')),
  MinBitrate: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: 'Mbit/s; 0: default' })),
  MaxBitrate: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: 'Mbit/s; 0: default' })),
  UpstreamAudioOption: Type.Optional(enumField('', 'DisableMixIntoStreamPush')),
  VideoEncodeConfig: Type.Optional(videoEncodeConfigField()),
  XRMaxWidth: Type.Optional(Type.Integer({ minimum: 0, maximum: 6_000, description: 'Width limit of XR pictures' })),
  BackgroundImageCOSFileId: Type.Optional(Type.String({ maxLength: 64, description: 'Uploaded picture (cf-…)' })),
  DisableVideoCodecs: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 16 }), { maxItems: 8, description: 'Codecs not to negotiate' }),
  ),
} as const;

/** Makes a project. */
export const createApplicationProject = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Creates a project',
  request: requestObject({
    Name: nameField('Project name, unique in the account'),
    ApplicationId: Type.String({ maxLength: 64, description: 'Application; may be empty for SHARED projects' }),
    Type: enumField(...concurrencyTypes),
    ...settings,
    ProjectType: Type.Optional(enumField('EXCLUSIVE', 'SHARED')),
    ProjectCategory: Type.Optional(categoryField()),
  }),
  response: responseObject({ ProjectId: nullable(Type.String({ description: 'Project id (cap-…)' })) }),
});

/** Changes a project. */
export const modifyApplicationProject = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Changes a project; what is not given stays as it is',
  request: requestObject({
    ProjectId: idField(),
    Name: Type.Optional(nameField('Project name')),
    Type: Type.Optional(enumField(...concurrencyTypes)),
    Description: Type.Optional(Type.String({ maxLength: 1_024, description: 'Free text' })),
    ...settings,
  }),
  response: responseObject({}),
});

/** Deletes projects. */
export const deleteApplicationProjects = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Deletes projects, all or none',
  request: requestObject({ ProjectIds: idListField('Project ids') }),
  response: responseObject({}),
});

/** A project in a list. */
export const applicationProjectField = () =>
  Type.Object({
    ProjectId: nullable(Type.String()),
    Name: nullable(Type.String()),
    Description: nullable(Type.String()),
    Type: nullable(enumField(...concurrencyTypes)),
    ApplicationId: nullable(Type.String()),
    IsPreload: nullable(Type.Boolean()),
    Amount: nullable(Type.Integer({ minimum: 0, description: 'Concurrencies of the project' })),
    Using: nullable(Type.Integer({ minimum: 0, description: 'Concurrencies in use' })),
    ApplicationStatus: nullable(
      enumField(
        'NoConcurrent',
        'Online',
        'applicationCreating',
        'applicationCreateFail',
        'applicationDeleting',
        'applicationNoConfigured',
      ),
    ),
    ApplicationParams: nullable(Type.String()),
    CreateTime: nullable(timeField('Creation time')),
    ApplicationName: nullable(Type.String()),
    Resolution: nullable(Type.String()),
    ProjectType: nullable(enumField('EXCLUSIVE', 'SHARED')),
    Purpose: nullable(enumField('', 'EXPERIENCE')),
    ApplicationRegions: nullable(Type.Array(regionField())),
    ConcurrentRegions: nullable(Type.Array(regionField())),
    ProjectCategory: nullable(categoryField()),
  });

/** Lists projects. */
export const describeApplicationProjects = defineAction({
  ...common,
  kind: 'query',
  summary: 'Lists projects, newest first',
  request: requestObject({
    Offset: Type.Optional(offsetField()),
    Limit: Type.Optional(limitField()),
    /** Names: ProjectId, Name, ApplicationId, ProjectType, Type. */
    Filters: Type.Optional(filtersField()),
    ProjectCategory: Type.Optional(categoryField()),
  }),
  response: responseObject({
    Projects: nullable(Type.Array(applicationProjectField())),
    Total: nullable(countField()),
  }),
});

/** A picture that is shown while a program is being started. */
const backgroundImageField = () =>
  Type.Object({
    COSFileId: nullable(Type.String()),
    URL: nullable(Type.String()),
    Name: nullable(Type.String()),
    CreateTime: nullable(Type.String()),
  });

/** Advanced settings of a project. */
export const describeApplicationProjectAdvancedConfig = defineAction({
  ...common,
  kind: 'query',
  summary: 'Tells the advanced settings of a project',
  request: requestObject({ ProjectId: idField() }),
  response: responseObject({
    ApplicationParams: nullable(Type.String()),
    Resolution: nullable(Type.String()),
    FPS: nullable(Type.Integer()),
    MinBitrate: nullable(Type.Integer({ description: 'Mbit/s' })),
    MaxBitrate: nullable(Type.Integer({ description: 'Mbit/s' })),
    PreloadDuration: nullable(Type.String({ description: 'Seconds, 30s' })),
    ReconnectTimeout: nullable(Type.String({ description: 'Seconds, 120s' })),
    UpstreamAudioOption: nullable(Type.String()),
    VideoEncodeConfig: nullable(videoEncodeConfigField()),
    XRMaxWidth: nullable(Type.Integer()),
    BackgroundImage: nullable(backgroundImageField()),
    DisableVideoCodecs: nullable(Type.Array(Type.String())),
  }),
});

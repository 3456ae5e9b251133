import { Type } from 'typebox';
import { defineAction, internationalSite } from './action.js';
import {
  argumentsField,
  categoryField,
  concurrencyTypeField,
  countField,
  enumField,
  filtersField,
  idListField,
  limitField,
  nameField,
  nullable,
  offsetField,
  projectIdField,
  regionField,
  requestObject,
  responseObject,
  textField,
  timeField,
} from './fields.js';

const common = {
  group: 'project',
  rateLimitPerSecond: 20,
  serverTimeoutMs: null,
  errorCodes: ['FailedOperation'],
} as const;

const durationField = (description: string) => Type.String({ maxLength: 16, description });
const videoEncodeConfigField = () =>
  Type.Object(
    {
      StreamPushGOPSeconds: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 60, description: 'Key frame interval of live pushes, seconds' }),
      ),
    },
    { additionalProperties: false, title: 'VideoEncodeConfig', description: 'Settings of the encoder' },
  );
const projectTypeField = () =>
  enumField('EXCLUSIVE: one application; SHARED: any application of the account', 'EXCLUSIVE', 'SHARED');

/** Run settings that CreateApplicationProject and ModifyApplicationProject have in common; absent: default, or unchanged. */
const settings = {
  IsPreload: Type.Optional(
    Type.Boolean({ description: 'Starts the program before users come; EXCLUSIVE projects only' }),
  ),
  ApplicationParams: Type.Optional(argumentsField()),
  Resolution: Type.Optional(
    Type.String({ maxLength: 16, description: 'Width and height, 1920x1080 or 1920*1080; empty: as if not given' }),
  ),
  FPS: Type.Optional(Type.Integer({ minimum: 0, maximum: 60, description: 'Frames a second, 10 to 60; 0: default' })),
  PreloadDuration: Type.Optional(
    durationField('Time that a prelaunched program gets to load before a user is put on it, up to 10m: 30, 30s, 1m'),
  ),
  ReconnectTimeout: Type.Optional(durationField('How long a program waits for its client: 40s to 1h; 120, 120s, 2m')),
  MinBitrate: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: 'Mbit/s; 0: default' })),
  MaxBitrate: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: 'Mbit/s; 0: default' })),
  UpstreamAudioOption: Type.Optional(
    enumField(
      'DisableMixIntoStreamPush: live pushes go without the microphones of the users',
      '',
      'DisableMixIntoStreamPush',
    ),
  ),
  VideoEncodeConfig: Type.Optional(videoEncodeConfigField()),
  XRMaxWidth: Type.Optional(Type.Integer({ minimum: 0, maximum: 6_000, description: 'Width limit of XR pictures' })),
  BackgroundImageCOSFileId: Type.Optional(Type.String({ maxLength: 64, description: 'Uploaded picture (cf-…)' })),
  DisableVideoCodecs: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 16, description: 'Codec' }), {
      maxItems: 8,
      description: 'Codecs not to negotiate, e.g. H265',
    }),
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
    Type: concurrencyTypeField(),
    ...settings,
    ProjectType: Type.Optional(projectTypeField()),
    ProjectCategory: Type.Optional(categoryField()),
  }),
  response: responseObject({ ProjectId: nullable(textField('Project (cap-…)')) }),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: [
      'Durations are seconds (`30`) or have a unit (`30s`, `2m`); the vendor shows both spellings.',
      '`Resolution` is `1920x1080` or `1920*1080`, 320x240 to 3840x2160.',
      'Defaults: 1280x720, 60 frames a second, 1 to 8 Mbit/s, `sessions.reconnectGraceSeconds` (120 s), 30 s to load, key frames of live pushes every 2 s.',
      'Prelaunch is for EXCLUSIVE projects only; a SHARED one with `IsPreload` is refused.',
      'A wrong value is `InvalidParameterValue` and says why; what the state of the project forbids is `FailedOperation`.',
      'A SHARED project runs every application of the account of its category; `ApplicationId` is the one that runs when ApplyConcurrent names none.',
      'H264 cannot be disabled: it is what the render nodes encode.',
      '`UpstreamAudioOption` is about live pushes alone: programs and recordings hear the users either way.',
      '`XRMaxWidth` makes the picture of an `ApplicationXR` narrower in proportion; 0 sets no bound.',
    ],
  },
});

/** Changes a project. */
export const modifyApplicationProject = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Changes a project; what is not given stays as it is',
  request: requestObject({
    ProjectId: projectIdField(),
    Name: Type.Optional(nameField('Project name')),
    Type: Type.Optional(concurrencyTypeField()),
    Description: Type.Optional(Type.String({ maxLength: 1_024, description: 'Free text' })),
    ...settings,
  }),
  response: responseObject({}),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: [
      'What is not given stays as it is.',
      'Running sessions keep the settings they started with; new ones get the new.',
      '`Type` cannot change while packages of the former type are bound: `FailedOperation`.',
    ],
  },
});

/** Deletes projects. */
export const deleteApplicationProjects = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Deletes projects, all or none',
  request: requestObject({ ProjectIds: idListField('Projects (cap-…)') }),
  response: responseObject({}),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: [
      'All projects are deleted, or none.',
      'A project with sessions is not deleted: `FailedOperation`. Bound packages are unbound; sessions of the past stay in the history.',
    ],
  },
});

/** A project in a list. */
export const applicationProjectField = () =>
  Type.Object(
    {
      ProjectId: nullable(textField('Project (cap-…)')),
      Name: nullable(textField('Name')),
      Description: nullable(textField('Free text')),
      Type: nullable(concurrencyTypeField()),
      ApplicationId: nullable(textField('Application of an EXCLUSIVE project')),
      IsPreload: nullable(Type.Boolean({ description: 'Whether programs are started before users come' })),
      Amount: nullable(Type.Integer({ minimum: 0, description: 'Concurrencies of the project' })),
      Using: nullable(Type.Integer({ minimum: 0, description: 'Concurrencies in use' })),
      ApplicationStatus: nullable(
        enumField(
          'Whether the project can be used, and what it lacks',
          'NoConcurrent',
          'Online',
          'applicationCreating',
          'applicationCreateFail',
          'applicationDeleting',
          'applicationNoConfigured',
        ),
      ),
      ApplicationParams: nullable(textField('Launch arguments')),
      CreateTime: nullable(timeField('Creation time')),
      ApplicationName: nullable(textField('Name of the application')),
      Resolution: nullable(textField('Width and height, 1920x1080')),
      ProjectType: nullable(projectTypeField()),
      Purpose: nullable(enumField('EXPERIENCE: a test project', '', 'EXPERIENCE')),
      ApplicationRegions: nullable(Type.Array(regionField(), { description: 'Regions of the version online' })),
      ConcurrentRegions: nullable(Type.Array(regionField(), { description: 'Regions with concurrencies' })),
      ProjectCategory: nullable(categoryField()),
    },
    { title: 'ApplicationProject' },
  );

/** Lists projects. */
export const describeApplicationProjects = defineAction({
  ...common,
  kind: 'query',
  summary: 'Lists projects, newest first',
  request: requestObject({
    Offset: Type.Optional(offsetField()),
    Limit: Type.Optional(limitField()),
    Filters: Type.Optional(filtersField('ProjectId', 'Name', 'ApplicationId', 'ProjectType', 'Type')),
    ProjectCategory: Type.Optional(categoryField()),
  }),
  response: responseObject({
    Projects: nullable(Type.Array(applicationProjectField(), { description: 'Projects of the page' })),
    Total: nullable(countField('Projects that match, on all pages')),
  }),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters and fields.',
    decided: [
      "The filter names are this product's: the vendor publishes none for projects.",
      'An absent `Limit`, or 0, means 20.',
    ],
  },
});

/** A picture that is shown while a program is being started. */
const backgroundImageField = () =>
  Type.Object(
    {
      COSFileId: nullable(textField('Uploaded picture (cf-…)')),
      URL: nullable(textField('Where it is shown from')),
      Name: nullable(textField('File name')),
      CreateTime: nullable(timeField('Upload time')),
    },
    { title: 'BackgroundImage', description: 'Picture that is shown while a program is being started' },
  );

/** Advanced settings of a project. */
export const describeApplicationProjectAdvancedConfig = defineAction({
  ...common,
  kind: 'query',
  summary: 'Tells the advanced settings of a project',
  request: requestObject({ ProjectId: projectIdField() }),
  response: responseObject({
    ApplicationParams: nullable(textField('Launch arguments')),
    Resolution: nullable(textField('Width and height, 1920x1080')),
    FPS: nullable(Type.Integer({ description: 'Frames a second' })),
    MinBitrate: nullable(Type.Integer({ description: 'Mbit/s' })),
    MaxBitrate: nullable(Type.Integer({ description: 'Mbit/s' })),
    PreloadDuration: nullable(textField('Time that a prelaunched program gets to load, 30s')),
    ReconnectTimeout: nullable(textField('How long a program waits for its client, 120s')),
    UpstreamAudioOption: nullable(textField('DisableMixIntoStreamPush, or empty')),
    VideoEncodeConfig: nullable(videoEncodeConfigField()),
    XRMaxWidth: nullable(Type.Integer({ description: 'Width limit of XR pictures' })),
    BackgroundImage: nullable(backgroundImageField()),
    DisableVideoCodecs: nullable(Type.Array(textField('Codec'), { description: 'Codecs that are not negotiated' })),
  }),
  compatibility: {
    sites: internationalSite,
    honoured: 'All fields.',
    decided: ['Durations are answered in seconds with their unit, `120s`.'],
  },
});

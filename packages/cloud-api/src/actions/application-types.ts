import { Type } from 'typebox';
import { enumField, nullable, regionField, textField, timeField } from './fields.js';

/** Objects that several application actions take or answer. `title` is the vendor's name of the object. */

/** How the picture is taken: the whole desktop, or one window. */
export const applicationBaseInfoField = () =>
  Type.Object(
    {
      WindowUseType: enumField('What is captured', 'ApplicationDesktop', 'ApplicationWindow'),
      WindowName: Type.Optional(Type.String({ maxLength: 256, description: 'Title of the window' })),
      WindowClassName: Type.Optional(Type.String({ maxLength: 256, description: 'Class of the window' })),
      WindowCaptureMode: Type.Optional(enumField('How a window is captured; default HOOK', 'HOOK', 'DDA_CUT')),
    },
    {
      additionalProperties: false,
      description: 'Capture of the desktop or of one window',
      title: 'ApplicationBaseInfo',
    },
  );

/** A place for log files or saved games. */
export const applicationStoreField = () =>
  Type.Object(
    {
      CosBucket: Type.String({ maxLength: 256, description: 'Bucket' }),
      CosRegion: Type.String({ maxLength: 64, description: 'Region of the bucket' }),
      StoreType: enumField('What is stored', 'LOG', 'ARCHIVE'),
      StoreState: enumField('Whether it is stored', 'ON', 'OFF'),
      StorePath: Type.String({ maxLength: 4_096, description: 'Path inside the package' }),
    },
    { additionalProperties: false, title: 'UserApplicationStore' },
  );

/** Status of a version, as the vendor spells it. */
export const applicationVersionStatusField = () =>
  enumField(
    'Uploading → Creating → Normal (to be released) or CreateFailed; online: Inuse; formerly online: Usable',
    'Uploading',
    'Creating',
    'CreateFailed',
    'Deleting',
    'Inuse',
    'Normal',
    'Usable',
  );

/** How a version relates to the former one. */
export const updateModeField = () =>
  enumField(
    'FULL: the package is everything; INCREMENT: it replaces and adds files of the version that is online',
    'FULL',
    'INCREMENT',
  );

/** An immutable build of an application. */
export const applicationVersionField = () =>
  Type.Object(
    {
      ApplicationVersionId: textField('Version (ver-…)'),
      ApplicationVersionSize: Type.Integer({ minimum: 0, description: 'Unpacked size in bytes' }),
      ApplicationVersionStatus: applicationVersionStatusField(),
      ApplicationVersionName: textField('Name'),
      CreateTime: timeField('Creation time'),
      ApplicationVersionRegions: nullable(Type.Array(regionField(), { description: 'Regions it is distributed to' })),
      ApplicationVersionUpdateMode: nullable(updateModeField()),
      FailureReason: nullable(
        textField('Why nothing could be made of the package, with what to do; null unless CreateFailed'),
      ),
    },
    { title: 'UserApplicationVersion', description: 'An immutable build of the application' },
  );

/** What this product adds to versions, for the compatibility table of every action that answers them. */
export const versionAdditions = {
  'UserApplicationVersion.FailureReason':
    'Why a version is `CreateFailed`: the published model has no field for it. SDKs with models drop it; `CommonClient` and the command line show it.',
} as const;

/** Versions of an application, newest first. */
export const applicationVersionsField = () =>
  Type.Array(applicationVersionField(), { description: 'Versions, newest first' });

/** Whether an application can run. */
export const applicationRunStatusField = () =>
  enumField(
    'Whether the application can run',
    'ApplicationCreating',
    'ApplicationCreateFail',
    'ApplicationNoConfigured',
    'ApplicationRunning',
    'ApplicationDeleting',
    'ApplicationNoPackage',
  );

/** What the newest version is doing. */
export const applicationUpdateStatusField = () =>
  enumField(
    'What the newest version is doing',
    'ApplicationUpdateNormal',
    'ApplicationUpdateCreating',
    'ApplicationUpdateCreateFail',
    'ApplicationUpdateNoReleased',
    'ApplicationUpdateReleased',
  );

const progressField = () => Type.Integer({ minimum: 0, maximum: 100, description: 'Progress of the update, percent' });
const natureField = () =>
  enumField("PUBLIC: a sample of the platform; PRIVATE: the account's own", 'PUBLIC', 'PRIVATE');

/** A desktop application in a list. */
export const userApplicationField = () =>
  Type.Object(
    {
      ApplicationId: textField('Application (app-…)'),
      ApplicationName: textField('Name'),
      ApplicationType: enumField('Kind of application', 'Application3D', 'ApplicationXR', 'ApplicationWeb'),
      ApplicationExePath: textField('Program inside the package; empty until it is set'),
      ApplicationInterList: textField('Process names, joined by |'),
      ApplicationParams: textField('Launch arguments'),
      ApplicationRunStatus: applicationRunStatusField(),
      ApplicationUpdateStatus: applicationUpdateStatusField(),
      ApplicationCreateTime: timeField('Creation time'),
      ApplicationVersions: applicationVersionsField(),
      ApplicationBaseInfo: applicationBaseInfoField(),
      ApplicationUpdateProgress: progressField(),
      ApplicationNature: natureField(),
      ApplicationStores: Type.Array(applicationStoreField(), { description: 'Stores of log files and saved games' }),
    },
    { title: 'UserApplicationInfo' },
  );

/** A mobile application in a list. */
export const userMobileApplicationField = () =>
  Type.Object(
    {
      ApplicationId: textField('Application (app-…)'),
      ApplicationName: textField('Name'),
      ApplicationType: enumField('Kind of application', 'ApplicationAPK'),
      ApplicationRunStatus: applicationRunStatusField(),
      ApplicationUpdateStatus: applicationUpdateStatusField(),
      ApplicationCreateTime: timeField('Creation time'),
      ApplicationVersions: applicationVersionsField(),
      ApplicationNature: natureField(),
    },
    { title: 'UserMobileApplicationInfo' },
  );

/** Run and update status of one application. */
export const userApplicationStatusField = () =>
  Type.Object(
    {
      ApplicationId: textField('Application (app-…)'),
      ApplicationRunStatus: applicationRunStatusField(),
      ApplicationUpdateStatus: applicationUpdateStatusField(),
      ApplicationUpdateProgress: progressField(),
    },
    { title: 'UserApplicationStatus' },
  );

/** Whether a path is in the package. */
export const applicationFileInfoField = () =>
  Type.Object(
    {
      FilePath: textField('Path as it was asked for'),
      FileState: enumField('Whether it is there', 'EXIST', 'NO_EXIST'),
    },
    { title: 'UserApplicationFileInfo' },
  );

import { Type } from 'typebox';
import { enumField, nullable, regionField, timeField } from './fields.js';

/** Objects that several application actions take or answer. */

/** How the picture is taken: the whole desktop, or one window. */
export const applicationBaseInfoField = () =>
  Type.Object(
    {
      WindowUseType: enumField('ApplicationDesktop', 'ApplicationWindow'),
      WindowName: Type.Optional(Type.String({ maxLength: 256, description: 'Title of the window' })),
      WindowClassName: Type.Optional(Type.String({ maxLength: 256, description: 'Class of the window' })),
      WindowCaptureMode: Type.Optional(enumField('HOOK', 'DDA_CUT')),
    },
    { additionalProperties: false, description: 'Capture of the desktop or of one window' },
  );

/** A place for log files or saved games. */
export const applicationStoreField = () =>
  Type.Object(
    {
      CosBucket: Type.String({ maxLength: 256, description: 'Bucket' }),
      CosRegion: Type.String({ maxLength: 64, description: 'Region of the bucket' }),
      StoreType: enumField('LOG', 'ARCHIVE'),
      StoreState: enumField('ON', 'OFF'),
      StorePath: Type.String({ maxLength: 4_096, description: 'Path inside the package' }),
    },
    { additionalProperties: false },
  );

/** Status of a version, as the vendor spells it. */
export const applicationVersionStatusField = () =>
  enumField('Uploading', 'Creating', 'CreateFailed', 'Deleting', 'Inuse', 'Normal', 'Usable');

/** How a version relates to the former one. */
export const updateModeField = () => enumField('FULL', 'INCREMENT');

/** An immutable build of an application. */
export const applicationVersionField = () =>
  Type.Object({
    ApplicationVersionId: Type.String(),
    ApplicationVersionSize: Type.Integer({ minimum: 0, description: 'Unpacked size in bytes' }),
    ApplicationVersionStatus: applicationVersionStatusField(),
    ApplicationVersionName: Type.String(),
    CreateTime: timeField('Creation time'),
    ApplicationVersionRegions: nullable(Type.Array(regionField())),
    ApplicationVersionUpdateMode: nullable(updateModeField()),
  });

/** Whether an application can run. */
export const applicationRunStatusField = () =>
  enumField(
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
    'ApplicationUpdateNormal',
    'ApplicationUpdateCreating',
    'ApplicationUpdateCreateFail',
    'ApplicationUpdateNoReleased',
    'ApplicationUpdateReleased',
  );

const progressField = () => Type.Integer({ minimum: 0, maximum: 100, description: 'Percent' });

/** A desktop application in a list. */
export const userApplicationField = () =>
  Type.Object({
    ApplicationId: Type.String(),
    ApplicationName: Type.String(),
    ApplicationType: enumField('Application3D', 'ApplicationXR', 'ApplicationWeb'),
    ApplicationExePath: Type.String(),
    ApplicationInterList: Type.String({ description: 'Process names, joined by |' }),
    ApplicationParams: Type.String(),
    ApplicationRunStatus: applicationRunStatusField(),
    ApplicationUpdateStatus: applicationUpdateStatusField(),
    ApplicationCreateTime: timeField('Creation time'),
    ApplicationVersions: Type.Array(applicationVersionField()),
    ApplicationBaseInfo: applicationBaseInfoField(),
    ApplicationUpdateProgress: progressField(),
    ApplicationNature: enumField('PUBLIC', 'PRIVATE'),
    ApplicationStores: Type.Array(applicationStoreField()),
  });

/** A mobile application in a list. */
export const userMobileApplicationField = () =>
  Type.Object({
    ApplicationId: Type.String(),
    ApplicationName: Type.String(),
    ApplicationType: enumField('ApplicationAPK'),
    ApplicationRunStatus: applicationRunStatusField(),
    ApplicationUpdateStatus: applicationUpdateStatusField(),
    ApplicationCreateTime: timeField('Creation time'),
    ApplicationVersions: Type.Array(applicationVersionField()),
    ApplicationNature: enumField('PUBLIC', 'PRIVATE'),
  });

/** Run and update status of one application. */
export const userApplicationStatusField = () =>
  Type.Object({
    ApplicationId: Type.String(),
    ApplicationRunStatus: applicationRunStatusField(),
    ApplicationUpdateStatus: applicationUpdateStatusField(),
    ApplicationUpdateProgress: progressField(),
  });

/** Whether a path is in the package. */
export const applicationFileInfoField = () =>
  Type.Object({ FilePath: Type.String(), FileState: enumField('EXIST', 'NO_EXIST') });

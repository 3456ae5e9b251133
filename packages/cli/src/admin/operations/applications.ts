import { basename } from 'node:path';
import { Type } from 'typebox';
import { defineOperation } from '../operation.js';
import { idField, inputObject, nameField, pathField } from './fields.js';

/** Share of the highest bit rate below which the encoder does not go, so that a picture on a slow network stays readable. */
const minBitrateShare = 1 / 8;

/** Programs and projects of the first account, by archives that lie on this machine. */
export const applicationOperations = {
  /** Unpacks and registers a program; the same name is found again, and `created` is false. */
  'application.add': defineOperation({
    input: inputObject({
      name: nameField(),
      /** Absolute path on this machine. */
      archivePath: pathField(),
      /** Program inside the archive. */
      entryPath: pathField(),
      /** Arguments that every run gets. */
      args: Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 256 }),
    }),
    run: (admin, { name, archivePath, entryPath, args }) =>
      admin.findOrCreateApplication({
        name,
        kind: 'Application3D',
        entryPath,
        args,
        archivePath,
        archiveName: basename(archivePath),
      }),
  }),
  /** Makes a project; one of the same name is found again, keeps its settings, and `created` is false. */
  'project.add': defineOperation({
    input: inputObject({
      name: nameField(),
      applicationId: idField(),
      width: Type.Integer({ minimum: 64, maximum: 8192 }),
      height: Type.Integer({ minimum: 64, maximum: 8192 }),
      fps: Type.Integer({ minimum: 1, maximum: 240 }),
      maxBitrateMbps: Type.Number({ exclusiveMinimum: 0, maximum: 1000 }),
    }),
    run: async (admin, { maxBitrateMbps, ...project }) => {
      const maxBitrateBps = Math.round(maxBitrateMbps * 1_000_000);
      const minBitrateBps = Math.max(100_000, Math.round(maxBitrateBps * minBitrateShare));
      const { projectId, created } = await admin.findOrCreateProject({ ...project, minBitrateBps, maxBitrateBps });
      return { projectId, applicationId: project.applicationId, created };
    },
  }),
} as const;

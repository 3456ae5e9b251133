import { readFile, stat } from 'node:fs/promises';
import { AppError } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { limits } from '../../limits.js';
import { defineOperation } from '../operation.js';
import { idField, inputObject, nameField, pathField } from './fields.js';

/** Reads a picture of this machine, not before it is known to be a small file. @throws AppError `image-unreadable`, `image-too-large` */
async function readPicture(path: string): Promise<Uint8Array> {
  try {
    const facts = await stat(path);
    if (!facts.isFile()) throw new AppError('image-unreadable', `${path} is not a file`);
    if (facts.size > limits.imageBytes) {
      throw new AppError('image-too-large', `${path} has more than ${limits.imageBytes} bytes`);
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('image-unreadable', `the instance cannot read ${path}`, { cause: error });
  }
}

/** Background images of projects. */
export const imageOperations = {
  'image.add': defineOperation({
    input: inputObject({
      /** Absent: the first account. */
      accountId: Type.Optional(idField()),
      name: nameField(),
      /** Absolute path on this machine. */
      path: pathField(),
    }),
    run: async (admin, { path, ...image }) => admin.addBackgroundImage({ ...image, bytes: await readPicture(path) }),
  }),
  'image.list': defineOperation({
    input: inputObject({ accountId: Type.Optional(idField()) }),
    run: (admin, { accountId }) => admin.listBackgroundImages(accountId ?? null),
  }),
  'image.remove': defineOperation({
    input: inputObject({ imageId: idField() }),
    run: async (admin, { imageId }) => {
      await admin.removeBackgroundImage(imageId);
      return { imageId };
    },
  }),
} as const;

import { createHash } from 'node:crypto';
import { AppError } from '@cloudstage/protocol';
import {
  deleteBackgroundImageRow,
  findBackgroundImageRow,
  insertBackgroundImage,
  listBackgroundImageRows,
  listProjectsOfImage,
  lockBackgroundImageRow,
} from '../../db/background-images.js';
import { imageTypeOf } from '../../domain/image-type.js';
import type { ObjectStore } from '../../storage/object-store.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import { serviceLimits } from '../limits.js';
import type { BackgroundImage, BackgroundImageListing, ProjectServices } from './contract.js';
import { isProjectName } from './create-project.js';

/**
 * Stores a picture, PNG, JPEG or WebP, at most 2 MB, that projects of the account may then name. Throws AppError
 * `name-invalid`, `image-too-large`, `image-type-unknown`.
 */
export type AddBackgroundImage = (input: {
  readonly accountId: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}) => Promise<BackgroundImage>;

/** Pictures of an account (null: of all), newest first, at most 1,000. */
export type ListBackgroundImages = (accountId: string | null) => Promise<readonly BackgroundImageListing[]>;

/**
 * Removes a picture that no project names; the sweep of the store removes its bytes. Throws AppError `image-not-found`,
 * `image-in-use`.
 */
export type RemoveBackgroundImage = (imageId: string) => Promise<void>;

const keyOf = (sha256: string): string => `images/${sha256}`;

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Creates the use case. */
export function createAddBackgroundImage(deps: ServiceDeps, store: ObjectStore): AddBackgroundImage {
  return async ({ accountId, name, bytes }) => {
    if (!isProjectName(name)) throw new AppError('name-invalid', 'a name has 1 to 64 characters');
    if (bytes.length > serviceLimits.maxImageBytes) {
      throw new AppError('image-too-large', `a background image has at most ${serviceLimits.maxImageBytes} bytes`);
    }
    const contentType = imageTypeOf(bytes);
    if (contentType === null) {
      throw new AppError('image-type-unknown', 'a background image is a PNG, JPEG or WebP file');
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    // The same picture may be there, unused and about to be swept.
    if (!(await store.touch(keyOf(sha256)))) await store.put(keyOf(sha256), once(bytes));
    const row = { id: createId('cf'), accountId, name, contentType, sha256, sizeBytes: bytes.length };
    const createdAt = deps.now();
    await insertBackgroundImage(deps.database.executor, { ...row, createdAt });
    return { id: row.id, name, url: deps.imageUrl(row.id), createdAt };
  };
}

/** Creates the look-up behind `GET /images/<id>`. */
export function createFindBackgroundImage(
  deps: ServiceDeps,
  store: ObjectStore,
): ProjectServices['findBackgroundImage'] {
  return async (imageId) => {
    const row = await findBackgroundImageRow(deps.database.executor, imageId);
    if (row === null) return null;
    const { contentType, sizeBytes, sha256 } = row;
    return { contentType, sizeBytes, sha256, open: () => store.open(keyOf(sha256)) };
  };
}

/** Creates the listing. */
export function createListBackgroundImages(deps: ServiceDeps): ListBackgroundImages {
  return async (accountId) => {
    const found = await listBackgroundImageRows(deps.database.executor, {
      accountId,
      limit: serviceLimits.maxListedImages,
    });
    return found.map(({ id, sha256: _sha256, ...image }) => ({ id, url: deps.imageUrl(id), ...image }));
  };
}

/** Creates the use case. */
export function createRemoveBackgroundImage(deps: ServiceDeps): RemoveBackgroundImage {
  return (imageId) =>
    deps.database.transaction(async (tx) => {
      // A project that is just being told to use it waits for this lock, or this for the project.
      if (!(await lockBackgroundImageRow(tx, imageId))) {
        throw new AppError('image-not-found', `there is no background image ${imageId}`);
      }
      const projects = await listProjectsOfImage(tx, imageId);
      if (projects.length > 0) {
        throw new AppError('image-in-use', `${imageId} is the background image of ${projects.join(', ')}`);
      }
      await deleteBackgroundImageRow(tx, imageId);
    });
}

import { eq, sql } from 'drizzle-orm';
import { rows } from './rows.js';
import { type BackgroundImageRow, backgroundImages } from './schema/history.js';
import type { Executor } from './schema.js';

/** A background image by id. */
export async function findBackgroundImageRow(executor: Executor, imageId: string): Promise<BackgroundImageRow | null> {
  const [row] = await executor.select().from(backgroundImages).where(eq(backgroundImages.id, imageId));
  return row ?? null;
}

/** A background image, held until the transaction ends: it is not removed before a project names it. */
export async function holdBackgroundImageRow(executor: Executor, imageId: string): Promise<BackgroundImageRow | null> {
  const [row] = await executor.select().from(backgroundImages).where(eq(backgroundImages.id, imageId)).for('key share');
  return row ?? null;
}

/** Adds a background image whose bytes are in the object store. */
export async function insertBackgroundImage(executor: Executor, row: BackgroundImageRow): Promise<void> {
  await executor.insert(backgroundImages).values(row);
}

/** A background image with the projects that name it, deleted ones not. */
export interface ListedImage extends BackgroundImageRow {
  readonly projectIds: readonly string[];
}

/** Background images, newest first; null account: of all. */
export async function listBackgroundImageRows(
  executor: Executor,
  query: { readonly accountId: string | null; readonly limit: number },
): Promise<readonly ListedImage[]> {
  return rows<ListedImage>(
    executor,
    sql`
    SELECT i.id, i.account_id AS "accountId", i.name, i.content_type AS "contentType", i.sha256,
      i.size_bytes AS "sizeBytes", i.created_at::float8 AS "createdAt",
      coalesce((SELECT json_agg(p.id ORDER BY p.id) FROM projects p
        WHERE p.background_image_id = i.id AND p.deleted_at IS NULL), '[]') AS "projectIds"
    FROM background_images i WHERE ${query.accountId}::text IS NULL OR i.account_id = ${query.accountId}
    ORDER BY i.created_at DESC, i.id LIMIT ${query.limit}`,
  );
}

/** Locks an image against projects that are about to name it; false when there is none. */
export async function lockBackgroundImageRow(executor: Executor, imageId: string): Promise<boolean> {
  const found = await executor
    .select({ id: backgroundImages.id })
    .from(backgroundImages)
    .where(eq(backgroundImages.id, imageId))
    .for('update');
  return found.length === 1;
}

/** Projects that name an image, deleted ones not. */
export async function listProjectsOfImage(executor: Executor, imageId: string): Promise<readonly string[]> {
  const found = await rows<{ id: string }>(
    executor,
    sql`SELECT id FROM projects WHERE background_image_id = ${imageId} AND deleted_at IS NULL ORDER BY id LIMIT 10`,
  );
  return found.map(({ id }) => id);
}

/** Deletes an image that only deleted projects name: they forget it. */
export async function deleteBackgroundImageRow(executor: Executor, imageId: string): Promise<void> {
  await rows(
    executor,
    sql`UPDATE projects SET background_image_id = NULL WHERE background_image_id = ${imageId} AND deleted_at IS NOT NULL`,
  );
  await executor.delete(backgroundImages).where(eq(backgroundImages.id, imageId));
}

/** Hashes of the pictures that images name. */
export async function listLivePictures(executor: Executor): Promise<string[]> {
  const found = await executor.selectDistinct({ sha256: backgroundImages.sha256 }).from(backgroundImages);
  return found.map(({ sha256 }) => sha256);
}

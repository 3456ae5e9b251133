import { eq } from 'drizzle-orm';
import { type BackgroundImageRow, backgroundImages } from './schema/history.js';
import type { Executor } from './schema.js';

/** A background image by id. */
export async function findBackgroundImageRow(executor: Executor, imageId: string): Promise<BackgroundImageRow | null> {
  const [row] = await executor.select().from(backgroundImages).where(eq(backgroundImages.id, imageId));
  return row ?? null;
}

/** Adds a background image whose bytes are in the object store. */
export async function insertBackgroundImage(executor: Executor, row: BackgroundImageRow): Promise<void> {
  await executor.insert(backgroundImages).values(row);
}

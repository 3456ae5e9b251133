import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanups } from './bench-main.js';
import { packStamp } from './pack-stamp.js';
import { type Product, startProduct } from './product.js';
import { registerStamp } from './sessions.js';
import { type Site, serveSite } from './site.js';

/** What a bench that plays the stamp program stands on. */
export interface StampProduct {
  readonly product: Product;
  readonly site: Site;
  readonly applicationId: string;
}

/**
 * Starts the product and the pages, and registers the stamp program as a customer's package. What must be undone is added to `cleanups`,
 * which the caller performs from the last to the first.
 */
export async function openStampProduct(cleanups: Cleanups, verbose: boolean): Promise<StampProduct> {
  const scratch = await mkdtemp(join(tmpdir(), 'cloudstage-stamp-'));
  cleanups.push(() => rm(scratch, { recursive: true, force: true }));
  const archivePath = join(scratch, 'stamp.zip');
  await packStamp(archivePath);
  const site = await serveSite();
  cleanups.push(() => site.close());
  const product = await startProduct(verbose, cleanups);
  return { product, site, applicationId: await registerStamp(product, archivePath) };
}

import { limits } from '../limits.js';

/** A page of a list. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Rows on all pages. */
  readonly total: number;
}

/** Reads a list of the cloud API page by page, up to `limits.listRows` rows. */
export async function eachPage<Row>(
  read: (page: { readonly Offset: number; readonly Limit: number }) => Promise<Page<Row>>,
): Promise<readonly Row[]> {
  const all: Row[] = [];
  while (all.length < limits.listRows) {
    const { rows, total } = await read({ Offset: all.length, Limit: limits.pageRows });
    all.push(...rows);
    if (rows.length === 0 || all.length >= total) break;
  }
  return all;
}

/** Reads a list of the instance page by page, up to `limits.listRows` rows. */
export async function eachInstancePage<Row>(
  read: (page: { readonly cursor?: string; readonly limit: number }) => Promise<{
    readonly rows: readonly Row[];
    readonly nextCursor: string | null;
  }>,
): Promise<readonly Row[]> {
  const all: Row[] = [];
  let cursor: string | null = '';
  while (cursor !== null && all.length < limits.listRows) {
    const { rows, nextCursor } = await read({ ...(cursor === '' ? {} : { cursor }), limit: limits.adminPageRows });
    all.push(...rows);
    cursor = nextCursor;
  }
  return all;
}

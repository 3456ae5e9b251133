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

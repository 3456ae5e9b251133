import { type SQL, sql } from 'drizzle-orm';
import { rows } from './rows.js';
import type { Executor } from './schema.js';

/** What to list; the values of one filter are alternatives. */
export interface ProjectListQuery {
  readonly accountId: string;
  readonly category: 'DESKTOP' | 'MOBILE';
  readonly filters: readonly { readonly name: ProjectListFilter; readonly values: readonly string[] }[];
  readonly offset: number;
  readonly limit: number;
}

/** Fields a list can be narrowed by. */
export type ProjectListFilter = 'ProjectId' | 'Name' | 'ApplicationId' | 'ProjectType' | 'Type';

/** How far a project's application is. */
export type ApplicationReadiness = 'ready' | 'creating' | 'create-failed' | 'deleting' | 'not-configured';

/** A project as it is listed. */
export interface ProjectListRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly type: 'EXCLUSIVE' | 'SHARED';
  readonly category: 'DESKTOP' | 'MOBILE';
  readonly concurrencyType: string;
  readonly isPreload: boolean;
  readonly applicationId: string | null;
  readonly applicationName: string | null;
  readonly parameters: string;
  readonly width: number;
  readonly height: number;
  readonly createdAt: number;
  readonly readiness: ApplicationReadiness;
}

const filterColumns: Readonly<Record<ProjectListFilter, SQL>> = {
  ProjectId: sql`p.id`,
  Name: sql`p.name`,
  ApplicationId: sql`p.application_id`,
  ProjectType: sql`p.type`,
  Type: sql`p.concurrency_type`,
};

function conditionOf(filter: ProjectListQuery['filters'][number]): SQL {
  const values = sql.join(
    filter.values.map((value) => sql`${value}`),
    sql`, `,
  );
  return sql` AND ${filterColumns[filter.name]} IN (${values})`;
}

/** The page of projects, with names and states of their applications, in one statement. */
export async function listProjects(
  executor: Executor,
  query: ProjectListQuery,
): Promise<{ readonly projects: readonly ProjectListRow[]; readonly total: number }> {
  const conditions = sql.join(query.filters.map(conditionOf), sql``);
  const [row] = await rows<{ total: number; projects: readonly ProjectListRow[] | null }>(
    executor,
    sql`
    WITH found AS (
      SELECT p.id, p.created_at FROM projects p WHERE p.account_id = ${query.accountId} AND p.deleted_at IS NULL
        AND p.category = ${query.category}${conditions}
    ), page AS (
      SELECT p.* FROM projects p
      JOIN (SELECT id FROM found ORDER BY created_at DESC, id DESC LIMIT ${query.limit} OFFSET ${query.offset}) f
        ON f.id = p.id
    )
    SELECT (SELECT count(*)::integer FROM found) AS total, (
      SELECT json_agg(json_build_object('id', p.id, 'name', p.name, 'description', p.description, 'type', p.type,
        'category', p.category, 'concurrencyType', p.concurrency_type, 'isPreload', p.is_preload,
        'applicationId', p.application_id, 'applicationName', a.name, 'parameters', p.parameters, 'width', p.width,
        'height', p.height, 'createdAt', p.created_at,
        'readiness', CASE WHEN p.application_id IS NULL OR v.best = 0 THEN 'ready' WHEN v.best = 1 THEN 'creating'
          WHEN v.best = 2 THEN 'create-failed' WHEN v.best = 3 THEN 'deleting' ELSE 'not-configured' END) ORDER BY p.created_at DESC, p.id DESC)
      FROM page p LEFT JOIN applications a ON a.id = p.application_id
      LEFT JOIN LATERAL (
        SELECT min(CASE state WHEN 'in-use' THEN 0 WHEN 'uploading' THEN 1 WHEN 'creating' THEN 1
          WHEN 'create-failed' THEN 2 WHEN 'deleting' THEN 3 ELSE 4 END) AS best
        FROM application_versions WHERE application_id = p.application_id) v ON true
    ) AS projects`,
  );
  return { projects: row?.projects ?? [], total: row?.total ?? 0 };
}

import type { ActionResponse } from '@cloudstage/cloud-api';
import { isConcurrencyType } from '../../../domain/concurrency-types.js';
import type { PackageStatus } from '../../../domain/package-status.js';
import type { ConcurrentPackage, DescribePackagesInput } from '../../../services/concurrency/contract.js';
import { unknownFilter } from '../../error-mapping/concurrency.js';
import type { ActionHandler } from '../handler.js';

type PackageEntry = NonNullable<ActionResponse<'DescribeConcurrentPackages'>['ConcurrentPackages']>[number];

const statuses = { normal: 'Normal', draining: 'Draining', expired: 'Expired' } as const;

/** Rows of a page when none are asked for. */
const defaultPageRows = 20;

function toEntry(row: ConcurrentPackage): PackageEntry {
  if (!isConcurrencyType(row.type)) throw new TypeError(`package ${row.id} has the unknown type "${row.type}"`);
  return {
    ConcurrentId: row.id,
    Name: row.name,
    Type: row.type,
    Region: row.region,
    Amount: row.amount,
    Available: row.available,
    Using: row.using,
    Status: statuses[row.status],
    ProjectId: row.projectId,
    CreateTime: new Date(row.createdAt).toISOString(),
    ExpireTime: row.expiresAt === null ? null : new Date(row.expiresAt).toISOString(),
  };
}

/** Names of filters, and the field of the query that each sets. */
const filterFields = {
  ConcurrentId: 'ids',
  Name: 'names',
  ProjectId: 'projectIds',
  Type: 'types',
  Region: 'regions',
  Status: 'statuses',
} as const satisfies Record<string, keyof DescribePackagesInput>;

const isFilterName = (name: string): name is keyof typeof filterFields => Object.hasOwn(filterFields, name);

const toStatuses = (values: readonly string[]): PackageStatus[] =>
  (Object.keys(statuses) as PackageStatus[]).filter((status) => values.includes(statuses[status]));

type Filters = Omit<DescribePackagesInput, 'offset' | 'limit'>;

/** Null: a filter has a name that there is not. The same name twice: both conditions hold. */
function toFilters(filters: readonly { readonly Name: string; readonly Values: readonly string[] }[]): Filters | null {
  let query: Record<string, readonly string[]> = {};
  for (const { Name, Values } of filters) {
    if (!isFilterName(Name)) return null;
    const field = filterFields[Name];
    const values = Name === 'Status' ? toStatuses(Values) : Values;
    const former = query[field];
    query = { ...query, [field]: former === undefined ? values : former.filter((value) => values.includes(value)) };
  }
  return query;
}

/** DescribeConcurrentPackages: a page of packages. */
export const handleDescribePackages: ActionHandler<'DescribeConcurrentPackages'> = async (
  { services, caller },
  request,
) => {
  const filters = toFilters(request.Filters ?? []);
  if (filters === null) return { type: 'refused', failure: unknownFilter(Object.keys(filterFields)) };
  const page = { offset: request.Offset ?? 0, limit: request.Limit || defaultPageRows };
  const { total, packages } = await services.describePackages(caller, { ...filters, ...page });
  return { type: 'answered', response: { Total: total, ConcurrentPackages: packages.map(toEntry) } };
};

/** A duration as Go writes it: `100h0m0s`. */
export function toGoDuration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 3_600)}h${Math.floor(seconds / 60) % 60}m${seconds % 60}s`;
}

/** DescribeConcurrentSummary: totals of the account. */
export const handleDescribeSummary: ActionHandler<'DescribeConcurrentSummary'> = async ({ services, caller }) => {
  const { granted, hourlyRemainMs } = await services.describeSummary(caller);
  const response = { PrepaidConcurrentTotal: granted, HourlyRemainDuration: toGoDuration(hourlyRemainMs) };
  return { type: 'answered', response };
};

import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

/** What may be recorded of a package; expiry also counts before the sweep has recorded it. */
export const packageStateNames = ['active', 'expired', 'revoked'] as const;
/** Recorded state of a package. */
export type PackageStateName = (typeof packageStateNames)[number];

/** Kinds of slots that placement tells apart; a node belongs to one. */
export const slotPools = pgTable('slot_pools', {
  id: text('id').primaryKey(),
  category: text('category').$type<'DESKTOP' | 'MOBILE'>().notNull(),
  region: text('region').notNull(),
  types: jsonb('types').$type<readonly string[]>().notNull(),
});

/** Concurrency packages. Each unit of `amount` is a row of {@link concurrencies}. */
export const concurrentPackages = pgTable('concurrent_packages', {
  id: text('id').primaryKey(),
  accountId: text('account_id').notNull(),
  name: text('name').notNull(),
  type: text('type').notNull(),
  region: text('region').notNull(),
  amount: integer('amount').notNull(),
  /** Null: never. */
  expiresAt: bigint('expires_at', { mode: 'number' }),
  projectId: text('project_id'),
  state: text('state').$type<PackageStateName>().notNull(),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
});

/**
 * Units of packages. `projectId` repeats the package's, so that taking a unit needs no lock but its own. A `surplus` one is
 * above the package's amount and goes when its session does.
 */
export const concurrencies = pgTable(
  'concurrencies',
  {
    packageId: text('package_id').notNull(),
    seat: integer('seat').notNull(),
    projectId: text('project_id'),
    sessionId: text('session_id'),
    surplus: boolean('surplus').notNull(),
  },
  (table) => [primaryKey({ columns: [table.packageId, table.seat] })],
);

/** Row of {@link concurrentPackages}. */
export type PackageRow = typeof concurrentPackages.$inferSelect;
/** Row of {@link slotPools}. */
export type SlotPoolRow = typeof slotPools.$inferSelect;

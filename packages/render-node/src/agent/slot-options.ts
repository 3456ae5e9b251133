import type { NodeOutbox } from './node-outbox.js';
import type { PackageCache } from './package-cache.js';
import type { RecordingSpool } from './recording-spool.js';
import type { RouteTable } from './route-table.js';
import type { SlotEnvironment } from './slot-environment.js';

/** Dependencies of a slot of the node. */
export interface SlotOptions {
  readonly slot: SlotEnvironment;
  readonly nodeId: string;
  readonly outbox: NodeOutbox;
  readonly packages: PackageCache;
  readonly routes: RouteTable;
  readonly recordings: Pick<RecordingSpool, 'directoryOf'>;
}

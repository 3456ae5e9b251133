import type { LatencyLedger } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { RenderNodeConfig } from '../config.js';
import type { SlotCgroup } from '../host/cgroup.js';
import type { DisplayDriver } from '../host/display.js';
import type { SlotPaths } from '../host/slot-paths.js';
import type { SlotUser } from '../host/slot-user.js';

/** Everything about a slot that stays the same over its sessions. */
export interface SlotEnvironment {
  readonly slotIndex: number;
  readonly config: RenderNodeConfig;
  readonly paths: SlotPaths;
  readonly user: SlotUser;
  readonly cgroup: SlotCgroup;
  readonly displayDrivers: readonly DisplayDriver[];
  /** JavaScript file of the streamer. */
  readonly streamerEntry: string;
  /** Encoders that streamers may use besides those of every node, see `findEncoders`. Never rejects. */
  readonly probedEncoders: Promise<readonly string[]>;
  /** Generated files for the /etc of programs. */
  readonly etcPath: string;
  readonly framePacerPath: string | null;
  /** Null: it cannot be built here, and sessions end with their first process. */
  readonly keeperPath: string | null;
  readonly logger: Logger;
  /** Takes what the slot's streamers measure. */
  readonly latency: Pick<LatencyLedger, 'add'>;
}

/** Marks every process that belongs to a slot, so that leftovers can be found without a record. */
export const slotMarkerName = 'CLOUDSTAGE_SLOT_DIR';

/** Environment of the slot's host processes; nothing of the agent's own. */
export function hostEnvironment(slot: Pick<SlotEnvironment, 'paths'>): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    [slotMarkerName]: slot.paths.dir,
  };
}

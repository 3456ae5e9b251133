import { AppError, type NodeLink } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { HandleNodeEvent } from '../services/nodes/handle-node-event.js';
import type { StoreRecording } from '../services/recordings/store-recording.js';
import { isObjectKey, type ObjectStore } from '../storage/object-store.js';

/** What {@link attachNodes} connects. */
export interface NodeRegistryDeps {
  readonly nodeLink: NodeLink;
  readonly handleNodeEvent: HandleNodeEvent;
  readonly storeRecording: StoreRecording;
  readonly store: ObjectStore;
  readonly logger: Logger;
}

/** Lets nodes in: their reports and recordings go to the use cases, and they may read packages. */
export function attachNodes(deps: NodeRegistryDeps): void {
  deps.nodeLink.serveObjects(async (key) => {
    // Nodes are outside: a key is checked before it comes near a path.
    // They run packages; recordings of their users' sessions are none of theirs any more.
    if (!isObjectKey(key) || !/^(blobs|manifests)\//.test(key))
      throw new AppError('object-not-found', 'there is no such object');
    return deps.store.open(key);
  });
  deps.nodeLink.acceptRecordings(deps.storeRecording);
  deps.nodeLink.onEvent(async (event) => {
    const nodeId = event.type === 'node.status' ? event.node.nodeId : event.nodeId;
    deps.logger.debug({ nodeId, event }, 'node event');
    await deps.handleNodeEvent(event);
  });
}

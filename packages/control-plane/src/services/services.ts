import type { ObjectStore } from '../storage/object-store.js';
import { createAccountServices } from './accounts/account-services.js';
import type { AccountServices } from './accounts/contract.js';
import { createEnsureAccessKey, type EnsureAccessKey } from './accounts/first-access-key.js';
import { createSigningKeys } from './accounts/signing-keys.js';
import {
  type AllApplicationServices,
  createApplicationServices,
  type PackageParts,
} from './applications/application-services.js';
import { createAuditServices } from './audit/audit-services.js';
import type { AuditServices } from './audit/contract.js';
import { createCheckReady } from './check-ready.js';
import { createConcurrencyServices } from './concurrency/concurrency-services.js';
import type { PackageAdminServices } from './concurrency/contract.js';
import {
  type CountProjects,
  createCountProjects,
  createDescribeConcurrentCount,
} from './concurrency/describe-concurrent-count.js';
import { createPackageAdmin } from './concurrency/grant-package.js';
import { createLaunchPrelaunched } from './concurrency/launch-prelaunched.js';
import { createSweepPrelaunches } from './concurrency/prelaunch.js';
import { createSweepPackages } from './concurrency/sweep-packages.js';
import type { Services } from './contract.js';
import type { ServiceDeps } from './deps.js';
import { createTakeCensus, type TakeCensus } from './metrics/census.js';
import { createReadNodeStatistics, type ReadNodeStatistics } from './metrics/node-statistics.js';
import type { NodeServices } from './nodes/contract.js';
import { createHandleNodeEvent, type HandleNodeEvent } from './nodes/handle-node-event.js';
import { createNodeServices } from './nodes/node-services.js';
import { createPrefetch } from './nodes/prefetch.js';
import { type AllProjectServices, createProjectServices } from './projects/project-services.js';
import { type AllRecordingServices, createRecordingServices } from './recordings/recording-services.js';
import { createApplyConcurrent } from './sessions/apply-concurrent.js';
import { createConnectPeer } from './sessions/connect-peer.js';
import type { SessionHistoryServices } from './sessions/contract.js';
import { createCreateSession } from './sessions/create-session.js';
import { createDescribeLiveSession, type DescribeLiveSession } from './sessions/describe-live-session.js';
import { createDestroySession, createEndSession, type EndSession } from './sessions/destroy-session.js';
import { createSendEndOrder } from './sessions/end-order.js';
import { createHistoryServices } from './sessions/history.js';
import { createJoinSession } from './sessions/join-session.js';
import { createListSessions, type ListSessions } from './sessions/list-sessions.js';
import { createOpenMedia, type OpenMedia } from './sessions/open-media.js';
import { createReconnectSession } from './sessions/reconnect-session.js';
import { createRemoveGuest } from './sessions/remove-guest.js';
import { createUsageServices } from './sessions/usage.js';
import { createPublishFollower } from './streams/follow-publish.js';
import { createStreamServices } from './streams/stream-services.js';
import { createSweep, type Sweep } from './sweep.js';

/** All use cases: those of the API edges, and those of node link, sweeper and operators. */
export interface AllServices
  extends Services,
    AllApplicationServices,
    AccountServices,
    AuditServices,
    PackageAdminServices,
    AllProjectServices,
    NodeServices,
    AllRecordingServices,
    SessionHistoryServices {
  readonly countProjects: CountProjects;
  readonly handleNodeEvent: HandleNodeEvent;
  readonly sweep: Sweep;
  readonly takeCensus: TakeCensus;
  readonly readNodeStatistics: ReadNodeStatistics;
  readonly describeLiveSession: DescribeLiveSession;
  readonly ensureAccessKey: EnsureAccessKey;
  readonly listSessions: ListSessions;
  readonly endSession: EndSession;
  readonly openMedia: OpenMedia;
}

/** Builds all use cases over one set of dependencies. */
export function createServices(deps: ServiceDeps, packages: PackageParts, store: ObjectStore): AllServices {
  const sendEndOrder = createSendEndOrder(deps);
  const connectPeer = createConnectPeer(deps, sendEndOrder);
  const prefetch = createPrefetch(deps);
  const handleNodeEvent = createHandleNodeEvent(deps, sendEndOrder, prefetch, createPublishFollower(deps));
  const signingKeys = createSigningKeys(deps);
  const countProjects = createCountProjects(deps);
  const applications = createApplicationServices(deps, packages, prefetch);
  const nodes = createNodeServices(deps);
  const otherSweeps = [
    applications.sweepApplications,
    createSweepPackages(deps),
    createSweepPrelaunches(deps, sendEndOrder, createLaunchPrelaunched(deps, sendEndOrder)),
  ];
  return {
    ...applications,
    ...createAccountServices(deps, signingKeys),
    ...createAuditServices(deps),
    ...createConcurrencyServices(deps, sendEndOrder),
    ...createPackageAdmin(deps),
    countProjects,
    ...createStreamServices(deps),
    takeCensus: createTakeCensus(deps),
    findAccessKey: signingKeys.find,
    noteAccessKeyUse: signingKeys.noteUse,
    applyConcurrent: createApplyConcurrent(deps, sendEndOrder),
    createSession: createCreateSession(deps, connectPeer, createJoinSession(deps, connectPeer)),
    destroySession: createDestroySession(deps, sendEndOrder, createRemoveGuest(deps)),
    describeConcurrentCount: createDescribeConcurrentCount(deps, countProjects),
    reconnectSession: createReconnectSession(deps, connectPeer),
    checkReady: createCheckReady(deps),
    handleNodeEvent,
    ...nodes,
    readNodeStatistics: createReadNodeStatistics(deps, nodes.listNodes),
    describeLiveSession: createDescribeLiveSession(deps),
    sweep: createSweep(deps, sendEndOrder, otherSweeps, deps.now()),
    ensureAccessKey: createEnsureAccessKey(deps),
    ...createProjectServices(deps, store, sendEndOrder),
    listSessions: createListSessions(deps),
    endSession: createEndSession(deps, sendEndOrder),
    openMedia: createOpenMedia(deps),
    ...createHistoryServices(deps),
    ...createRecordingServices(deps, store),
    ...createUsageServices(deps),
  };
}

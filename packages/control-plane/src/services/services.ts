import type { Ingest } from '../storage/ingest.js';
import { createEnsureAccessKey, createFindAccessKey, type EnsureAccessKey } from './access-keys.js';
import { createApplyConcurrent } from './apply-concurrent.js';
import { createCheckReady } from './check-ready.js';
import { createConnectPeer } from './connect-peer.js';
import type { Services } from './contract.js';
import {
  type CreateApplication,
  createCreateApplication,
  createFindApplication,
  type FindApplication,
} from './create-application.js';
import {
  type CreateApplicationVersion,
  createCreateApplicationVersion,
  createHasOnlineVersion,
  createSetVersionOnline,
  type HasOnlineVersion,
  type SetVersionOnline,
} from './create-application-version.js';
import { type CreateProject, createCreateProject, createFindProject, type FindProject } from './create-project.js';
import { createCreateSession } from './create-session.js';
import type { ServiceDeps } from './deps.js';
import { createDescribeConcurrentCount } from './describe-concurrent-count.js';
import { createDestroySession, createEndSession, type EndSession } from './destroy-session.js';
import { createSendEndOrder } from './end-order.js';
import { createHandleNodeEvent, type HandleNodeEvent } from './handle-node-event.js';
import { createJoinSession } from './join-session.js';
import { createListSessions, type ListSessions } from './list-sessions.js';
import { createPrefetch } from './prefetch.js';
import { createReconnectSession } from './reconnect-session.js';
import { createSweep, type Sweep } from './sweep.js';

/** All use cases: those of the API edges, and those of node link, sweeper and operators. */
export interface AllServices extends Services {
  readonly handleNodeEvent: HandleNodeEvent;
  readonly sweep: Sweep;
  readonly ensureAccessKey: EnsureAccessKey;
  readonly createApplication: CreateApplication;
  readonly findApplication: FindApplication;
  readonly createApplicationVersion: CreateApplicationVersion;
  readonly setVersionOnline: SetVersionOnline;
  readonly hasOnlineVersion: HasOnlineVersion;
  readonly createProject: CreateProject;
  readonly findProject: FindProject;
  readonly listSessions: ListSessions;
  readonly endSession: EndSession;
}

/** Builds all use cases over one set of dependencies. */
export function createServices(deps: ServiceDeps, ingest: Ingest): AllServices {
  const sendEndOrder = createSendEndOrder(deps);
  const connectPeer = createConnectPeer(deps, sendEndOrder);
  const prefetch = createPrefetch(deps);
  const handleNodeEvent = createHandleNodeEvent(deps, sendEndOrder, prefetch);
  return {
    findAccessKey: createFindAccessKey(deps),
    applyConcurrent: createApplyConcurrent(deps, sendEndOrder),
    createSession: createCreateSession(deps, connectPeer, createJoinSession(deps, connectPeer)),
    destroySession: createDestroySession(deps, sendEndOrder),
    describeConcurrentCount: createDescribeConcurrentCount(deps),
    reconnectSession: createReconnectSession(deps, connectPeer),
    checkReady: createCheckReady(deps),
    handleNodeEvent,
    sweep: createSweep(deps, sendEndOrder, handleNodeEvent, deps.now()),
    ensureAccessKey: createEnsureAccessKey(deps),
    createApplication: createCreateApplication(deps),
    findApplication: createFindApplication(deps),
    createApplicationVersion: createCreateApplicationVersion(deps, ingest),
    setVersionOnline: createSetVersionOnline(deps, prefetch),
    hasOnlineVersion: createHasOnlineVersion(deps),
    createProject: createCreateProject(deps),
    findProject: createFindProject(deps),
    listSessions: createListSessions(deps),
    endSession: createEndSession(deps, sendEndOrder),
  };
}

import { applicationHandlers } from './applications/handlers.js';
import { handleApplyConcurrent } from './apply-concurrent.js';
import { packageHandlers } from './concurrency/handlers.js';
import { handleCreateSession } from './create-session.js';
import { handleDescribeConcurrentCount } from './describe-concurrent-count.js';
import { handleDestroySession } from './destroy-session.js';
import type { ActionHandlers } from './handler.js';
import { projectHandlers } from './projects/handlers.js';
import { streamHandlers } from './streams/publish.js';

/** The handler of every action in the table of `@cloudstage/cloud-api`; the type makes a missing one a build error. */
export const actionHandlers: ActionHandlers = {
  ...applicationHandlers,
  ApplyConcurrent: handleApplyConcurrent,
  CreateSession: handleCreateSession,
  DescribeConcurrentCount: handleDescribeConcurrentCount,
  DestroySession: handleDestroySession,
  ...packageHandlers,
  ...streamHandlers,
  ...projectHandlers,
};

/**
 * Concurrency packages and their seats, placement by an index look-up, prelaunched sessions.
 *
 * `slots` repeats of its node what placement asks for (`online`, `pool_id`), because one partial index must answer "an idle
 * slot of this kind" whatever the number of nodes. `spread` is a random rank that fixes the order of nodes among slots of
 * the same index, so that load goes to all nodes before it goes to any node's second slot.
 */
export const migration0003 = {
  version: 3,
  name: 'concurrency',
  sql: `
CREATE TABLE slot_pools (
  id text PRIMARY KEY,
  category text NOT NULL CHECK (category IN ('DESKTOP', 'MOBILE')),
  region text NOT NULL,
  types jsonb NOT NULL
);
INSERT INTO slot_pools (id, category, region, types)
  SELECT DISTINCT category || '/' || region || '/*', category, region, '[]'::jsonb FROM render_nodes;

ALTER TABLE render_nodes ADD COLUMN pool_id text;
UPDATE render_nodes SET pool_id = category || '/' || region || '/*';
ALTER TABLE render_nodes ALTER COLUMN pool_id SET NOT NULL;
ALTER TABLE render_nodes ADD FOREIGN KEY (pool_id) REFERENCES slot_pools (id);

ALTER TABLE slots ADD COLUMN online boolean NOT NULL DEFAULT false;
ALTER TABLE slots ADD COLUMN pool_id text NOT NULL DEFAULT '';
ALTER TABLE slots ADD COLUMN spread integer NOT NULL DEFAULT 0;
ALTER TABLE slots ADD COLUMN package_id text;
UPDATE slots SET online = n.online, pool_id = n.pool_id, spread = floor(random() * 2147483647)::integer
  FROM render_nodes n WHERE n.id = slots.node_id;
ALTER TABLE slots ALTER COLUMN online DROP DEFAULT;
ALTER TABLE slots ALTER COLUMN pool_id DROP DEFAULT;
DROP INDEX slots_idle;
CREATE INDEX slots_idle ON slots (pool_id, slot_index, spread) WHERE state = 'idle' AND online;
CREATE INDEX slots_initializing ON slots (pool_id, slot_index) WHERE state = 'initializing' AND online;
CREATE INDEX slots_used ON slots (pool_id, slot_index) WHERE project_id IS NOT NULL AND online;

ALTER TABLE projects ADD COLUMN concurrency_type text NOT NULL DEFAULT 'L1';
ALTER TABLE projects ADD COLUMN is_preload boolean NOT NULL DEFAULT false;
ALTER TABLE projects ADD COLUMN preload_ms integer NOT NULL DEFAULT 30000;
ALTER TABLE projects ADD COLUMN prelaunch_due_at bigint NOT NULL DEFAULT 0;
CREATE INDEX projects_prelaunch ON projects (prelaunch_due_at) WHERE is_preload;

CREATE TABLE concurrent_packages (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES accounts (id),
  name text NOT NULL,
  type text NOT NULL,
  region text NOT NULL,
  amount integer NOT NULL CHECK (amount >= 0),
  expires_at bigint,
  project_id text REFERENCES projects (id) ON DELETE SET NULL,
  state text NOT NULL CHECK (state IN ('active', 'expired', 'revoked')),
  created_at bigint NOT NULL,
  CHECK (state <> 'expired' OR expires_at IS NOT NULL)
);
CREATE INDEX concurrent_packages_account ON concurrent_packages (account_id, created_at);
CREATE INDEX concurrent_packages_project ON concurrent_packages (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX concurrent_packages_region ON concurrent_packages (region);
CREATE INDEX concurrent_packages_expiry ON concurrent_packages (expires_at) WHERE state = 'active' AND expires_at IS NOT NULL;
CREATE INDEX concurrent_packages_revoked ON concurrent_packages (id) WHERE state = 'revoked';

CREATE TABLE concurrencies (
  package_id text NOT NULL REFERENCES concurrent_packages (id) ON DELETE CASCADE,
  seat integer NOT NULL,
  project_id text REFERENCES projects (id) ON DELETE SET NULL,
  session_id text,
  surplus boolean NOT NULL DEFAULT false,
  PRIMARY KEY (package_id, seat)
);
CREATE INDEX concurrencies_free ON concurrencies (package_id, seat) WHERE session_id IS NULL AND NOT surplus;
CREATE UNIQUE INDEX concurrencies_session ON concurrencies (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX concurrencies_drained ON concurrencies (package_id) WHERE session_id IS NULL AND surplus;

ALTER TABLE sessions ALTER COLUMN user_id DROP NOT NULL;
ALTER TABLE sessions ADD COLUMN launch_fingerprint text;
ALTER TABLE sessions DROP CONSTRAINT sessions_state_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_state_check CHECK (state IN
  ('prelaunching', 'prelaunched', 'reserved', 'starting', 'running', 'waiting-reconnect', 'ending', 'ended'));
ALTER TABLE sessions DROP CONSTRAINT sessions_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_deadline_check
  CHECK (state IN ('prelaunched', 'running', 'ended') OR deadline_at IS NOT NULL);
ALTER TABLE sessions ADD CONSTRAINT sessions_user_check
  CHECK (user_id IS NOT NULL OR state IN ('prelaunching', 'prelaunched', 'ending', 'ended'));
CREATE INDEX sessions_unclaimed ON sessions (project_id) WHERE user_id IS NULL AND state <> 'ended';
CREATE INDEX sessions_unclaimed_failures ON sessions (project_id, ended_at) WHERE user_id IS NULL AND state = 'ended';
`,
} as const;

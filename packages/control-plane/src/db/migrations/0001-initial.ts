/** First schema. Times are epoch milliseconds; states are checked texts, so that a typing error cannot become a state. */
export const migration0001 = {
  version: 1,
  name: 'initial',
  sql: `
CREATE TABLE accounts (
  id text PRIMARY KEY,
  number bigint NOT NULL UNIQUE,
  name text NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE access_keys (
  secret_id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES accounts (id),
  secret_cipher text NOT NULL,
  enabled boolean NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE applications (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES accounts (id),
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('Application3D', 'ApplicationXR', 'ApplicationWeb', 'ApplicationAPK')),
  entry_path text NOT NULL,
  args jsonb NOT NULL,
  created_at bigint NOT NULL,
  UNIQUE (account_id, name)
);

CREATE TABLE application_versions (
  id text PRIMARY KEY,
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  state text NOT NULL CHECK (state IN ('creating', 'normal', 'in-use', 'usable', 'create-failed')),
  file_name text NOT NULL,
  manifest_sha256 text,
  total_bytes bigint,
  failure text,
  created_at bigint NOT NULL,
  CHECK (state IN ('creating', 'create-failed') OR manifest_sha256 IS NOT NULL)
);
CREATE UNIQUE INDEX application_versions_one_in_use ON application_versions (application_id) WHERE state = 'in-use';
CREATE INDEX application_versions_application ON application_versions (application_id);

CREATE TABLE projects (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES accounts (id),
  name text NOT NULL,
  type text NOT NULL CHECK (type IN ('EXCLUSIVE', 'SHARED')),
  category text NOT NULL CHECK (category IN ('DESKTOP', 'MOBILE')),
  application_id text REFERENCES applications (id),
  width integer NOT NULL,
  height integer NOT NULL,
  fps integer NOT NULL,
  min_bitrate_bps integer NOT NULL,
  max_bitrate_bps integer NOT NULL,
  reconnect_grace_ms integer NOT NULL,
  parameters text NOT NULL,
  concurrency_limit integer,
  created_at bigint NOT NULL,
  UNIQUE (account_id, name),
  CHECK (type = 'SHARED' OR application_id IS NOT NULL)
);

CREATE TABLE project_applications (
  project_id text NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  application_id text NOT NULL REFERENCES applications (id),
  PRIMARY KEY (project_id, application_id)
);

CREATE TABLE render_nodes (
  id text PRIMARY KEY,
  boot_id text NOT NULL,
  name text NOT NULL,
  region text NOT NULL,
  version text NOT NULL,
  category text NOT NULL CHECK (category IN ('DESKTOP', 'MOBILE')),
  online boolean NOT NULL,
  last_seen_at bigint NOT NULL
);

CREATE TABLE slots (
  node_id text NOT NULL REFERENCES render_nodes (id),
  slot_index integer NOT NULL,
  state text NOT NULL CHECK (state IN ('initializing', 'idle', 'reserved', 'busy', 'cleaning', 'failed')),
  session_id text,
  project_id text,
  deadline_at bigint,
  PRIMARY KEY (node_id, slot_index),
  CHECK ((state IN ('reserved', 'busy')) <= (session_id IS NOT NULL)),
  CHECK ((state IN ('initializing', 'idle', 'failed')) <= (session_id IS NULL))
);
CREATE INDEX slots_idle ON slots (node_id, slot_index) WHERE state = 'idle';
CREATE INDEX slots_project ON slots (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX slots_deadline ON slots (deadline_at) WHERE deadline_at IS NOT NULL;

CREATE TABLE sessions (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES accounts (id),
  user_id text NOT NULL,
  user_ip text NOT NULL,
  project_id text NOT NULL REFERENCES projects (id),
  application_id text NOT NULL REFERENCES applications (id),
  application_version_id text NOT NULL REFERENCES application_versions (id),
  node_id text NOT NULL REFERENCES render_nodes (id),
  slot_index integer NOT NULL,
  state text NOT NULL CHECK (state IN ('reserved', 'starting', 'running', 'waiting-reconnect', 'ending', 'ended')),
  deadline_at bigint,
  busy_until bigint,
  run_without_client boolean NOT NULL,
  reconnect_grace_ms integer NOT NULL,
  application_parameters text NOT NULL,
  reconnect_token_hash text,
  end_reason text,
  exit_code integer,
  created_at bigint NOT NULL,
  launched_at bigint,
  ended_at bigint,
  CHECK (state IN ('running', 'ended') OR deadline_at IS NOT NULL),
  CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX sessions_one_live_of_user ON sessions (account_id, user_id) WHERE state <> 'ended';
CREATE UNIQUE INDEX sessions_one_live_on_slot ON sessions (node_id, slot_index) WHERE state <> 'ended';
CREATE INDEX sessions_deadline ON sessions (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX sessions_token ON sessions (reconnect_token_hash) WHERE state <> 'ended';
CREATE INDEX sessions_history ON sessions (account_id, created_at);

CREATE TABLE session_guests (
  account_id text NOT NULL,
  user_id text NOT NULL,
  session_id text NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('Player', 'Viewer')),
  seat integer NOT NULL,
  busy_until bigint,
  reconnect_token_hash text,
  created_at bigint NOT NULL,
  PRIMARY KEY (account_id, user_id)
);
CREATE INDEX session_guests_session ON session_guests (session_id);
CREATE INDEX session_guests_token ON session_guests (reconnect_token_hash);
`,
} as const;

/** Recordings of sessions: what a project wants, and the parts that are in the object store under `recordings/<sha256>`. */
export const migration0008 = {
  version: 8,
  name: 'recordings',
  sql: `
ALTER TABLE projects ADD COLUMN is_recorded boolean NOT NULL DEFAULT false;
CREATE TABLE recordings (
  id text PRIMARY KEY,
  session_id text NOT NULL,
  account_id text NOT NULL,
  project_id text NOT NULL,
  user_id text,
  node_id text NOT NULL,
  started_at bigint NOT NULL,
  duration_ms bigint,
  size_bytes bigint NOT NULL,
  sha256 text NOT NULL,
  created_at bigint NOT NULL,
  UNIQUE (session_id, started_at)
);
CREATE INDEX recordings_project ON recordings (project_id, started_at);
CREATE INDEX recordings_age ON recordings (created_at);
CREATE INDEX recordings_sha256 ON recordings (sha256);
`,
} as const;

/**
 * Session history, usage records, and the project settings that sessions run with. A project that is deleted stays as a row,
 * because the history names it; its name is free again.
 *
 * The trigger exists because sessions are inserted by several statements, each of which is a whole use case: none can forget
 * the first event, and none can slip past a project that is being deleted at the same moment (the lock waits for it).
 */
export const migration0004 = {
  version: 4,
  name: 'sessions-usage',
  sql: `
CREATE TABLE background_images (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES accounts (id),
  name text NOT NULL,
  content_type text NOT NULL CHECK (content_type IN ('image/png', 'image/jpeg', 'image/webp')),
  sha256 text NOT NULL,
  size_bytes integer NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX background_images_account ON background_images (account_id, created_at);

ALTER TABLE projects
  ADD COLUMN description text NOT NULL DEFAULT '',
  ADD COLUMN upstream_audio_option text NOT NULL DEFAULT '' CHECK (upstream_audio_option IN ('', 'DisableMixIntoStreamPush')),
  ADD COLUMN push_gop_ms integer NOT NULL DEFAULT 2000,
  ADD COLUMN xr_max_width integer NOT NULL DEFAULT 0,
  ADD COLUMN background_image_id text REFERENCES background_images (id),
  ADD COLUMN disabled_video_codecs jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN max_duration_ms bigint,
  ADD COLUMN deleted_at bigint;
ALTER TABLE projects DROP CONSTRAINT projects_account_id_name_key;
CREATE UNIQUE INDEX projects_name ON projects (account_id, name) WHERE deleted_at IS NULL;
CREATE INDEX projects_list ON projects (account_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;

ALTER TABLE sessions
  ADD COLUMN usage_since bigint,
  ADD COLUMN expires_at bigint,
  ADD COLUMN run_settings jsonb;
DROP INDEX sessions_history;
CREATE INDEX sessions_by_account ON sessions (account_id, created_at DESC, id DESC);
CREATE INDEX sessions_by_time ON sessions (created_at DESC, id DESC);
CREATE INDEX sessions_by_project ON sessions (project_id, created_at DESC, id DESC);
CREATE INDEX sessions_by_user ON sessions (account_id, user_id, created_at DESC, id DESC);
CREATE INDEX sessions_over ON sessions (ended_at) WHERE state = 'ended';
CREATE INDEX sessions_expiry ON sessions (expires_at) WHERE state <> 'ended' AND expires_at IS NOT NULL;

CREATE TABLE session_events (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  session_id text NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  account_id text NOT NULL,
  at bigint NOT NULL,
  type text NOT NULL,
  state text NOT NULL,
  detail text NOT NULL
);
CREATE INDEX session_events_session ON session_events (session_id, seq);
CREATE INDEX session_events_feed ON session_events (transaction_id, seq);
CREATE INDEX session_events_age ON session_events (at);

CREATE TABLE usage_intervals (
  session_id text NOT NULL,
  started_at bigint NOT NULL,
  ended_at bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('idle', 'active')),
  account_id text NOT NULL,
  project_id text NOT NULL,
  application_id text NOT NULL,
  concurrency_type text NOT NULL,
  region text NOT NULL,
  user_id text,
  PRIMARY KEY (session_id, started_at),
  CHECK (started_at < ended_at)
);
CREATE INDEX usage_intervals_account ON usage_intervals (account_id, ended_at, session_id, started_at);
CREATE INDEX usage_intervals_end ON usage_intervals (ended_at, session_id, started_at);

CREATE FUNCTION session_created() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM projects WHERE id = NEW.project_id AND deleted_at IS NULL FOR KEY SHARE; IF NOT FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = 'the project has been deleted'; END IF; INSERT INTO
    session_events (session_id, account_id, at, type, state, detail)
    VALUES (NEW.id, NEW.account_id, NEW.created_at, 'created', NEW.state, ''); RETURN NULL; END $$;
CREATE TRIGGER session_created AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION session_created();
`,
} as const;

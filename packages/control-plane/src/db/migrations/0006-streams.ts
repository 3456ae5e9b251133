/** Live pushes of sessions. `url_cipher` is null once the push is over. */
export const migration0006 = {
  version: 6,
  name: 'live pushes',
  sql: `
CREATE TABLE session_publishes (
  session_id text PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
  url_cipher text,
  state text NOT NULL CHECK (state IN ('connecting', 'publishing', 'paused', 'reconnecting', 'stopped')),
  message text NOT NULL,
  updated_at bigint NOT NULL
);
`,
} as const;

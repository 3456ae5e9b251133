/** Accounts and keys that can be switched off and restricted; the audit log. */
export const migration0005 = {
  version: 5,
  name: 'accounts, access keys and audit log',
  sql: `
ALTER TABLE accounts ADD COLUMN enabled boolean NOT NULL DEFAULT true;
CREATE UNIQUE INDEX accounts_name ON accounts (name);

ALTER TABLE access_keys ADD COLUMN name text NOT NULL DEFAULT '';
ALTER TABLE access_keys ADD COLUMN permissions jsonb NOT NULL DEFAULT '["car:*"]';
ALTER TABLE access_keys ADD COLUMN source_ranges jsonb NOT NULL DEFAULT '[]';
ALTER TABLE access_keys ADD COLUMN expires_at bigint;
ALTER TABLE access_keys ADD COLUMN last_used_at bigint;
CREATE INDEX access_keys_account ON access_keys (account_id, created_at);

CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at bigint NOT NULL,
  actor text NOT NULL CHECK (actor IN ('api', 'operator')),
  account_id text NOT NULL,
  secret_id text NOT NULL,
  action text NOT NULL,
  request_id text NOT NULL,
  source_address text NOT NULL,
  targets jsonb NOT NULL,
  parameters jsonb NOT NULL,
  outcome text,
  duration_ms bigint
);
CREATE INDEX audit_log_at ON audit_log (at, id);
CREATE INDEX audit_log_account ON audit_log (account_id, at, id);
CREATE INDEX audit_log_request ON audit_log (request_id);
`,
} as const;

/**
 * Applications as the compatible API knows them: uploads, versions with a job that unpacks them, base info, soft deletion.
 * The job is part of the version's row: whoever holds the lease (`lease_until`, `lease_owner`) works on it.
 */
export const migration0002 = {
  version: 2,
  name: 'applications',
  sql: `
ALTER TABLE applications ALTER COLUMN entry_path DROP NOT NULL;
ALTER TABLE applications
  ADD COLUMN state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deleting', 'deleted')),
  ADD COLUMN parameters text NOT NULL DEFAULT '',
  ADD COLUMN process_names jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN window_use text NOT NULL DEFAULT 'desktop' CHECK (window_use IN ('desktop', 'window')),
  ADD COLUMN window_name text NOT NULL DEFAULT '',
  ADD COLUMN window_class_name text NOT NULL DEFAULT '',
  ADD COLUMN capture_mode text NOT NULL DEFAULT 'HOOK' CHECK (capture_mode IN ('HOOK', 'DDA_CUT')),
  ADD COLUMN stores jsonb NOT NULL DEFAULT '[]';
ALTER TABLE applications DROP CONSTRAINT applications_account_id_name_key;
CREATE UNIQUE INDEX applications_name ON applications (account_id, name) WHERE state = 'active';
CREATE INDEX applications_list ON applications (account_id, created_at DESC, id) WHERE state <> 'deleted';
CREATE INDEX applications_deleting ON applications (id) WHERE state = 'deleting';

ALTER TABLE application_versions DROP CONSTRAINT application_versions_state_check;
ALTER TABLE application_versions DROP CONSTRAINT application_versions_check;
ALTER TABLE application_versions
  ADD COLUMN name text NOT NULL DEFAULT '',
  ADD COLUMN regions jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN update_mode text NOT NULL DEFAULT 'FULL' CHECK (update_mode IN ('FULL', 'INCREMENT')),
  ADD COLUMN progress_percent integer NOT NULL DEFAULT 0,
  ADD COLUMN source_url text,
  ADD COLUMN attempts integer NOT NULL DEFAULT 0,
  ADD COLUMN lease_until bigint,
  ADD COLUMN lease_owner text,
  ADD CONSTRAINT application_versions_state CHECK (state IN
    ('uploading', 'creating', 'normal', 'in-use', 'usable', 'create-failed', 'deleting', 'deleted')),
  ADD CONSTRAINT application_versions_package CHECK (manifest_sha256 IS NOT NULL OR state NOT IN ('normal', 'in-use', 'usable'));
UPDATE application_versions SET name = left(file_name, 64),
  progress_percent = CASE WHEN state IN ('normal', 'in-use', 'usable') THEN 100 ELSE 0 END;
CREATE INDEX application_versions_work ON application_versions (lease_until) WHERE state IN ('creating', 'deleting');
CREATE INDEX application_versions_manifest ON application_versions (manifest_sha256) WHERE manifest_sha256 IS NOT NULL;
CREATE INDEX projects_application ON projects (application_id);
CREATE INDEX project_applications_application ON project_applications (application_id);
CREATE INDEX sessions_version ON sessions (application_version_id) WHERE state <> 'ended';
CREATE INDEX sessions_application ON sessions (application_id) WHERE state <> 'ended';
`,
} as const;

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documentedActions, renderApiReference } from './api-reference.js';
import { cells, table } from './markdown.js';
import { schemaRows } from './schema-rows.js';

const file = new URL('../../../../docs/reference/cloud-api.md', import.meta.url);

it('docs/reference/cloud-api.md is what the schemas say (npm run docs:api)', () => {
  expect(readFileSync(file, 'utf8')).toBe(renderApiReference());
});

it('covers the 33 actions', () => {
  expect(Object.keys(documentedActions)).toHaveLength(33);
});

describe.each(Object.entries(documentedActions))('%s', (_name, { request, response, compatibility }) => {
  it('describes every field', () => {
    for (const schema of [request, response]) {
      const { rows, objects } = schemaRows(schema);
      const all = [...rows, ...[...objects.values()].flatMap((object) => schemaRows(object).rows)];
      expect(all.filter((row) => row.description.trim() === '')).toEqual([]);
    }
  });

  it('names additions that exist', () => {
    for (const path of Object.keys(compatibility.added ?? {})) {
      const [place = '', value] = path.split('=');
      const [side, field = '', inner] = place.split('.');
      if (side !== 'request' && side !== 'response') {
        const object = schemaRows(response).objects.get(side ?? '');
        expect(object?.properties, path).toHaveProperty(field);
        continue;
      }
      const { rows, objects } = schemaRows(side === 'request' ? request : response);
      const row = rows.find(({ name }) => name === field.replace('[]', ''));
      expect(row, path).toBeDefined();
      if (value !== undefined) expect(row?.bounds).toContain(`\`${value}\``);
      if (inner !== undefined) expect(objects.has(row?.type.replace('[]', '') ?? '')).toBe(true);
    }
  });
});

it('keeps tables whole', () => {
  expect(table(['a', 'b', 'c'], [cells('x|y', '', 'two\n lines')])).toBe(
    '| a | c |\n| --- | --- |\n| x\\|y | two lines |',
  );
});

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type ActionDefinition, documentedActions, type FieldRow, schemaRows } from '@cloudstage/cloud-api';
import { describe, expect, it } from 'vitest';

/**
 * Our schemas against the models that the vendor publishes in its SDKs, read from the packages as they are. A field that one
 * side has and the other lacks fails, unless the action's compatibility data list it as added here.
 */
const require = createRequire(import.meta.url);
const sourceOf = (module: string) => readFileSync(require.resolve(module), 'utf8');

/** Field name → type, as `string`, `integer`, `boolean`, name of an object, with `[]` for lists. */
type Model = ReadonlyMap<string, { readonly type: string; readonly required: boolean }>;

const plainType = (type: string) => (type === 'number' ? 'integer' : type);

/** International package: classes whose constructors set every field to null, with the type in a comment above. */
function readInternational(): ReadonlyMap<string, Model> {
  const source = sourceOf('tencentcloud-sdk-nodejs-intl-en/tencentcloud/car/v20220110/models.js');
  const models = new Map<string, Model>();
  for (const block of source.split(/^class /m).slice(1)) {
    const fields = [...block.matchAll(/@type \{(?:Array\.<(\w+)>|(\w+)) \|\| null\}\s+\*\/\s+this\.(\w+) = null;/g)];
    models.set(
      /^\w+/.exec(block)?.[0] ?? '',
      new Map(
        fields.map(([, element, single, name]) => {
          const type = element === undefined ? plainType(single ?? '') : `${plainType(element)}[]`;
          return [name ?? '', { type, required: false }];
        }),
      ),
    );
  }
  return models;
}

/** China package: interfaces of its type declarations, which also tell what is required. */
function readChina(): ReadonlyMap<string, Model> {
  const source = sourceOf('tencentcloud-sdk-nodejs/tencentcloud/services/car/v20220110/car_models.d.ts');
  const models = new Map<string, Model>();
  for (const [, name = '', body = ''] of source.matchAll(/^export (?:interface|type) (\w+)(?: =)? \{([\s\S]*?)^\}/gm)) {
    const fields = [...body.matchAll(/^ {4}(\w+)(\??): (?:Array<(\w+)>|(\w+));$/gm)];
    models.set(
      name,
      new Map(
        fields.map(([, field, optional, element, single]) => {
          const type = element === undefined ? plainType(single ?? '') : `${plainType(element)}[]`;
          return [field ?? '', { type, required: optional === '' }];
        }),
      ),
    );
  }
  // An empty request is written without a body.
  for (const [, name = ''] of source.matchAll(/^export type (\w+) = null;$/gm)) models.set(name, new Map());
  return models;
}

const international = readInternational();
const china = readChina();
const modelOf = (models: ReadonlyMap<string, Model>, name: string): Model => {
  const model = models.get(name);
  if (model === undefined) throw new Error(`there is no model ${name}`);
  return model;
};

/** Published fields of one object: both packages together, since each knows fields that the other lacks. */
function published(name: string): Model {
  return new Map([...(international.get(name) ?? []), ...(china.get(name) ?? [])]);
}

function typesOf(rows: readonly FieldRow[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ name, type }) => [name, type]));
}

function publishedTypes(name: string): Record<string, string> {
  const fields = [...published(name)].filter(([field]) => field !== 'RequestId');
  return Object.fromEntries(fields.map(([field, { type }]) => [field, type]));
}

function addedFields(definition: ActionDefinition, side: 'request' | 'response'): readonly string[] {
  return Object.keys(definition.compatibility.added ?? {})
    .filter((path) => path.startsWith(`${side}.`) && !path.includes('='))
    .map((path) => path.slice(side.length + 1));
}

it('reads the models, or the rest would prove nothing', () => {
  expect([...modelOf(international, 'Filter').keys()]).toEqual(['Name', 'Values']);
  expect(modelOf(international, 'DescribeApplicationProjectsResponse').get('Projects')?.type).toBe(
    'ApplicationProject[]',
  );
  expect(modelOf(china, 'ApplyConcurrentRequest').get('ProjectId')).toEqual({ type: 'string', required: true });
  expect(modelOf(china, 'CreateSessionRequest').get('RunMode')).toEqual({ type: 'string', required: false });
});

it('has every published action, and no other', () => {
  const names = [...international.keys()].filter((name) => name.endsWith('Request')).map((name) => name.slice(0, -7));
  expect(Object.keys(documentedActions).sort()).toEqual(names.sort());
});

describe.each(Object.entries(documentedActions))('%s', (name, definition) => {
  it('is said to be where it is published', () => {
    const sites = [
      ...(china.has(`${name}Request`) ? ['china'] : []),
      ...(international.has(`${name}Request`) ? ['international'] : []),
    ];
    expect(definition.compatibility.sites).toEqual(sites);
  });

  it.each(['request', 'response'] as const)('has the fields and types of the published %s', (side) => {
    const { rows } = schemaRows(definition[side]);
    const added = addedFields(definition, side);
    const own = rows.filter((row) => !added.includes(row.name));
    expect(own).toHaveLength(rows.length - added.filter((path) => !path.includes('[]')).length);
    const model = `${name}${side === 'request' ? 'Request' : 'Response'}`;
    expect(typesOf(own)).toEqual(publishedTypes(model));
  });

  it('has the fields of the objects that it names', () => {
    for (const side of ['request', 'response'] as const) {
      const added = addedFields(definition, side);
      for (const [title, object] of schemaRows(definition[side]).objects) {
        expect(international.has(title), title).toBe(true);
        const isOwn = added.includes(`ConcurrentPackages[].*`) && title === 'ApplicationConcurrentPackage';
        const additions = Object.keys(definition.compatibility.added ?? {});
        const rows = schemaRows(object).rows.filter(({ name }) => !additions.includes(`${title}.${name}`));
        expect(isOwn ? {} : typesOf(rows)).toEqual(publishedTypes(title));
      }
    }
  });

  it.runIf(definition.compatibility.sites.includes('china'))('requires no more than the China package', () => {
    const model = modelOf(china, `${name}Request`);
    const required = schemaRows(definition.request).rows.filter((row) => row.required);
    expect(required.filter((row) => model.get(row.name)?.required !== true)).toEqual([]);
  });
});

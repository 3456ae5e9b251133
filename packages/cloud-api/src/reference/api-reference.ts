import type { TObject } from 'typebox';
import type { ActionDefinition, ActionGroup, VendorSite } from '../actions/action.js';
import { allActions } from '../actions/action-table.js';
import { type ErrorCode, errorTable, isPlatformErrorCode } from '../errors/error-table.js';
import { cells, table } from './markdown.js';
import { type FieldRow, schemaRows } from './schema-rows.js';

/** Every action of the API with what the reference needs, by its public name. */
export const documentedActions: Readonly<Record<string, ActionDefinition>> = allActions;

const chapters: readonly { readonly group: ActionGroup; readonly title: string; readonly lead: string }[] = [
  { group: 'session', title: 'Sessions', lead: 'Reserve a concurrency for a user, connect the user, end it.' },
  { group: 'stream', title: 'Live push', lead: 'Push the picture and sound of a session to a live platform.' },
  { group: 'application', title: 'Applications', lead: 'Programs, their versions and packages.' },
  { group: 'project', title: 'Projects', lead: 'Run settings that tie applications to concurrency.' },
  { group: 'concurrency', title: 'Concurrency', lead: 'How many users can be served at once: counts and packages.' },
];

const siteNames: Readonly<Record<VendorSite, string>> = { china: 'China', international: 'international' };

const anchor = (title: string): string => title.toLowerCase().replaceAll(' ', '-');
const link = (title: string): string => `[${title}](#${anchor(title)})`;
const sitesOf = ({ compatibility }: ActionDefinition): string =>
  compatibility.sites.map((site) => siteNames[site]).join(', ');
const deadlineOf = ({ serverTimeoutMs }: ActionDefinition): string =>
  serverTimeoutMs === null ? '–' : `${serverTimeoutMs / 1_000} s`;

function typeCell(type: string, objects: ReadonlySet<string>): string {
  const name = type.replaceAll('[]', '');
  return objects.has(name) ? `${link(name)}${type.slice(name.length)}` : type;
}

function requestTable(rows: readonly FieldRow[], objects: ReadonlySet<string>): string {
  if (rows.length === 0) return 'No parameters.';
  return table(
    ['parameter', 'type', 'required', 'bounds', 'description'],
    rows.map((row) =>
      cells(`\`${row.name}\``, typeCell(row.type, objects), row.required ? 'yes' : 'no', row.bounds, row.description),
    ),
  );
}

function responseTable(rows: readonly FieldRow[], objects: ReadonlySet<string>): string {
  if (rows.length === 0) return 'Only `RequestId`.';
  return table(
    ['field', 'type', 'may be null', 'values', 'description'],
    rows.map((row) =>
      cells(`\`${row.name}\``, typeCell(row.type, objects), row.nullable ? 'yes' : 'no', row.bounds, row.description),
    ),
  );
}

function errorRows(codes: readonly ErrorCode[]): string {
  return table(
    ['code', 'message unless a more exact one is given'],
    codes.map((code) => cells(`\`${code}\``, errorTable[code]['en-US'])),
  );
}

function compatibilityTable(definition: ActionDefinition): string {
  const { honoured, added = {}, decided = [] } = definition.compatibility;
  return table(
    ['compatibility', ''],
    [
      cells("vendor's sites", sitesOf(definition)),
      cells('honoured', honoured),
      ...Object.entries(added).map(([path, purpose]) => cells('added here', `\`${path}\`: ${purpose}`)),
      ...decided.map((text) => cells('decided here', text)),
    ],
  );
}

function actionSection(name: string, definition: ActionDefinition, objects: ReadonlySet<string>): string {
  const facts = [
    `${definition.rateLimitPerSecond} requests a second`,
    definition.serverTimeoutMs === null ? 'no documented deadline' : `answers within ${deadlineOf(definition)}`,
    definition.kind === 'query' ? 'changes nothing' : 'in the audit log',
    `permission \`car:${name}\``,
  ];
  return [
    `### ${name}`,
    `${definition.summary}.`,
    `${facts.join(' · ')}`,
    requestTable(schemaRows(definition.request).rows, objects),
    '**Response**',
    responseTable(schemaRows(definition.response).rows, objects),
    '**Errors**',
    errorRows(definition.errorCodes),
    compatibilityTable(definition),
  ].join('\n\n');
}

function objectSection(title: string, schema: TObject, inRequests: boolean, objects: ReadonlySet<string>): string {
  const { rows } = schemaRows(schema);
  return `### ${title}\n\n${inRequests ? requestTable(rows, objects) : responseTable(rows, objects)}`;
}

function collectObjects(): ReadonlyMap<string, { readonly schema: TObject; readonly inRequests: boolean }> {
  const found = new Map<string, { readonly schema: TObject; readonly inRequests: boolean }>();
  for (const { request, response } of Object.values(documentedActions)) {
    for (const [title, schema] of schemaRows(request).objects) found.set(title, { schema, inRequests: true });
    for (const [title, schema] of schemaRows(response).objects) {
      if (!found.has(title)) found.set(title, { schema, inRequests: false });
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function overview(): string {
  return table(
    ['action', 'what it does', 'requests a second', 'answers within', "vendor's sites"],
    chapters.flatMap(({ group }) =>
      actionsOf(group).map(([name, definition]) =>
        cells(
          link(name),
          definition.summary,
          String(definition.rateLimitPerSecond),
          deadlineOf(definition),
          sitesOf(definition),
        ),
      ),
    ),
  );
}

function actionsOf(group: ActionGroup): readonly (readonly [string, ActionDefinition])[] {
  return Object.entries(documentedActions).filter(([, definition]) => definition.group === group);
}

const head = `# Cloud API reference

<!-- Made from the schemas in packages/cloud-api by "npm run docs:api". The tests fail when the two differ. -->

Version \`2022-01-10\`. [Cloud API protocol](cloud-api-protocol.md) tells how a request is signed and sent, how the official SDKs are pointed here, and in what order
refusals are decided. Every response has a \`RequestId\` besides the fields below. In the forms of signature version 1 and in queries, lists and objects are flattened:
\`Filters.0.Values.1=x\`.

A parameter that an action does not have is \`UnknownParameter\`, one that is not given \`MissingParameter\`, one of the wrong type \`InvalidParameter\`, and one outside its
bounds \`InvalidParameterValue\`; an optional parameter may also be null. Rates are for each account and action; \`cloudApi.rateLimits\` changes them.`;

/** The whole of `docs/reference/cloud-api.md`. PURE: the same schemas give the same text. */
export function renderApiReference(): string {
  const objects = collectObjects();
  const names = new Set(objects.keys());
  const platformCodes = (Object.keys(errorTable) as ErrorCode[]).filter(isPlatformErrorCode);
  const parts = [
    head,
    '## Actions',
    overview(),
    ...chapters.flatMap(({ group, title, lead }) => [
      `## ${title}`,
      lead,
      ...actionsOf(group).map(([name, definition]) => actionSection(name, definition, names)),
    ]),
    '## Objects',
    'Objects that requests and responses hold.',
    ...[...objects].map(([title, { schema, inRequests }]) => objectSection(title, schema, inRequests, names)),
    '## Platform errors',
    'Any action may answer these, besides its own.',
    errorRows(platformCodes),
  ];
  return `${parts.join('\n\n')}\n`;
}

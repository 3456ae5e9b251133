import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedEvent, SessionSummary } from '@cloudstage/control-plane';
import { type LatencyReport, latencyLegs, type SessionDescription, sessionEndReasons } from '@cloudstage/protocol';
import type { AdminInput } from '../admin/contract.js';
import { liveStates } from '../admin/operations/sessions.js';
import { limits } from '../limits.js';
import { toAnswer } from '../output/answer.js';
import { formatDuration } from '../output/progress.js';
import { type Column, printable, renderFields, renderTable, shortTime } from '../output/table.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';
import { parseChoice, parseCount, parseList, parseTime } from './options.js';
import { eachInstancePage } from './pages.js';

/** Options that narrow a list of sessions. */
export interface SessionFilterOptions extends InstanceOptions {
  readonly accountId?: string;
  readonly projectId?: string;
  readonly userId?: string;
  readonly nodeId?: string;
}

type Query = AdminInput<'session.query'>;

function conditionsOf({ accountId, projectId, userId, nodeId }: SessionFilterOptions): Query {
  return {
    ...(accountId === undefined ? {} : { accountId }),
    ...(projectId === undefined ? {} : { projectId }),
    ...(userId === undefined ? {} : { userId }),
    ...(nodeId === undefined ? {} : { nodeId }),
  };
}

/** What each list shows of a session first. */
const commonColumns: readonly Column<SessionSummary>[] = [
  ['ID', (row) => row.sessionId],
  ['USER', (row) => row.userId],
  ['PROJECT', (row) => row.projectId],
  ['SLOT', (row) => `${row.nodeId}/${row.slotIndex}`],
];

/** Lists the sessions that have not ended. */
export async function runSessionsList(
  context: CommandContext,
  options: SessionFilterOptions & { readonly state?: string },
): Promise<void> {
  const client = await connectInstance(context, options);
  const states =
    options.state === undefined
      ? [...liveStates]
      : parseList(options.state).map((text) => parseChoice('--state', text, liveStates));
  const sessions = await eachInstancePage(async (page) => {
    const found = await client.call('session.query', { ...conditionsOf(options), states, ...page });
    return { rows: found.sessions, nextCursor: found.nextCursor };
  });
  const text = renderTable(
    sessions,
    [...commonColumns, ['STATE', (row) => row.state], ['CREATED', (row) => shortTime(row.createdAt)]],
    'No sessions.',
  );
  print(context, options, sessions, text);
}

const lasted = ({ createdAt, endedAt }: Pick<SessionSummary, 'createdAt' | 'endedAt'>): string | null =>
  endedAt === null ? null : formatDuration((endedAt - createdAt) / 1_000);

const endOf = ({ endReason, exitCode }: Pick<SessionSummary, 'endReason' | 'exitCode'>): string | null =>
  exitCode === null ? endReason : `${endReason} (code ${exitCode})`;

/** Options of the history. */
export interface HistoryOptions extends SessionFilterOptions {
  readonly reason?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: string;
  readonly cursor?: string;
}

/** Lists sessions that have ended, a page at a time. */
export async function runSessionsHistory(context: CommandContext, options: HistoryOptions): Promise<void> {
  const { reason, from, to, cursor } = options;
  const query: Query = {
    ...conditionsOf(options),
    states: ['ended'],
    limit: parseCount('--limit', options.limit),
    ...(reason === undefined
      ? {}
      : { endReasons: parseList(reason).map((text) => parseChoice('--reason', text, sessionEndReasons)) }),
    ...(from === undefined ? {} : { from: parseTime('--from', from) }),
    ...(to === undefined ? {} : { to: parseTime('--to', to) }),
    ...(cursor === undefined ? {} : { cursor }),
  };
  const page = await (await connectInstance(context, options)).call('session.query', query);
  const table = renderTable(
    page.sessions,
    [
      ...commonColumns,
      ['CREATED', (row) => shortTime(row.createdAt)],
      ['ENDED', (row) => shortTime(row.endedAt)],
      ['LASTED', lasted],
      ['REASON', endOf],
    ],
    'No sessions have ended.',
  );
  const more = page.nextCursor === null ? '' : `\nOlder ones: add --cursor ${page.nextCursor}`;
  print(context, options, page, `${table}${more}`);
}

/** Rows of a latency account, one for each leg that was measured. */
function latencyTable(title: string, latency: LatencyReport): string {
  const rows = latencyLegs.flatMap((leg) => {
    const measured = latency[leg];
    return measured === undefined ? [] : [{ leg, ...measured }];
  });
  const table = renderTable(
    rows,
    [
      ['LATENCY (MS)', (row) => row.leg.replaceAll('_', ' ')],
      ['P50', (row) => String(row.p50)],
      ['P95', (row) => String(row.p95)],
      ['P99', (row) => String(row.p99)],
      ['SAMPLES', (row) => String(row.count)],
    ],
    'Nothing was measured lately.',
  );
  return `\n\n${title}\n${table}`;
}

/** Such as `960x540 of a screen of 1920x1080, 30 a second`. */
function pictureText({ picture }: SessionDescription): string | null {
  if (!picture) return null;
  const { width, height, screen, fps } = picture;
  const isWhole = width === screen.width && height === screen.height;
  return `${width}x${height}${isWhole ? '' : ` of a screen of ${screen.width}x${screen.height}`}, ${fps} a second`;
}

/** What a session that runs measures of itself; its own legs alone when nobody watches. */
function liveText(live: SessionDescription | null): string {
  if (live === null) return '';
  const connected = live.peers.filter((peer) => peer.connected);
  if (connected.length === 0) return latencyTable('Without clients', live.latency);
  return connected.map((peer) => latencyTable(`${peer.role} ${printable(peer.userId)}`, peer.latency)).join('');
}

/** Shows one session with what has happened to it. */
export async function runSessionsShow(context: CommandContext, sessionId: string, options: InstanceOptions) {
  const session = await (await connectInstance(context, options)).call('session.show', { sessionId });
  const fields = renderFields([
    ['Id', session.sessionId],
    ['User', session.userId],
    ['Address', session.userIp || null],
    ['Account', session.accountId],
    ['Project', session.projectId],
    ['Application', `${session.applicationId} ${session.applicationVersionId}`],
    ['Slot', `${session.nodeId}/${session.slotIndex}`],
    ['State', session.state],
    ['Created', shortTime(session.createdAt)],
    ['Program up', shortTime(session.launchedAt)],
    ['Ends at the latest', shortTime(session.expiresAt)],
    ['Ended', shortTime(session.endedAt)],
    ['Reason', endOf(session)],
    ['Played', formatDuration(session.usage.activeMs / 1_000)],
    ['Idle', formatDuration(session.usage.idleMs / 1_000)],
    ['Picture', session.live && pictureText(session.live)],
  ]);
  const events = renderTable(
    session.events,
    [
      ['TIME', (row) => shortTime(row.at)],
      ['EVENT', (row) => row.type],
      ['STATE', (row) => row.state],
      ['DETAIL', (row) => row.detail || null],
    ],
    'No events are kept.',
  );
  print(context, options, session, `${fields}\n\n${events}${liveText(session.live)}`);
}

function eventLine(event: FeedEvent): string {
  const { at, type, state, detail, sessionId, userId, projectId, nodeId } = event;
  const parts = [shortTime(at), sessionId, type, state, userId ?? '-', projectId, nodeId, detail];
  return printable(parts.filter((part) => part !== '').join('  '));
}

/** Options of {@link runSessionsTail}. */
export interface TailOptions extends InstanceOptions {
  readonly accountId?: string;
}

/** Writes what happens to sessions, a line an event, until it is interrupted. */
export async function runSessionsTail(context: CommandContext, options: TailOptions): Promise<void> {
  const client = await connectInstance(context, options);
  const account = options.accountId === undefined ? {} : { accountId: options.accountId };
  let { cursor } = await client.call('session.feed', account);
  context.stderr.write('Waiting for events; Ctrl-C ends this.\n');
  while (!context.signal.aborted) {
    const page = await client.call('session.feed', { ...account, cursor });
    for (const event of page.events) {
      context.stdout.write(`${options.json === true ? JSON.stringify(toAnswer(event)) : eventLine(event)}\n`);
    }
    cursor = page.cursor;
    if (page.events.length === 0) await sleep(limits.feedPollMs, undefined, { signal: context.signal });
  }
}

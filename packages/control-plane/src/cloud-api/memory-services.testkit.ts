import { randomUUID } from 'node:crypto';
import type { ClientSession, ServerSession } from '@cloudstage/protocol';
import type { AuditEvent, AuditResult } from '../services/audit/contract.js';
import type { AccessKey, CreateSessionOutcome, Services } from '../services/contract.js';
import { createMemoryPackages } from './memory-packages.testkit.js';
import { createMemoryProjects } from './memory-projects.testkit.js';
import { unservedApplications } from './unserved-services.testkit.js';

/** Small services that keep everything in memory, so that the edge is tested over HTTP without a database. */
export interface MemoryServices extends Services {
  /** Heartbeat token of a user's session. */
  tokenOf(userId: string): string;
  /** Replaces the next outcome of CreateSession and of a reconnect. */
  nextCreateOutcome: (() => Promise<CreateSessionOutcome>) | null;
  /** Inputs seen, newest last. */
  readonly seen: { readonly action: string; readonly input: unknown }[];
  /** Audit entries, oldest first; the result is null until it is known. */
  readonly audited: { readonly event: AuditEvent; result: AuditResult | null }[];
  /** Keys whose use was noted. */
  readonly used: string[];
  /** Makes audit entries fail. */
  auditFails: boolean;
}

interface MemorySession {
  readonly sessionId: string;
  readonly accountId: string;
  readonly projectId: string;
  readonly token: string;
  started: boolean;
}

/** Options of {@link createMemoryServices}. */
export interface MemoryServicesOptions {
  readonly keys: readonly AccessKey[];
  /** Project id → number of slots. */
  readonly projects: Readonly<Record<string, number>>;
}

function answerTo(offer: ClientSession, sessionId: string, userId: string): ServerSession {
  return {
    code: 0,
    message: 'ok',
    type: 'answer',
    sdp: `v=0\r\ns=answer to ${offer.sdp.length} characters\r\n`,
    server_ip: '127.0.0.1',
    server_port: '8000',
    server_version: '1.0',
    region: 'local',
    request_id: sessionId,
    user_id: userId,
    app_id: 1,
    game_id: 'app-1',
    instance_id: sessionId,
    instance_type: 'L1',
    host_name: '',
    role: 'Player',
    input_seat: 1,
    plat: 'pc',
    video: { width: 1280, height: 720 },
    video_mime_type: 'video/H264',
    audio_mime_type: 'audio/opus',
    screen_config: { width: 1280, height: 720, orientation: 'landscape', degree: '0_degree' },
    game_config: { sdk_conf: {} },
    feature_switch: {},
  };
}

/** Makes {@link MemoryServices}. */
export function createMemoryServices(options: MemoryServicesOptions): MemoryServices {
  const sessions = new Map<string, MemorySession>();
  const running = (projectId: string) =>
    [...sessions.values()].filter((session) => projectId === '' || session.projectId === projectId).length;
  const record = (action: string, input: unknown) => {
    services.seen.push({ action, input });
  };
  const takeCreateOutcome = () => {
    const next = services.nextCreateOutcome;
    services.nextCreateOutcome = null;
    return next;
  };
  const services: MemoryServices = {
    ...unservedApplications,
    nextCreateOutcome: null,
    seen: [],
    audited: [],
    used: [],
    auditFails: false,
    noteAccessKeyUse: (secretId) => void services.used.push(secretId),
    audit: {
      begin: async (event) => {
        if (services.auditFails) throw new Error('the audit log cannot be written');
        const entry = { event, result: null as AuditResult | null };
        services.audited.push(entry);
        return (result) => {
          entry.result = result;
        };
      },
      record: (event, result) => void services.audited.push({ event, result }),
      flush: () => Promise.resolve(),
      stats: { waiting: 0, lost: 0 },
    },
    tokenOf: (userId) => sessions.get(userId)?.token ?? '',
    async findAccessKey(secretId) {
      return options.keys.find((key) => key.secretId === secretId) ?? null;
    },
    async applyConcurrent(caller, input) {
      record('ApplyConcurrent', input);
      const total = options.projects[input.projectId];
      if (total === undefined) return { type: 'project-not-found' };
      const held = sessions.get(input.userId);
      if (held !== undefined) return { type: 'reserved', sessionId: held.sessionId };
      if (running(input.projectId) >= total) return { type: 'no-idle' };
      const sessionId = randomUUID();
      const { accountId } = caller;
      const { projectId } = input;
      sessions.set(input.userId, { sessionId, accountId, projectId, token: randomUUID(), started: false });
      return { type: 'reserved', sessionId };
    },
    async createSession(_caller, input) {
      record('CreateSession', input);
      const next = takeCreateOutcome();
      if (next !== null) return next();
      const session = sessions.get(input.userId);
      if (session === undefined) return { type: 'lock-timeout' };
      session.started = true;
      const offer = input.clientSession;
      const serverSession = offer === null ? null : answerTo(offer, session.sessionId, input.userId);
      return { type: 'created', sessionId: session.sessionId, serverSession };
    },
    async destroySession(_caller, input) {
      record('DestroySession', input);
      sessions.delete(input.userId);
      return { type: 'destroyed' };
    },
    async startPublishStream(_caller, input) {
      record('StartPublishStream', input);
      return { type: 'not-configured' };
    },
    async startPublishStreamWithUrl(_caller, input) {
      record('StartPublishStreamWithURL', input);
      return { type: sessions.get(input.userId)?.started === true ? 'started' : 'session-not-found' };
    },
    async stopPublishStream(_caller, input) {
      record('StopPublishStream', input);
      return { type: sessions.get(input.userId)?.started === true ? 'stopped' : 'session-not-found' };
    },
    async describeConcurrentCount(_caller, input) {
      record('DescribeConcurrentCount', input);
      const { projectId } = input;
      if (projectId !== '' && options.projects[projectId] === undefined) return { type: 'project-not-found' };
      const totals = projectId === '' ? Object.values(options.projects) : [options.projects[projectId] ?? 0];
      const total = totals.reduce((sum, count) => sum + count, 0);
      return { type: 'counted', count: { total, running: running(projectId) } };
    },
    async reconnectSession(input) {
      record('reconnect', input);
      const next = takeCreateOutcome();
      if (next !== null) return next();
      const session = sessions.get(input.userId);
      if (session === undefined || session.token !== input.token) return { type: 'token-invalid' };
      const serverSession = answerTo(input.clientSession, session.sessionId, input.userId);
      return { type: 'created', sessionId: session.sessionId, serverSession };
    },
    ...createMemoryPackages(),
    ...createMemoryProjects(),
    async checkReady() {
      return { ready: true, reason: '' };
    },
  };
  return services;
}

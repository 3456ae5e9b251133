import { isActionName } from '@cloudstage/cloud-api';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ApiObserver } from '../cloud-api/index.js';
import type { UploadObserver } from '../uploads/observer.js';
import { observabilityLimits } from './limits.js';

/** What is measured, and its text for Prometheus. Labels have few values: names that callers send are never labels. */
export interface Metrics extends ApiObserver, UploadObserver {
  /** A command to a node has ended; `outcome` is `ok`, a refusal's code or a failure's. */
  nodeCommand(method: string, outcome: string, seconds: number): void;
  /** A transaction or statement has ended. */
  databaseWork(kind: 'transaction' | 'statement', outcome: 'ok' | 'failed', seconds: number): void;
  /** A look at deadlines has ended. */
  sweep(outcome: 'ok' | 'failed', seconds: number): void;
  /** A package has been taken in or refused; `outcome` is `ok` or a code. */
  ingest(outcome: string, seconds: number): void;
  /** For gauges that are read when the text is made. */
  readonly registry: Registry;
  /** The text, and its content type. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const apiBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const workBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ingestBuckets = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600];

/** Names of actions that callers make up have one label together. */
function actionLabel(action: string): string {
  if (action === '') return 'none';
  return action === 'reconnect' || isActionName(action) ? action : 'other';
}

function createInstruments(registry: Registry) {
  const registers = [registry];
  return {
    api: new Histogram({
      name: 'cloudstage_api_request_duration_seconds',
      help: 'Calls of the cloud API and of /reconnect by action and public code (ok: no error)',
      labelNames: ['action', 'code'] as const,
      buckets: apiBuckets,
      registers,
    }),
    inFlight: new Gauge({
      name: 'cloudstage_api_requests_in_flight',
      help: 'Calls that are being answered',
      registers,
    }),
    command: new Histogram({
      name: 'cloudstage_node_command_duration_seconds',
      help: 'Commands to render nodes by method and outcome',
      labelNames: ['method', 'outcome'] as const,
      buckets: apiBuckets,
      registers,
    }),
    database: new Histogram({
      name: 'cloudstage_database_duration_seconds',
      help: 'Transactions, repetitions and the wait for a connection included',
      labelNames: ['kind', 'outcome'] as const,
      buckets: workBuckets,
      registers,
    }),
    sweep: new Histogram({
      name: 'cloudstage_sweep_duration_seconds',
      help: 'Looks at deadlines',
      labelNames: ['outcome'] as const,
      buckets: workBuckets,
      registers,
    }),
    ingest: new Histogram({
      name: 'cloudstage_package_ingest_duration_seconds',
      help: 'Packages taken in, by outcome',
      labelNames: ['outcome'] as const,
      buckets: ingestBuckets,
      registers,
    }),
    authFailures: new Counter({
      name: 'cloudstage_api_authentication_failures_total',
      help: 'Calls whose sender was not who it claimed to be, by code',
      labelNames: ['code'] as const,
      registers,
    }),
  };
}

/** Counters of uploads. */
function observeUploads(registry: Registry): UploadObserver {
  const counter = <Label extends string>(name: string, help: string, label: Label) =>
    new Counter({ name, help, labelNames: [label], registers: [registry] });
  const bytes = counter('cloudstage_upload_received_bytes_total', 'Bytes of packages that have come in', 'way');
  const finished = counter('cloudstage_uploads_finished_total', 'Packages that have come in as a whole', 'way');
  const refused = counter('cloudstage_uploads_refused_total', 'Refused requests of uploading clients by code', 'code');
  const expired = counter(
    'cloudstage_uploads_expired_total',
    'Uploads removed: unfinished or unused for long',
    'state',
  );
  // Shown as zero from the start: the first increase is one, too.
  for (const way of ['tus', 'put', 'bucket']) for (const each of [bytes, finished]) each.inc({ way }, 0);
  for (const state of ['unfinished', 'unused']) expired.inc({ state }, 0);
  return {
    uploadReceived: (way, count) => bytes.inc({ way }, count),
    uploadFinished: (way) => finished.inc({ way }),
    uploadRefused: (code) => refused.inc({ code }),
    uploadsExpired: (state, count) => expired.inc({ state }, count),
  };
}

const authCode = /^(AuthFailure\.(?!UnauthorizedOperation)|IpNotInWhitelist|RequestLimitExceeded\.IPLimitExceeded)/;

/** Creates the metrics of one control plane in a registry of their own, with those of the process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: observabilityLimits.eventLoopSampleMs });
  const instruments = createInstruments(registry);
  return {
    registry,
    callStarted: () => {
      instruments.inFlight.inc();
      const stop = instruments.api.startTimer();
      return (action, code) => {
        instruments.inFlight.dec();
        stop({ action: actionLabel(action), code });
        if (authCode.test(code)) instruments.authFailures.inc({ code });
      };
    },
    nodeCommand: (method, outcome, seconds) => instruments.command.observe({ method, outcome }, seconds),
    databaseWork: (kind, outcome, seconds) => instruments.database.observe({ kind, outcome }, seconds),
    sweep: (outcome, seconds) => instruments.sweep.observe({ outcome }, seconds),
    ingest: (outcome, seconds) => instruments.ingest.observe({ outcome }, seconds),
    ...observeUploads(registry),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

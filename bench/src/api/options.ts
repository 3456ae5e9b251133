import { parseArgs } from 'node:util';
import { AppError } from '@cloudstage/protocol';

/** Where calls enter: the use cases themselves, or HTTP with signatures. */
export type Level = 'services' | 'http';
/**
 * What one round of a client is: ApplyConcurrent and DestroySession, these with CreateSession in between, or ApplyConcurrent
 * alone, which needs a fleet that does not fill up.
 */
export type Workload = 'apply' | 'create' | 'reserve';

/** Choices of one run. */
export interface ApiBenchOptions {
  readonly nodes: readonly number[];
  readonly levels: readonly Level[];
  readonly workloads: readonly Workload[];
  readonly clients: number;
  readonly seconds: number;
  /** Empty: a server of the bench's own. */
  readonly databaseUrl: string;
  readonly json: boolean;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new AppError('usage', `--${name} must be a positive number`);
  return value;
}

function oneOf<T extends string>(name: string, text: string, known: readonly T[]): readonly T[] {
  if (text === 'all') return known;
  const found = known.find((value) => value === text);
  if (found === undefined) throw new AppError('usage', `--${name} must be ${known.join(', ')} or all`);
  return [found];
}

/** Reads the command line. PURE. @throws AppError `usage`. */
export function parseApiBenchOptions(args: readonly string[]): ApiBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      nodes: { type: 'string', default: '10,1000,10000' },
      level: { type: 'string', default: 'all' },
      workload: { type: 'string', default: 'all' },
      clients: { type: 'string', default: '16' },
      seconds: { type: 'string', default: '10' },
      database: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    nodes: values.nodes.split(',').map((text) => Math.ceil(positive('nodes', text))),
    levels: oneOf('level', values.level, ['services', 'http']),
    workloads: oneOf('workload', values.workload, ['reserve', 'apply', 'create']),
    clients: Math.ceil(positive('clients', values.clients)),
    seconds: positive('seconds', values.seconds),
    databaseUrl: values.database,
    json: values.json,
  };
}

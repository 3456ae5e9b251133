import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { splitArguments } from '@cloudstage/control-plane';
import { AppError } from '@cloudstage/protocol';
import { createAdminClient } from '../admin/client.js';
import type { AdminOperations, SessionAnswer } from '../admin/contract.js';
import { loadConfig } from '../config/load.js';

/** Options that every command to a running instance has. */
export interface InstanceOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** Options of `cloudstage app add`. */
export interface AppAddOptions extends InstanceOptions {
  readonly name: string;
  readonly archive: string;
  readonly entry: string;
  readonly args?: readonly string[];
}

/** Options of `cloudstage project add`. */
export interface ProjectAddOptions extends InstanceOptions {
  readonly name: string;
  readonly application: string;
  readonly resolution: string;
  readonly fps: string;
  readonly maxBitrateMbps: string;
}

function connect(options: InstanceOptions): AdminOperations {
  const { config } = loadConfig({ file: options.config, environment: process.env, workingDir: process.cwd() });
  return createAdminClient(config.dataDir);
}

function print(options: InstanceOptions, value: unknown, text: string): number {
  process.stdout.write(options.json === true ? `${JSON.stringify(value)}\n` : `${text}\n`);
  return 0;
}

/** One value alone is a whole command line, as in the cloud API; several are taken as the shell has split them. */
export function programArguments(values: readonly string[]): string[] {
  const [only] = values;
  return only !== undefined && values.length === 1 ? splitArguments(only) : [...values];
}

/** Uploads and registers a program. */
export async function runAppAdd(options: AppAddOptions): Promise<number> {
  const archivePath = resolve(options.archive);
  if (!existsSync(archivePath)) throw new AppError('option-invalid', `--archive: ${archivePath} does not exist`);
  const answer = await connect(options).addApplication({
    name: options.name,
    archivePath,
    entryPath: options.entry,
    args: programArguments(options.args ?? []),
  });
  const what = answer.Created ? 'Registered' : 'There is already';
  return print(options, answer, `${what} "${options.name}": ${answer.ApplicationId}`);
}

/** Makes a project for an application. */
export async function runProjectAdd(options: ProjectAddOptions): Promise<number> {
  const { width, height } = parseResolution(options.resolution);
  const answer = await connect(options).addProject({
    name: options.name,
    applicationId: options.application,
    width,
    height,
    fps: parseNumber('--fps', options.fps),
    maxBitrateMbps: parseNumber('--max-bitrate-mbps', options.maxBitrateMbps),
  });
  const what = answer.Created ? 'Made' : 'There is already';
  return print(options, answer, `${what} project "${options.name}": ${answer.ProjectId}`);
}

/** Lists the sessions that have not ended. */
export async function runSessionsList(options: InstanceOptions): Promise<number> {
  const sessions = await connect(options).listSessions();
  const text = sessions.length === 0 ? 'No sessions.' : sessions.map(sessionLine).join('\n');
  return print(options, sessions, text);
}

function sessionLine(session: SessionAnswer): string {
  const place = `${session.NodeId}/${session.SlotIndex}`;
  return [
    session.SessionId,
    session.State.padEnd(12),
    place,
    session.UserId,
    session.ProjectId,
    session.CreatedAt,
  ].join('  ');
}

/** `1280x720` in pixels. @throws AppError `option-invalid` */
export function parseResolution(text: string): { readonly width: number; readonly height: number } {
  const match = /^(\d{2,5})x(\d{2,5})$/i.exec(text.trim());
  if (match === null) throw new AppError('option-invalid', `--resolution: expected <width>x<height>, not "${text}"`);
  return { width: Number(match[1]), height: Number(match[2]) };
}

function parseNumber(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new AppError('option-invalid', `${option}: expected a number, not "${text}"`);
  }
  return value;
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeUplink, RecordingPart } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { holdsFragment } from '../streamer/record/fragments.js';
import { parsePartName } from '../streamer/record/part-name.js';
import { agentLimits } from './limits.js';

/** Recordings of this node on their way to the object store. */
export interface RecordingSpool {
  /** Directory for the parts of a session; made when it is not there. */
  directoryOf(sessionId: string): Promise<string>;
  /** Stores what is whole; of sessions that have ended, also what their writers left, once it is at rest. One pass at a time; never rejects. */
  pass(): Promise<void>;
}

/** Dependencies of {@link openRecordingSpool}. */
export interface RecordingSpoolOptions {
  readonly dir: string;
  readonly nodeId: string;
  readonly storeRecording: NodeUplink['storeRecording'];
  /** A streamer may still write to its parts. */
  readonly isRunning: (sessionId: string) => boolean;
  readonly logger: Logger;
}

const sessionPattern = /^[A-Za-z0-9._-]{1,128}$/;

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Nobody writes to it any more: a writer may outlive its session for a while, and adds something every second. */
async function isAtRest(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path);
  return Math.abs(Date.now() - mtimeMs) >= agentLimits.recordingRestMs;
}

async function listDirectory(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}

/** Opens the spool: recordings of an earlier start are stored with the first pass. */
export async function openRecordingSpool(options: RecordingSpoolOptions): Promise<RecordingSpool> {
  const { dir, nodeId, storeRecording, isRunning, logger } = options;
  await mkdir(dir, { recursive: true });
  // Of an earlier start, it may have other rights: what users saw and heard is for nobody else on this machine.
  await chmod(dir, 0o700);
  let passing: Promise<void> | null = null;

  async function store(sessionId: string, path: string, name: string): Promise<void> {
    const part = parsePartName(name);
    const { size } = await stat(path);
    // Its writer was killed before it wrote anything that can be played.
    if (!part || !(await holdsFragment(path))) return rm(path);
    const facts: RecordingPart = { nodeId, sessionId, ...part, sizeBytes: size, sha256: await hashOf(path) };
    const outcome = await storeRecording(facts, createReadStream(path));
    if (outcome.type === 'stored') return rm(path);
    logger.error(
      { sessionId, part: name },
      'the control plane does not know the session of a recording: it stays here',
    );
    await rename(path, `${path}.unknown`);
  }

  async function passSession(sessionId: string): Promise<void> {
    const directory = join(dir, sessionId);
    // Asked before the names are read: what a streamer begins afterwards is not among them.
    const running = isRunning(sessionId);
    const names = (await listDirectory(directory)).sort();
    for (const name of names) {
      const part = parsePartName(name);
      const path = join(directory, name);
      if (part && (part.durationMs !== null || (!running && (await isAtRest(path)))))
        await store(sessionId, path, name);
    }
    // One that is not empty stays.
    if (!running) await rmdir(directory).catch(() => undefined);
  }

  async function passAll(): Promise<void> {
    for (const sessionId of await listDirectory(dir)) {
      if (!sessionPattern.test(sessionId)) continue;
      try {
        await passSession(sessionId);
      } catch (error) {
        // The next pass tries again; nothing is lost meanwhile.
        logger.warn({ err: error, sessionId }, 'a recording is not stored yet');
      }
    }
  }

  return {
    directoryOf: async (sessionId) => {
      const directory = join(dir, sessionId);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      return directory;
    },
    pass: () => {
      passing ??= passAll().finally(() => {
        passing = null;
      });
      return passing;
    },
  };
}

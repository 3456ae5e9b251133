import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { runDirOf } from '@cloudstage/bench';
import type { Product } from './product.js';

/** What the tests see of the product's processes, from outside: `/proc`, mounts and the run directory. */

interface Process {
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
  readonly environment: string;
  readonly pidNamespace: string;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const stat = readText(`/proc/${name}/stat`);
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return {
        pid: Number(name),
        parentPid: Number(fields[1] ?? 0),
        state: fields[0] ?? 'X',
        command: readText(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim(),
        environment: readText(`/proc/${name}/environ`),
        pidNamespace: readLink(`/proc/${name}/ns/pid`),
      };
    })
    .filter((process) => process.state !== 'Z' && process.state !== 'X' && process.command !== '');
}

function belongs(process: Process, runDir: string): boolean {
  return process.command.includes(runDir) || process.environment.includes(runDir);
}

/** All processes of an instance: those that name its run directory or data directory, and their descendants. */
export function productPids(product: Product): number[] {
  const all = processes();
  const runDir = runDirOf(product.dataDir);
  const found = new Set(all.filter((p) => p.pid === product.pid || belongs(p, runDir)).map((p) => p.pid));
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const process of all) if (found.has(process.parentPid)) found.add(process.pid);
  }
  found.delete(globalThis.process.pid);
  return [...found];
}

/** The sandboxed programs of an instance: processes in a pid namespace of their own, without the sandbox tool itself. */
export async function programPids(product: Product): Promise<number[]> {
  const own = new Set(productPids(product));
  const here = readLink('/proc/self/ns/pid');
  return processes()
    .filter((p) => own.has(p.pid) && p.pidNamespace !== here && !/^(\S*\/)?(bwrap|setpriv)\b/.test(p.command))
    .map((p) => p.pid)
    .sort((a, b) => a - b);
}

/** The sandboxed program whose file has this name; null when there is none. */
export async function pidOfProgram(product: Product, name: string): Promise<number | null> {
  const own = new Set(await programPids(product));
  const found = processes().find((p) => own.has(p.pid) && p.command.split(' ')[0]?.split('/').at(-1) === name);
  return found?.pid ?? null;
}

/** The streamer that serves a session. */
export async function streamerPid(product: Product, sessionId: string): Promise<number> {
  const sessions = await product.cli<readonly { SessionId: string; SlotIndex: number }[]>('sessions', 'list');
  const slot = sessions.find((session) => session.SessionId === sessionId);
  if (!slot) throw new Error(`no session ${sessionId} in ${JSON.stringify(sessions)}`);
  const slotDir = `${runDirOf(product.dataDir)}/slot-${slot.SlotIndex}"`;
  const streamer = processes().find((p) => p.command.includes('streamer/main.js') && p.command.includes(slotDir));
  if (!streamer) throw new Error(`no streamer with ${slotDir}`);
  return streamer.pid;
}

/** What an instance has on the machine besides its data directory. */
export async function leftovers(
  product: Product,
): Promise<{ processes: string[]; mounts: string[]; sockets: string[] }> {
  const own = new Set(productPids(product));
  const runDir = runDirOf(product.dataDir);
  return {
    processes: processes()
      .filter((p) => own.has(p.pid))
      .map((p) => `${p.pid} ${p.command.slice(0, 120)}`),
    mounts: readText('/proc/self/mountinfo')
      .split('\n')
      .filter((line) => line.includes(runDir) || line.includes(product.dataDir)),
    sockets: existsSync(runDir) ? readdirSync(runDir) : [],
  };
}

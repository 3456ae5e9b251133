import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

/** Unfinished resumable uploads on this machine's disk: `<versionId>.<random>`, and the same with `.json` for its facts. */
export interface Incoming {
  readonly directory: string;
  /** Name of a new upload of a version. */
  newId(versionId: string): string;
  /** True for names of a version's uploads. */
  belongs(id: string, versionId: string): boolean;
  count(versionId: string): Promise<number>;
  discard(versionId: string): Promise<void>;
  /** Removes uploads that nothing was added to since `before` (epoch ms); returns how many of them were never finished. */
  sweep(before: number): Promise<number>;
}

/** What is read of the facts that the tus library writes. */
const FactsSchema = Type.Object({ size: Type.Integer({ minimum: 0 }) });

const idPattern = /^([A-Za-z0-9-]+)\.[0-9a-f]{32}$/;

/** Opens the directory of unfinished uploads, creating it with mode 0700. */
export async function openIncoming(directory: string): Promise<Incoming> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const idsOf = async (versionId: string) =>
    (await readdir(directory)).filter((name) => idPattern.exec(name)?.[1] === versionId);
  const remove = async (id: string) => {
    await rm(join(directory, id), { force: true });
    await rm(join(directory, `${id}.json`), { force: true });
  };
  /** Size that an upload is to have in the end; null when its facts cannot be read. */
  const sizeOf = async (id: string): Promise<number | null> => {
    try {
      const facts: unknown = JSON.parse(await readFile(join(directory, `${id}.json`), 'utf8'));
      return Value.Check(FactsSchema, facts) ? facts.size : null;
    } catch {
      return null;
    }
  };
  return {
    directory,
    newId: (versionId) => `${versionId}.${randomBytes(16).toString('hex')}`,
    belongs: (id, versionId) => idPattern.exec(id)?.[1] === versionId,
    count: async (versionId) => (await idsOf(versionId)).length,
    discard: async (versionId) => {
      for (const id of await idsOf(versionId)) await remove(id);
    },
    sweep: async (before) => {
      let unfinished = 0;
      for (const name of await readdir(directory)) {
        const facts = await stat(join(directory, name)).catch(() => null);
        if (facts === null || facts.mtimeMs >= before) continue;
        // The facts of an upload are written once, at its beginning: they are as old as its content.
        if (!name.endsWith('.json')) {
          if ((await sizeOf(name)) !== facts.size) unfinished += 1;
          await remove(name);
        } else if ((await stat(join(directory, name.slice(0, -5))).catch(() => null)) === null) {
          await rm(join(directory, name), { force: true });
        }
      }
      return unfinished;
    },
  };
}

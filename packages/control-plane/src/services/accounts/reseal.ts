import { isAppError } from '@cloudstage/protocol';
import { lockNextAccessKeys, setSecretCipher } from '../../db/access-keys.js';
import { lockNextPublishes, setPublishCipher } from '../../db/publishes.js';
import type { Executor } from '../../db/schema.js';
import type { ServiceDeps } from '../deps.js';
import { publishSealContext } from '../streams/start-publish.js';
import type { AccountServices } from './contract.js';

type Fate = 'resealed' | 'current' | 'unreadable';

/** A sealed value, and what it is sealed with. */
interface Sealed {
  readonly id: string;
  readonly cipher: string;
  readonly context: string;
}

/** A column of sealed values. */
interface SealedColumn {
  /** The next rows after `after` in the order of their ids, locked. */
  next(tx: Executor, after: string): Promise<readonly Sealed[]>;
  save(tx: Executor, id: string, cipher: string): Promise<void>;
}

/** Every column that a {@link ServiceDeps.secrets} has sealed. */
const sealedColumns: readonly SealedColumn[] = [
  {
    next: async (tx, after) =>
      (await lockNextAccessKeys(tx, after)).map(({ secretId, secretCipher }) => ({
        id: secretId,
        cipher: secretCipher,
        context: secretId,
      })),
    save: setSecretCipher,
  },
  {
    next: async (tx, after) =>
      (await lockNextPublishes(tx, after)).map(({ sessionId, urlCipher }) => ({
        id: sessionId,
        cipher: urlCipher,
        context: publishSealContext(sessionId),
      })),
    save: setPublishCipher,
  },
];

/** Use case "seal everything with the current master key", in small transactions; may be repeated at any time. */
export function createReseal(deps: ServiceDeps): AccountServices['resealSecrets'] {
  const resealOne = async (tx: Executor, column: SealedColumn, { id, cipher, context }: Sealed): Promise<Fate> => {
    try {
      const anew = deps.secrets.reseal(cipher, context);
      if (anew === null) return 'current';
      await column.save(tx, id, anew);
      return 'resealed';
    } catch (error) {
      if (!isAppError(error, 'secret-unreadable')) throw error;
      return 'unreadable';
    }
  };
  const resealColumn = async (column: SealedColumn, note: (id: string, fate: Fate) => void): Promise<void> => {
    for (let after: string | null = ''; after !== null; ) {
      const from: string = after;
      const fates = await deps.database.transaction(async (tx) => {
        const done: { readonly id: string; readonly fate: Fate }[] = [];
        for (const sealed of await column.next(tx, from)) {
          done.push({ id: sealed.id, fate: await resealOne(tx, column, sealed) });
        }
        return done;
      });
      for (const { id, fate } of fates) note(id, fate);
      after = fates.at(-1)?.id ?? null;
    }
  };
  return async () => {
    const counts: Record<Fate, number> = { resealed: 0, current: 0, unreadable: 0 };
    const unreadable: string[] = [];
    for (const column of sealedColumns) {
      await resealColumn(column, (id, fate) => {
        counts[fate] += 1;
        if (fate === 'unreadable') unreadable.push(id);
      });
    }
    return { resealed: counts.resealed, current: counts.current, unreadable };
  };
}

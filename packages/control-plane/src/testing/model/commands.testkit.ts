import fc from 'fast-check';

/** Users and nodes of the model's world: few, so that they get in each other's way. */
export const modelUsers = ['u0', 'u1', 'u2', 'u3', 'u4', 'u5'] as const;
/** Nodes of the model's world, of two slots each. */
export const modelNodes = ['node-a', 'node-b'] as const;

/** Something that happens to the control plane. */
export type ModelCommand =
  | { readonly type: 'apply' | 'create' | 'destroy' | 'exit'; readonly user: string }
  | { readonly type: 'client'; readonly user: string; readonly connected: boolean }
  | { readonly type: 'lose' | 'return' | 'reboot' | 'drain' | 'resume'; readonly node: string }
  | { readonly type: 'advance'; readonly ms: number }
  | { readonly type: 'restart' }
  /** Concurrencies of the project's package; null: the project has none and uses what the nodes have. */
  | { readonly type: 'package'; readonly seats: number | null };

const user = fc.constantFrom(...modelUsers);
const node = fc.constantFrom(...modelNodes);
const of = <T extends ModelCommand['type']>(...types: readonly T[]) => fc.constantFrom(...types);

const command: fc.Arbitrary<ModelCommand> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: of('apply'), user }) },
  { weight: 6, arbitrary: fc.record({ type: of('create'), user }) },
  { weight: 3, arbitrary: fc.record({ type: of('destroy'), user }) },
  { weight: 5, arbitrary: fc.record({ type: of('client'), user, connected: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ type: of('exit'), user }) },
  { weight: 1, arbitrary: fc.record({ type: of('lose', 'reboot'), node }) },
  { weight: 2, arbitrary: fc.record({ type: of('return'), node }) },
  { weight: 1, arbitrary: fc.record({ type: of('drain'), node }) },
  { weight: 2, arbitrary: fc.record({ type: of('resume'), node }) },
  {
    weight: 4,
    // Around the deadlines: end retry 5 s, cleaning 30 s, reservation and start 60 s, grace 120 s.
    arbitrary: fc.record({
      type: of('advance'),
      ms: fc.constantFrom(1_000, 5_000, 29_999, 31_000, 59_999, 61_000, 121_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: of('restart') }) },
  { weight: 2, arbitrary: fc.record({ type: of('package'), seats: fc.option(fc.integer({ min: 1, max: 4 })) }) },
);

/** Sequences of commands. */
export const modelCommands = fc.array(command, { minLength: 5, maxLength: 40, size: 'max' });

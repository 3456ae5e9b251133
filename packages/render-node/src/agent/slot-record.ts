import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ConnectSessionParams, sessionEndReasons } from '@cloudstage/protocol';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { ProcessIdentity } from '../host/process-identity.js';

const nullable = <T extends TSchema>(schema: T) => Type.Union([Type.Null(), schema]);
const IdentitySchema = Type.Object({ pid: Type.Integer({ minimum: 2 }), startTimeTicks: Type.Integer({ minimum: 0 }) });
const EndReasonSchema = Type.Enum([...sessionEndReasons]);

const SessionRecordSchema = Type.Object({
  sessionId: Type.String(),
  launch: Type.Object({
    applicationId: Type.String(),
    applicationVersionId: Type.String(),
    package: Type.Object({ manifestSha256: Type.String() }),
    entryPath: Type.String(),
    args: Type.Array(Type.String()),
    // Defaults: records of earlier versions lack these.
    processNames: Type.Array(Type.String(), { default: [] }),
    window: Type.Union(
      [Type.Null(), Type.Object({ name: nullable(Type.String()), className: nullable(Type.String()) })],
      {
        default: null,
      },
    ),
    limits: Type.Object(
      { cpuCores: nullable(Type.Number()), memoryBytes: nullable(Type.Number()) },
      { default: { cpuCores: null, memoryBytes: null } },
    ),
  }),
  stream: Type.Object({
    width: Type.Number(),
    height: Type.Number(),
    fps: Type.Number(),
    minBitrateBps: Type.Number(),
    maxBitrateBps: Type.Number(),
    disabledVideoCodecs: Type.Array(Type.String(), { default: [] }),
    publishKeyFrameIntervalMs: Type.Number({ default: 2000 }),
    publishIncludesMicrophone: Type.Boolean({ default: false }),
    isRecorded: Type.Boolean({ default: false }),
  }),
  program: Type.Union([IdentitySchema, Type.Null()]),
  /** Target of its live push, a secret; null without one. */
  publishUrl: Type.Union([Type.Null(), Type.String()], { default: null }),
});
/** What a record keeps of a session: no client description and no token. */
export type SessionRecord = Static<typeof SessionRecordSchema>;

/** The record of a session that runs `program` (null: not yet). */
export function sessionRecord(
  { sessionId, launch, stream }: Pick<ConnectSessionParams, 'sessionId' | 'launch' | 'stream'>,
  program: ProcessIdentity | null,
): SessionRecord {
  return {
    sessionId,
    launch: { ...launch, args: [...launch.args], processNames: [...launch.processNames] },
    stream: {
      ...stream,
      disabledVideoCodecs: [...stream.disabledVideoCodecs],
      isRecorded: stream.isRecorded ?? false,
    },
    program,
    publishUrl: null,
  };
}

const SlotRecordSchema = Type.Object({
  version: Type.Literal(1),
  /** The host processes of a slot that stands; null while it is being made or taken down. */
  warm: Type.Union([
    Type.Null(),
    Type.Object({
      uid: Type.Union([Type.Integer(), Type.Null()]),
      display: Type.Object({
        driver: Type.Union([Type.Literal('xorg-dummy'), Type.Literal('xvfb')]),
        displayNumber: Type.Integer(),
        process: IdentitySchema,
      }),
      windowManager: IdentitySchema,
      sound: IdentitySchema,
      streamer: Type.Union([IdentitySchema, Type.Null()]),
    }),
  ]),
  session: Type.Union([SessionRecordSchema, Type.Null()]),
  /** End of a session that the control plane has not confirmed yet. */
  ended: Type.Union([
    Type.Null(),
    Type.Object({
      sessionId: Type.String(),
      reason: EndReasonSchema,
      exitCode: Type.Union([Type.Integer(), Type.Null()]),
    }),
  ]),
});
/** State of a slot that the next start of the agent needs to go on with it. */
export type SlotRecord = Static<typeof SlotRecordSchema>;

const emptyRecord: SlotRecord = { version: 1, warm: null, session: null, ended: null };

/** The record of one slot in memory and in its file. */
export interface SlotRecordStore {
  readonly current: () => SlotRecord;
  /** Changes parts and writes the file by rename, before returning: a kill at any moment finds a whole record. */
  update(patch: Partial<SlotRecord>): void;
}

/** Opens the record at `path`; a missing or unreadable one is empty. */
export function openSlotRecord(path: string): SlotRecordStore {
  let record = readSlotRecord(path);
  return {
    current: () => record,
    update: (patch) => {
      record = { ...record, ...patch };
      mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
      const temporary = `${path}.new`;
      writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
      renameSync(temporary, path);
    },
  };
}

function readSlotRecord(path: string): SlotRecord {
  try {
    const value: unknown = Value.Default(SlotRecordSchema, JSON.parse(readFileSync(path, 'utf8')));
    return Value.Check(SlotRecordSchema, value) ? value : emptyRecord;
  } catch {
    return emptyRecord;
  }
}

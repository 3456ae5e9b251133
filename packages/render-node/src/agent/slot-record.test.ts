import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSlotRecord, sessionRecord } from './slot-record.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'slot-record-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const params = {
  sessionId: 's1',
  launch: {
    applicationId: 'app',
    applicationVersionId: 'v1',
    package: { manifestSha256: 'f'.repeat(64) },
    entryPath: 'bin/game',
    args: ['--fast'],
    processNames: ['game'],
    window: { name: null, className: 'Game' },
    limits: { cpuCores: 1.5, memoryBytes: null },
  },
  stream: {
    width: 1280,
    height: 720,
    fps: 60,
    minBitrateBps: 1,
    maxBitrateBps: 2,
    disabledVideoCodecs: ['VP9'],
    publishKeyFrameIntervalMs: 4000,
    publishIncludesMicrophone: true,
    isRecorded: true,
  },
};

it('is found again by the next start', () => {
  const path = join(dir, 'slot-0', 'slot.json');
  const first = openSlotRecord(path);
  const session = sessionRecord(params, { pid: 77, startTimeTicks: 5 });
  first.update({ session });
  first.update({ ended: { sessionId: 's0', reason: 'kicked', exitCode: null } });
  const second = openSlotRecord(path);
  expect(second.current()).toEqual({
    version: 1,
    warm: null,
    session,
    ended: { sessionId: 's0', reason: 'kicked', exitCode: null },
  });
  expect(readdirSync(join(dir, 'slot-0'))).toEqual(['slot.json']);
});

it.each(['', '{', '{"version":2}', '{"version":1,"warm":{"uid":0}}', '{"version":1,"session":{"program":{"pid":1}}}'])(
  'is empty when the file says %j',
  (text) => {
    const path = join(dir, 'slot.json');
    writeFileSync(path, text);
    expect(openSlotRecord(path).current()).toEqual({ version: 1, warm: null, session: null, ended: null });
  },
);

it('reads the record of an earlier version', () => {
  const path = join(dir, 'slot.json');
  const { processNames: _p, window: _w, limits: _l, ...launch } = params.launch;
  const { width, height, fps, minBitrateBps, maxBitrateBps } = params.stream;
  const stream = { width, height, fps, minBitrateBps, maxBitrateBps };
  writeFileSync(
    path,
    JSON.stringify({
      version: 1,
      warm: null,
      session: { sessionId: 's1', launch, stream, program: null },
      ended: null,
    }),
  );
  expect(openSlotRecord(path).current().session).toEqual({
    sessionId: 's1',
    launch: { ...launch, processNames: [], window: null, limits: { cpuCores: null, memoryBytes: null } },
    stream: {
      ...stream,
      disabledVideoCodecs: [],
      publishKeyFrameIntervalMs: 2000,
      publishIncludesMicrophone: false,
      isRecorded: false,
    },
    program: null,
    publishUrl: null,
  });
});

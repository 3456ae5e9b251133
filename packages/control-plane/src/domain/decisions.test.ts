import { isAppError, type PeerAnswer } from '@cloudstage/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideHeldSession, type HeldSession } from './apply-decision.js';
import { isDue, laterDeadline } from './deadlines.js';
import { splitArguments } from './program-arguments.js';
import { decideSeat, hostSeat, type SeatedGuest } from './seats.js';
import { buildServerSession } from './server-session.js';
import { transitionVersion, type VersionStateName } from './version-state.js';

describe('a session held already', () => {
  const held: HeldSession = {
    stateName: 'running',
    projectId: 'p',
    applicationId: 'a',
    applicationVersionId: 'v',
    busy: false,
  };
  const same = { projectId: 'p', applicationId: '', applicationVersionId: '' };
  it.each([
    [held, same, 'keep'],
    [held, { ...same, applicationId: 'a', applicationVersionId: 'v' }, 'keep'],
    [{ ...held, busy: true }, same, 'keep'],
    [held, { ...same, applicationId: 'b' }, 'replace'],
    [held, { ...same, applicationVersionId: 'w' }, 'replace'],
    [held, { ...same, projectId: 'q' }, 'replace'],
    [{ ...held, busy: true }, { ...same, projectId: 'q' }, 'slow-down'],
    [{ ...held, stateName: 'ending' as const }, same, 'stopping'],
  ])('%o and the wish %o → %s', (session, wish, decision) => {
    expect(decideHeldSession(session, wish)).toBe(decision);
  });
});

describe('program arguments', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['-a  -b\t-c\n', ['-a', '-b', '-c']],
    ['-name "two words" x', ['-name', 'two words', 'x']],
    ['a"b c"d', ['ab cd']],
    ['""', ['']],
    ['"open until the end', ['open until the end']],
    ['$(reboot) `id` ; | &', ['$(reboot)', '`id`', ';', '|', '&']],
  ])('%j → %j', (text, args) => {
    expect(splitArguments(text)).toEqual(args);
  });

  it('gives quoted arguments back as they were', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string().map((text) => text.replaceAll('"', '')),
          { maxLength: 20 },
        ),
        (args) => {
          expect(splitArguments(args.map((arg) => `"${arg}"`).join(' '))).toEqual(args);
        },
      ),
    );
  });

  it('bounds their number', () => {
    expect(splitArguments('x '.repeat(256))).toHaveLength(256);
    expect(() => splitArguments('x '.repeat(257))).toThrow(
      expect.toSatisfy((e: unknown) => isAppError(e, 'too-many-arguments')),
    );
  });
});

describe('seats', () => {
  const limits = { maxPlayers: 4, maxViewers: 2 };
  it("never gives one seat to two players, nor the host's, nor more than there are", () => {
    const wishes = fc.array(
      fc.record({
        userId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
        role: fc.constantFrom('Player' as const, 'Viewer' as const),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(wishes, (list) => {
        let guests: SeatedGuest[] = [];
        for (const wish of list) {
          const decision = decideSeat(guests, wish, limits);
          if (decision.type === 'full') continue;
          guests = [...guests.filter((guest) => guest.userId !== wish.userId), { ...wish, seat: decision.seat }];
          const seats = guests.filter((guest) => guest.role === 'Player').map((guest) => guest.seat);
          expect(new Set([...seats, hostSeat]).size).toBe(seats.length + 1);
          expect(Math.max(0, ...seats)).toBeLessThanOrEqual(limits.maxPlayers);
          expect(guests.filter((guest) => guest.role === 'Viewer').length).toBeLessThanOrEqual(limits.maxViewers);
        }
      }),
    );
  });

  it('keeps a guest on its seat and refuses when full', () => {
    const guests: SeatedGuest[] = [2, 3, 4].map((seat) => ({ userId: `g${seat}`, role: 'Player', seat }));
    expect(decideSeat(guests, { userId: 'g3', role: 'Player' }, limits)).toEqual({ type: 'seat', seat: 3 });
    expect(decideSeat(guests, { userId: 'new', role: 'Player' }, limits)).toEqual({ type: 'full' });
    expect(decideSeat(guests, { userId: 'new', role: 'Viewer' }, limits)).toEqual({ type: 'seat', seat: 0 });
  });
});

describe('versions', () => {
  it.each<[VersionStateName, Parameters<typeof transitionVersion>[1], VersionStateName | null]>([
    ['creating', 'ingested', 'normal'],
    ['creating', 'ingest-failed', 'create-failed'],
    ['creating', 'set-online', null],
    ['create-failed', 'set-online', null],
    ['normal', 'set-online', 'in-use'],
    ['usable', 'set-online', 'in-use'],
    ['in-use', 'other-set-online', 'usable'],
    ['normal', 'other-set-online', 'normal'],
    ['in-use', 'ingested', null],
  ])('%s + %s → %s', (state, event, next) => {
    expect(transitionVersion(state, event)).toBe(next);
  });
});

describe('deadlines', () => {
  it('are due at their time, not before, and never when there is none', () => {
    expect([isDue(10, 9), isDue(10, 10), isDue(null, 10)]).toEqual([false, true, false]);
    expect([laterDeadline(null, 5), laterDeadline(7, 5), laterDeadline(3, 5)]).toEqual([5, 7, 5]);
  });
});

describe('ServerSession', () => {
  it('has what the official SDK fails without, and nothing that makes it call home', () => {
    const answer: PeerAnswer = {
      sdp: 'v=0',
      serverIp: '203.0.113.7',
      serverPort: 8000,
      videoMimeType: 'video/H264',
      audioMimeType: 'audio/opus',
      screenConfig: { width: 1, height: 2, orientation: 'landscape', degree: '0_degree' },
      mediaSocketToken: null,
    };
    const session = buildServerSession({
      answer,
      requestId: 'r',
      userId: 'u',
      accountNumber: 7,
      applicationId: 'app-x',
      sessionId: 'ses-x',
      role: 'Player',
      seat: 1,
      region: 'local',
      concurrencyType: 'M1',
      version: '1',
      backgroundUrl: null,
      mediaSocketUrl: null,
    });
    expect(session).not.toHaveProperty('metric_key');
    expect(session).toMatchObject({
      sdp: 'v=0',
      server_port: '8000',
      instance_id: 'ses-x',
      video: { width: 1, height: 2 },
    });
    expect(session.screen_config).toEqual(answer.screenConfig);
  });
});

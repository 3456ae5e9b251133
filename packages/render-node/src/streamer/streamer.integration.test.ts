import { isAppError } from '@cloudstage/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  GenericNack,
  PictureLossIndication,
  RtcpPayloadSpecificFeedback,
  RtcpTransportLayerFeedback,
} from 'werift-rtp';
import { type BrowserClient, openBrowserClient } from './peer/testing/browser-client.js';
import { nativePayloadTypes, openNativeClient } from './peer/testing/native-client.js';
import { chromiumOffer } from './peer/testing/offers.js';
import { direct, eventually, openStage, type Stage } from './peer/testing/stage.js';
import { createPeerAdder, openStageProgram, type StageProgram } from './peer/testing/stage-program.js';

const deadline = { deadlineMs: 10_000 };
const settings = {
  width: 640,
  height: 480,
  fps: 60,
  minBitrateBps: 500_000,
  maxBitrateBps: 8_000_000,
  disabledVideoCodecs: [],
  publishKeyFrameIntervalMs: 2000,
  publishIncludesMicrophone: false,
};
const media = { publicAddresses: ['127.0.0.1'], udpPort: 8_000, tcpPort: 8_000 };

let stage: Stage;
let browser: BrowserClient;
let program: StageProgram;

/** The program of this test: fills the screen with one colour. */
const paint = (color: number) => program.fill(color);

const addPeer = createPeerAdder(() => stage);

const describeStream = () => stage.link.call('stream.describe', {}, deadline);
const framesCaptured = async () => (await describeStream()).stats.framesCaptured;

beforeAll(async () => {
  stage = await openStage();
  [browser, program] = await Promise.all([openBrowserClient(), openStageProgram(stage)]);
});

afterAll(async () => {
  await browser?.close();
  await program?.display.close();
  await stage?.close();
});

describe('streamer', () => {
  it('refuses a peer before it is configured, and names what is wrong with an offer', async () => {
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'no error',
        (error: unknown) => (isAppError(error) ? error.code : String(error)),
      );
    expect(await codeOf(addPeer(chromiumOffer, 'nobody'))).toBe('not-configured');
    await stage.link.call(
      'stream.configure',
      { sessionId: 'one', settings, window: null, media, recordingDirectory: null },
      deadline,
    );
    expect(await codeOf(addPeer('v=0\r\nm=garbage', 'nobody'))).toBe('offer-invalid');
    expect(await codeOf(addPeer(chromiumOffer.replace(/H264|VP8/g, 'VP9'), 'nobody'))).toBe('codec-unsupported');
    expect((await describeStream()).peers).toEqual([]);
  });

  it('shows the screen in Chromium as soon as it connects, without waiting for a change', async () => {
    paint(0xff2010);
    await program.display.sync();
    const answer = await addPeer(await browser.offer(), 'alice');
    expect(answer.screenConfig).toEqual({ width: 640, height: 480, orientation: 'landscape', degree: '0_degree' });
    await browser.start(direct(answer));
    const red = await eventually('a red picture', async () => {
      const color = await browser.middle();
      return color.r > 200 && color;
    });
    expect(red.g).toBeLessThan(80);
    expect(red.b).toBeLessThan(80);
    expect(await browser.stats()).toMatchObject({ width: 640, height: 480 });
    await eventually('the report to the agent', () =>
      stage.events['peer.state'].find(({ userId, state }) => userId === 'alice' && state === 'connected'),
    );
  });

  it('follows changes of the screen, and rests when there are none', async () => {
    paint(0x1020ff);
    await eventually('a blue picture', async () => (await browser.middle()).b > 200);
    let last = -1;
    await eventually('rest', async () => {
      const now = await framesCaptured();
      const resting = now === last;
      last = now;
      return resting;
    });
    paint(0x10ff20);
    await eventually('a green picture', async () => (await browser.middle()).g > 200);
    expect((await framesCaptured()) - last).toBeLessThan(5);
  });

  it('carries sound', async () => {
    stage.playTone();
    await eventually('audible sound', async () => (await browser.stats()).audioEnergy > 0.001);
  });

  it('follows a new desktop size in the middle of the stream', async () => {
    await program.display.setScreenSize(800, 600);
    paint(0xffffff);
    await eventually('a picture of the new size', async () => {
      const { width, height } = await browser.stats();
      return width === 800 && height === 600;
    });
    await eventually('a white picture', async () => {
      const { r, g, b } = await browser.middle();
      return r > 220 && g > 220 && b > 220;
    });
  });

  it('answers PLI with a key frame, and NACK with a retransmission', async () => {
    const client = await openNativeClient();
    const answer = await addPeer(client.offer, 'watcher', 'Viewer');
    client.start(direct(answer));
    const first = await eventually('a first picture', () => client.video.find(({ header }) => header.marker));
    // SPS and PPS lead the first picture.
    expect((client.video[0]?.payload[0] ?? 0) & 0x1f).toBe(24);
    await eventually('a sender report', () => client.rtcp.length > 0);

    const { ssrc: mediaSsrc } = first.header;
    const keyFramesBefore = (await describeStream()).stats.keyFrames;
    const pictureLoss = new RtcpPayloadSpecificFeedback({
      feedback: new PictureLossIndication({ senderSsrc: 1, mediaSsrc }),
    }).serialize();
    await eventually('a key frame', async () => {
      // Again and again, as receivers do: one that comes while a key frame is under way is not answered.
      client.sendRtcp(pictureLoss);
      return (await describeStream()).stats.keyFrames > keyFramesBefore;
    });

    const newest = await eventually('a packet after that', () =>
      client.video.findLast(({ header }) => header.payloadType === nativePayloadTypes.h264),
    );
    const lost = newest.header.sequenceNumber;
    client.sendRtcp(
      new RtcpTransportLayerFeedback({
        feedback: new GenericNack({ senderSsrc: 1, mediaSourceSsrc: mediaSsrc, lost: [lost] }),
      }).serialize(),
    );
    const resent = await eventually('the retransmission', () =>
      client.video.find(
        ({ header, payload }) => header.payloadType === nativePayloadTypes.rtx && payload.readUInt16BE(0) === lost,
      ),
    );
    expect(resent.payload.subarray(2)).toEqual(newest.payload);
    expect(resent.header.ssrc).not.toBe(mediaSsrc);
    await client.close();
    await eventually('the end of the viewer', () =>
      stage.events['peer.state'].find(({ userId, state }) => userId === 'watcher' && state === 'closed'),
    );
  });

  it('lets the same user take over with a new connection', async () => {
    const second = await openBrowserClient();
    try {
      await second.start(direct(await addPeer(await second.offer(), 'alice')));
      await eventually('the first page to be told', async () =>
        (await browser.messages('hb')).some((text) => JSON.parse(text).code === 1),
      );
      await eventually('pictures on the second page', async () => (await second.stats()).framesDecoded > 0);
      // A client that goes in good order is missed at once.
      await second.page.evaluate('client.pc.close()');
      await eventually('the report of the first connection', () =>
        stage.events['peer.state'].find(({ userId, reason }) => userId === 'alice' && reason === 'taken-over'),
      );
    } finally {
      await second.close();
    }
  });

  it('applies the wishes of the first player, closes with a word, and does nothing without clients', async () => {
    await eventually('no client left', async () => (await describeStream()).peers.length === 0);
    const answer = await addPeer(await browser.offer(), 'bob', 'Player', {
      desktopResolution: '1024x576',
      streamProfile: { fps: 30, max_bitrate: 2 },
    });
    expect(answer.screenConfig).toMatchObject({ width: 1_024, height: 576 });
    await browser.start(direct(answer));
    await eventually('pictures', async () => (await browser.stats()).framesDecoded > 0);
    expect((await describeStream()).stats.targetBitrateBps).toBeLessThanOrEqual(2_000_000);
    await stage.link.call('session.close', { code: 0, message: 'good bye' }, deadline);
    await eventually('the word', async () =>
      (await browser.messages('hb')).some((text) => JSON.parse(text).message === 'good bye'),
    );
    const before = await framesCaptured();
    paint(0x112233);
    paint(0x332211);
    await program.display.sync();
    const { sessionId, peers: left } = await describeStream();
    expect({ sessionId, left }).toEqual({ sessionId: null, left: [] });
    expect(await framesCaptured()).toBe(before);
  });

  it('removes one user with a word', async () => {
    await stage.link.call(
      'stream.configure',
      { sessionId: 'two', settings, window: null, media, recordingDirectory: null },
      deadline,
    );
    await browser.start(direct(await addPeer(await browser.offer(), 'carol')));
    await eventually('pictures', async () => (await browser.stats()).framesDecoded > 0);
    await stage.link.call('peer.remove', { userId: 'nobody', code: 1, message: 'who' }, deadline);
    expect((await describeStream()).peers).toHaveLength(1);
    await stage.link.call('peer.remove', { userId: 'carol', code: 1, message: 'removed by the host' }, deadline);
    await eventually('the word', async () =>
      (await browser.messages('hb')).some((text) => JSON.parse(text).message === 'removed by the host'),
    );
    expect(stage.events['peer.state'].at(-1)).toMatchObject({ userId: 'carol', state: 'closed', reason: 'kicked' });
    expect((await describeStream()).peers).toEqual([]);
  });

  it('tells the browser when pictures were captured and how long they took, and accounts for every leg', async () => {
    await browser.start(direct(await addPeer(await browser.offer(), 'dora')));
    await eventually('pictures', async () => (await browser.stats()).framesDecoded > 0);
    let color = 0;
    const repaint = setInterval(() => paint(++color % 2 === 0 ? 0x104020 : 0x204010), 30);
    try {
      await eventually('the timing of a picture', async () => {
        const [, , , ...times] = (await browser.stats()).timingFrame.split(',').map(Number);
        return times.length > 5;
      });
      const capturedAtMs = await eventually('the time of capture', async () => (await browser.captureTime()) ?? false);
      // NTP counts from 1900. A minute is what tells a right value from a wrong one on any machine.
      expect(Math.abs(capturedAtMs - 2_208_988_800_000 - Date.now())).toBeLessThan(60_000);
      await browser.send(
        'hb',
        JSON.stringify({ fps: '30', delay: '4.5', latency: { decode: [[30, 2]] }, timestamp: 1 }),
      );
      const { latency } = await eventually('a measurement of the path', async () => {
        // Who falls silent after a first heartbeat is sent away.
        await browser.send('hb', JSON.stringify({ timestamp: 0 }));
        const [peer] = (await describeStream()).peers;
        return peer?.latency.network && peer.latency.decode && peer;
      });
      expect(Object.keys(latency).sort()).toEqual(
        ['capture', 'convert', 'decode', 'encode', 'network', 'pace', 'receive'].sort(),
      );
      const reply = await eventually('the account in a reply', async () =>
        (await browser.messages('hb')).map((text) => JSON.parse(text)).find((message) => message.latency !== undefined),
      );
      expect(reply.latency.decode).toMatchObject({ count: 2 });
      // A client of another maker gets nothing that it has not asked for.
      await browser.send('hb', JSON.stringify({ fps: '30', delay: '4.5', timestamp: 2 }));
      const plain = await eventually('a plain reply', async () =>
        (await browser.messages('hb')).map((text) => JSON.parse(text)).find((message) => message.timestamp === 2),
      );
      expect(plain).not.toHaveProperty('latency');
      await stage.link.call('session.close', { code: 0, message: 'good bye' }, deadline);
      await eventually('a report to the agent', () =>
        stage.events['latency.totals'].find(({ counts }) => counts.network && counts.encode && counts.decode),
      );
    } finally {
      clearInterval(repaint);
    }
  });

  it('plays VP8 in Chromium for a client whose list says so, beside H.264 for another, and follows rate, size and key frame wishes', async () => {
    await stage.link.call(
      'stream.configure',
      { sessionId: 'three', settings, window: null, media, recordingDirectory: null },
      deadline,
    );
    const watcher = await openNativeClient();
    const watched = await addPeer(watcher.offer, 'watcher', 'Viewer');
    expect(watched.videoMimeType).toBe('video/H264');
    watcher.start(direct(watched));
    await eventually('H.264', () => watcher.video.length > 0);
    paint(0xff2010);
    const answer = await addPeer(await browser.offer(), 'erin', 'Player', { preferredCodecList: ['VP8'] });
    expect(answer.videoMimeType).toBe('video/VP8');
    await browser.start(direct(answer));
    await eventually('a red picture', async () => {
      const { r, g } = await browser.middle();
      return r > 200 && g < 80;
    });
    expect((await browser.stats()).videoCodec).toBe('video/VP8');
    paint(0x10ff20);
    await eventually('a green picture', async () => (await browser.middle()).g > 200);
    // Both are served from one capture.
    const before = watcher.video.length;
    paint(0x2010ff);
    await eventually('a blue picture', async () => (await browser.middle()).b > 200);
    await eventually('the same in H.264', () => watcher.video.length > before);
    expect(new Set(watcher.video.map(({ header }) => header.payloadType))).toEqual(new Set([nativePayloadTypes.h264]));
    const decoded = (await browser.stats()).keyFramesDecoded;
    await browser.send('ack', JSON.stringify({ seq: 1, data: { type: 'res_mode', fps: 30, max_bitrate: 1 } }));
    await eventually('a key frame of a new encoder', async () => (await browser.stats()).keyFramesDecoded > decoded);
    await program.display.setScreenSize(640, 360);
    paint(0xffffff);
    await eventually('a white picture of the new size', async () => {
      const { width, height } = await browser.stats();
      const { r, g, b } = await browser.middle();
      return width === 640 && height === 360 && r > 220 && g > 220 && b > 220;
    });
    // Her decoder has recovered, or another device takes over: the wish counts anew.
    const back = await addPeer(await browser.offer(), 'erin', 'Player', { preferredCodecList: ['H264', 'VP8'] });
    expect(back.videoMimeType).toBe('video/H264');
    await watcher.close();
    await stage.link.call('session.close', { code: 0, message: 'good bye' }, deadline);
  });

  it('ends on SIGTERM in good order', async () => {
    expect(await stage.endStreamer()).toBe(0);
  });
});

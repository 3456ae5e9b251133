import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeFrame, type PublishFrame, readFrames } from './frames.js';

const data = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const timeUs = fc.nat();
const side = fc.integer({ min: 0, max: 65_535 });
const frame: fc.Arbitrary<PublishFrame> = fc.oneof(
  fc.record({
    type: fc.constant('open' as const),
    target: fc.record({ format: fc.constantFrom('flv' as const, 'mp4' as const), url: fc.string({ unit: 'binary' }) }),
  }),
  fc.record({ type: fc.constant('video' as const), timeUs, keyFrame: fc.boolean(), width: side, height: side, data }),
  fc.record({ type: fc.constant('sound' as const), timeUs, data }),
);

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<PublishFrame[]> {
  const frames: PublishFrame[] = [];
  for await (const next of readFrames(chunks)) frames.push(next);
  return frames;
}

it('arrive as they were sent, however the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 8 }), fc.integer({ min: 1, max: 500 }), async (frames, size) => {
      const bytes = Buffer.concat(frames.flatMap((next) => encodeFrame(next)));
      expect(await collect(chunked(bytes, size))).toEqual(frames);
    }),
  );
});

it.each([
  ['an unknown type', Buffer.from([9, 0, 0, 0, 0])],
  ['a target of no known format', Buffer.concat([Buffer.from([1, 0, 0, 0, 2]), Buffer.from('{}')])],
  ['an endless frame', Buffer.from([2, 0xff, 0xff, 0xff, 0xff])],
])('%s is refused', async (_what, bytes) => {
  await expect(collect(chunked(bytes, 5))).rejects.toMatchObject({ code: 'publish-frame-invalid' });
});

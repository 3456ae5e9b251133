import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBody } from './body.js';

describe('readBody', () => {
  it('joins what fits and refuses what does not', async () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 0, max: 100 }), async (parts, maxBytes) => {
        const bytes = Buffer.concat(parts);
        const outcome = await readBody(Readable.from(parts.map((part) => Buffer.from(part))), maxBytes);
        expect(outcome).toEqual(bytes.length <= maxBytes ? { type: 'read', bytes } : { type: 'too-large' });
      }),
    );
  });

  it('stops reading what never ends', async () => {
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(1024 * 1024));
      },
    });
    expect(await readBody(endless, 10)).toEqual({ type: 'too-large' });
    endless.destroy();
  });

  it('reports a sender that breaks off, with or without an error', async () => {
    for (const error of [undefined, new Error('aborted')]) {
      const stream = new PassThrough();
      stream.write('half');
      const outcome = readBody(stream, 100);
      stream.destroy(error);
      expect(await outcome).toEqual({ type: 'incomplete' });
    }
  });
});

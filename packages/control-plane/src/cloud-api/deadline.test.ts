import { describe, expect, it } from 'vitest';
import { withDeadline } from './deadline.js';

describe('withDeadline', () => {
  it('passes results and errors on', async () => {
    const unexpected = () => expect.unreachable();
    expect(await withDeadline(Promise.resolve(7), 60_000, unexpected)).toEqual({ type: 'done', value: 7 });
    await expect(withDeadline(Promise.reject(new Error('x')), 60_000, unexpected)).rejects.toThrow('x');
  });

  it('gives up, and hears of a failure afterwards', async () => {
    let fail = (_error: Error): void => undefined;
    const work = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    const late: unknown[] = [];
    expect(await withDeadline(work, 1, (error) => late.push(error))).toEqual({ type: 'late' });
    const error = new Error('later');
    fail(error);
    await expect.poll(() => late, { timeout: 20_000 }).toEqual([error]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequeue, dropExpired, emptyQueue, enqueue, headOf, indexOf, type WaitQueue } from './wait-queue.js';

const user = (userId: string) => ({
  userId,
  userIp: '192.0.2.1',
  projectId: 'cap-1',
  applicationId: undefined,
  applicationVersionId: undefined,
});

function add(queue: WaitQueue, userId: string, nowMs = 0, maxLength = 100): WaitQueue {
  const outcome = enqueue(queue, user(userId), nowMs, maxLength);
  if (outcome.type !== 'waiting') throw new Error('full');
  return outcome.queue;
}

describe('the wait queue', () => {
  it('serves first come first', () => {
    const queue = add(add(add(emptyQueue, 'a'), 'b'), 'c');
    expect(headOf(queue)?.userId).toBe('a');
    expect(headOf(dequeue(queue, 'a'))?.userId).toBe('b');
    expect(['a', 'b', 'c', 'd'].map((id) => indexOf(queue, id))).toEqual([0, 1, 2, -1]);
  });

  it('keeps the place of a user who asks again, and takes over what it wants now', () => {
    const queue = add(add(emptyQueue, 'a'), 'b');
    const outcome = enqueue(queue, { ...user('a'), projectId: 'cap-2' }, 5, 100);
    expect(outcome).toMatchObject({ type: 'waiting', index: 0 });
    expect(outcome.type === 'waiting' && headOf(outcome.queue)?.projectId).toBe('cap-2');
  });

  it('is bounded, but not for those who already wait', () => {
    const queue = add(add(emptyQueue, 'a', 0, 2), 'b', 0, 2);
    expect(enqueue(queue, user('c'), 0, 2)).toEqual({ type: 'full' });
    expect(enqueue(queue, user('b'), 0, 2).type).toBe('waiting');
  });

  it('drops users who stopped asking, anywhere in the queue', () => {
    const queue = add(add(add(emptyQueue, 'a', 10), 'b', 0), 'c', 20);
    expect([...dropExpired(queue, 40, 30).keys()]).toEqual(['a', 'c']);
    expect([...dropExpired(queue, 51, 30).keys()]).toEqual([]);
    expect(dropExpired(queue, 30, 30)).toBe(queue);
  });

  it('behaves as a list without duplicates', () => {
    const step = fc.record({ add: fc.boolean(), userId: fc.constantFrom('a', 'b', 'c', 'd', 'e') });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let queue = emptyQueue;
        let model: string[] = [];
        for (const { add: isAdd, userId } of steps) {
          if (!isAdd) {
            queue = dequeue(queue, userId);
            model = model.filter((id) => id !== userId);
            continue;
          }
          const outcome = enqueue(queue, user(userId), 0, 4);
          const fits = model.includes(userId) || model.length < 4;
          expect(outcome.type).toBe(fits ? 'waiting' : 'full');
          if (outcome.type === 'waiting') queue = outcome.queue;
          if (fits && !model.includes(userId)) model = [...model, userId];
        }
        expect([...queue.keys()]).toEqual(model);
        expect(headOf(queue)?.userId).toBe(model[0]);
      }),
    );
  });
});

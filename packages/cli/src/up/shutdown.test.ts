import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createClosingStack } from './shutdown.js';

const logger = pino({ level: 'silent' });

describe('closing', () => {
  it('goes from the last part to the first, also past one that fails or hangs', async () => {
    const order: string[] = [];
    const stack = createClosingStack({ logger, stepMs: 20 });
    stack.add({ name: 'a', close: () => void order.push('a') });
    stack.add({ name: 'hangs', close: () => new Promise(() => order.push('hangs')) });
    stack.add({ name: 'fails', close: () => Promise.reject(new Error(String(order.push('fails')))) });
    stack.add({ name: 'b', close: () => void order.push('b') });
    await stack.close();
    expect(order).toEqual(['b', 'fails', 'hangs', 'a']);
  });

  it('closes a part that was added while it was closing, and each part once', async () => {
    const order: string[] = [];
    const stack = createClosingStack({ logger, stepMs: 1000 });
    stack.add({ name: 'first', close: () => void order.push('first') });
    stack.add({
      name: 'second',
      close: () => {
        order.push('second');
        stack.add({ name: 'late', close: () => void order.push('late') });
      },
    });
    await Promise.all([stack.close(), stack.close()]);
    expect(order).toEqual(['second', 'late', 'first']);
  });
});

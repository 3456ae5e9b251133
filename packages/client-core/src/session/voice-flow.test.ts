import { mediaSocketLimits } from '@cloudstage/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientLimits } from '../limits.js';
import { createVoiceFlow } from './voice-flow.js';

const { voiceInFlight, voicePerReceipt } = mediaSocketLimits;

describe('the flow of a voice', () => {
  it('numbers what is sent, also beyond 2¹⁶, while the server says what has arrived', () => {
    const flow = createVoiceFlow();
    const numbers = Array.from({ length: 70_000 }, (_, index) => {
      const number = flow.take(0);
      if (index % voicePerReceipt === voicePerReceipt - 1) flow.onReceived(number ?? -1);
      return number;
    });
    expect(numbers).toEqual(Array.from({ length: 70_000 }, (_, index) => index & 0xffff));
  });

  it('drops what would wait in the browser, and goes on with the next number', () => {
    const flow = createVoiceFlow();
    expect(flow.take(0)).toBe(0);
    expect(flow.take(clientLimits.voiceBacklogBytes + 1)).toBeNull();
    expect(flow.take(clientLimits.voiceBacklogBytes)).toBe(1);
  });

  it('drops what would wait on the way, until something has arrived', () => {
    const flow = createVoiceFlow();
    for (let index = 0; index < voiceInFlight; index += 1) expect(flow.take(0)).toBe(index);
    expect(flow.take(0)).toBeNull();
    flow.onReceived(1);
    expect([flow.take(0), flow.take(0), flow.take(0)]).toEqual([voiceInFlight, voiceInFlight + 1, null]);
  });

  it('has never more on its way than its bound, whatever the server says', () => {
    const step = fc.oneof(fc.constant('take' as const), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const flow = createVoiceFlow();
        let sent = 0;
        let arrived = 0;
        for (const what of steps) {
          if (what !== 'take') {
            flow.onReceived(what);
            // Only what was sent can have arrived.
            if (what < sent) arrived = Math.max(arrived, what + 1);
          } else if (flow.take(0) !== null) sent += 1;
          expect(sent - arrived).toBeLessThanOrEqual(voiceInFlight);
        }
      }),
    );
  });
});

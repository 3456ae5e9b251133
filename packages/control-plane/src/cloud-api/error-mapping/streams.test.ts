import { actions } from '@cloudstage/cloud-api';
import { describe, expect, it } from 'vitest';
import { mapStartPublish, mapStopPublish } from './streams.js';

describe('refusals of the stream group', () => {
  const outcomes = [
    { type: 'not-configured' },
    { type: 'target-refused' },
    { type: 'url-invalid', reason: 'it names no host' },
    { type: 'session-not-found' },
    { type: 'timeout' },
    { type: 'failed', message: 'at 10.0.0.1' },
  ] as const;

  it.each(outcomes)('$type has a code that the action lists', (outcome) => {
    const { error } = mapStartPublish(outcome, 'PublishStreamURL');
    expect(actions.StartPublishStreamWithURL.errorCodes).toContain(error.code);
    expect(actions.StartPublishStream.errorCodes).toContain(error.code);
  });

  it('tells what is wrong with a URL, and nothing of machines', () => {
    expect(
      mapStartPublish({ type: 'url-invalid', reason: 'it names no host' }, 'PublishStreamURL').error.message,
    ).toMatchObject({
      'en-US': 'PublishStreamURL makes no usable push URL: it names no host',
    });
    expect(
      JSON.stringify(mapStartPublish({ type: 'failed', message: 'at 10.0.0.1' }, 'PublishStreamURL').error),
    ).not.toContain('10.0');
  });

  it.each([{ type: 'session-not-found' }, { type: 'timeout' }] as const)('stopping: $type', (outcome) => {
    expect(actions.StopPublishStream.errorCodes).toContain(mapStopPublish(outcome).error.code);
  });
});

import { mapStartPublish, mapStopPublish } from '../../error-mapping/streams.js';
import type { ActionHandler } from '../handler.js';

/** StartPublishStream: pushes to the installation's domain. */
const handleStartPublishStream: ActionHandler<'StartPublishStream'> = async ({ services, caller }, request) => {
  const input = { userId: request.UserId, parameters: request.PublishStreamArgs ?? '' };
  const outcome = await services.startPublishStream(caller, input);
  if (outcome.type === 'started') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapStartPublish(outcome, 'PublishStreamArgs') };
};

/** StartPublishStreamWithURL: pushes to a URL of the caller. */
const handleStartPublishStreamWithUrl: ActionHandler<'StartPublishStreamWithURL'> = async (
  { services, caller },
  request,
) => {
  const input = { userId: request.UserId, url: request.PublishStreamURL };
  const outcome = await services.startPublishStreamWithUrl(caller, input);
  if (outcome.type === 'started') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapStartPublish(outcome, 'PublishStreamURL') };
};

/** StopPublishStream: ends the push of a user's session. */
const handleStopPublishStream: ActionHandler<'StopPublishStream'> = async ({ services, caller }, request) => {
  const outcome = await services.stopPublishStream(caller, { userId: request.UserId });
  if (outcome.type === 'stopped') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapStopPublish(outcome) };
};

/** Handlers of the stream group. */
export const streamHandlers = {
  StartPublishStream: handleStartPublishStream,
  StartPublishStreamWithURL: handleStartPublishStreamWithUrl,
  StopPublishStream: handleStopPublishStream,
} as const;

import type { Logger } from 'pino';
import { answers } from './answers.js';
import { type CloudClient, cloudErrorOf } from './cloud.js';
import { optionalText, type Parameters, text } from './parameters.js';
import type { QueueRunner } from './queue-runner.js';
import type { WaitingUser } from './wait-queue.js';

/** What an endpoint gets: checked parameters and the address of the user. */
export interface EndpointRequest {
  readonly parameters: Parameters;
  readonly userIp: string;
}

/** Body of an answer; `RequestId` is added by the caller. */
export type EndpointAnswer = Readonly<Record<string, unknown>>;

/** The four endpoints, by name. */
export type Endpoints = Readonly<
  Record<'StartProject' | 'StopProject' | 'Enqueue' | 'Dequeue', (request: EndpointRequest) => Promise<EndpointAnswer>>
>;

interface Dependencies {
  readonly cloud: CloudClient;
  readonly queue: QueueRunner;
  readonly logger: Logger;
}

/** Reserves a slot for a user; rejects with the official client's error. */
export async function reserveSlot(cloud: CloudClient, user: WaitingUser): Promise<void> {
  await cloud.ApplyConcurrent({
    UserId: user.userId,
    UserIp: user.userIp,
    ProjectId: user.projectId,
    ...(user.applicationId === undefined ? {} : { ApplicationId: user.applicationId }),
    ...(user.applicationVersionId === undefined ? {} : { ApplicationVersionId: user.applicationVersionId }),
  });
}

/** The endpoints over an official cloud client and a queue. None of them rejects. */
export function createEndpoints({ cloud, queue, logger }: Dependencies): Endpoints {
  return {
    StartProject: async ({ parameters, userIp }) => {
      const user = userOf(parameters, userIp);
      try {
        await reserveSlot(cloud, user);
      } catch (error) {
        const refusal = cloudErrorOf(error);
        logger.info({ userId: user.userId, code: refusal.code }, 'no slot reserved');
        return { Error: refusal, ...answers.reserveFailed };
      }
      try {
        const session = await cloud.CreateSession({
          UserId: user.userId,
          UserIp: userIp,
          ClientSession: text(parameters, 'ClientSession'),
        });
        return { SessionDescribe: session, ...answers.ok };
      } catch (error) {
        const refusal = cloudErrorOf(error);
        logger.warn({ userId: user.userId, code: refusal.code, reason: refusal.message }, 'no session created');
        return { Error: refusal, ...answers.createFailed };
      }
    },

    StopProject: async ({ parameters }) => {
      const userId = text(parameters, 'UserId');
      try {
        await cloud.DestroySession({ UserId: userId });
        return answers.ok;
      } catch (error) {
        const refusal = cloudErrorOf(error);
        logger.warn({ userId, code: refusal.code }, 'session not destroyed');
        return { Error: refusal, ...answers.stopFailed };
      }
    },

    Enqueue: async ({ parameters, userIp }) => {
      const user = userOf(parameters, userIp);
      const waiting = (index: number) => ({
        Data: { Index: index, UserId: user.userId, ProjectId: user.projectId },
        ...answers.queueing,
      });
      if (queue.has(user.userId)) return waiting(queue.enqueue(user));
      try {
        await reserveSlot(cloud, user);
        return { Data: { Index: 0, UserId: user.userId, ProjectId: user.projectId }, ...answers.queueDone };
      } catch (error) {
        // Whatever the refusal, the user waits: the check of the head tells what is temporary from what is not.
        logger.debug({ userId: user.userId, code: cloudErrorOf(error).code }, 'user queues');
      }
      const index = queue.enqueue(user);
      if (index >= 0) return waiting(index);
      const full = { code: 'FailedOperation.QueueFull', message: 'Too many users are waiting.', requestId: '' };
      return { Error: full, ...answers.reserveFailed };
    },

    Dequeue: async ({ parameters }) => {
      queue.dequeue(text(parameters, 'UserId'));
      return answers.ok;
    },
  };
}

function userOf(parameters: Parameters, userIp: string): WaitingUser {
  return {
    userId: text(parameters, 'UserId'),
    userIp,
    projectId: text(parameters, 'ProjectId'),
    applicationId: optionalText(parameters, 'ApplicationId'),
    applicationVersionId: optionalText(parameters, 'ApplicationVersionId'),
  };
}

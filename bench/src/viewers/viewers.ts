import { startHelper } from '../helper-process.js';
import { benchLimits } from '../limits.js';
import { eventually, type Product } from '../product.js';
import { cloudApiOf, endSession } from '../sessions.js';
import type { ViewersAnswer, ViewersRequest } from './viewers-main.js';

/** Viewers of a session that receive and neither decode nor show: many decoders would measure Chromium. */
export interface Viewers {
  /** Bytes of video that all of them together have received. */
  receivedBytes(): Promise<number>;
  close(): Promise<void>;
}

type Request = ViewersRequest extends infer One ? (One extends ViewersRequest ? Omit<One, 'id'> : never) : never;

/** Joins `count` viewers to the session of `hostUserId`; resolves when each receives pictures. @throws AppError `deadline-exceeded`. */
export async function joinViewers(product: Product, hostUserId: string, count: number): Promise<Viewers> {
  const helper = startHelper<Request, ViewersAnswer>(new URL('./viewers-main.js', import.meta.url), 0);
  const users = Array.from({ length: count }, (_, index) => `${hostUserId}-viewer-${index}`);
  const api = cloudApiOf(product);
  const received = async () => (await helper.ask({ kind: 'received' })).bytes ?? [];
  const close = async () => {
    await Promise.all(users.map((userId) => endSession(product, userId).catch(() => undefined)));
    await helper.close();
  };
  try {
    const { offers = [] } = await helper.ask({ kind: 'open', count });
    const answers: string[] = [];
    for (const [index, sdp] of offers.entries()) {
      const ClientSession = Buffer.from(JSON.stringify({ type: 'offer', sdp })).toString('base64');
      const who = { UserId: users[index] ?? '', UserIp: '127.0.0.1', HostUserId: hostUserId, Role: 'Viewer' as const };
      const { ServerSession } = await api.createSession({ ...who, ClientSession });
      const session = JSON.parse(Buffer.from(ServerSession ?? '', 'base64').toString('utf8')) as {
        readonly sdp: string;
      };
      answers.push(session.sdp);
    }
    await helper.ask({ kind: 'start', answers });
    await eventually('pictures at every viewer', benchLimits.firstFrameMs, async () =>
      (await received()).every((bytes) => bytes > 0) ? true : undefined,
    );
  } catch (error) {
    await close();
    throw error;
  }
  return { receivedBytes: async () => (await received()).reduce((sum, bytes) => sum + bytes, 0), close };
}

import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { MediaOpener, MediaTunnel } from '@cloudstage/protocol';
import { slotPaths } from '../host/slot-paths.js';
import type { Slot } from './slot.js';

/** Connects to a streamer's WebSocket server. @throws the system's error when nobody serves there. */
export async function connectMediaTunnel(path: string): Promise<MediaTunnel> {
  const socket = createConnection(path);
  await once(socket, 'connect');
  // Reading tells of the error; without a listener it would end the process between two reads.
  socket.on('error', () => socket.destroy());
  return {
    incoming: socket,
    send: async (bytes) => {
      if (socket.destroyed) throw new Error('the streamer has closed the connection');
      if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    },
    close: () => socket.destroy(),
  };
}

/** Opens ways to the streamers of sessions that run; null for any other session, and while its streamer is away. */
export function createMediaOpener(runDir: string, slots: readonly Pick<Slot, 'running'>[]): MediaOpener {
  return async ({ sessionId, slotIndex }) => {
    if (!slots[slotIndex]?.running(sessionId)) return null;
    return connectMediaTunnel(slotPaths(runDir, slotIndex).mediaSocketPath).catch(() => null);
  };
}

import { createConnection } from 'node:net';
import { join } from 'node:path';

const answerMs = 5_000;

/** Calls one method of a process of a node over its socket, e.g. `mux.sock` or `slot-0/streamer.sock` in the node's run directory. */
export function callNode<T>(runDir: string, socketName: string, method: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(join(runDir, socketName));
    let text = '';
    socket.setTimeout(answerMs, () => socket.destroy(new Error(`${socketName} does not answer ${method}`)));
    socket.once('error', reject);
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const frames = text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { id?: number; result?: T });
      const answer = frames.find((frame) => frame.id === 1);
      if (!answer) return;
      socket.end();
      if (answer.result === undefined) reject(new Error(JSON.stringify(answer)));
      else resolve(answer.result);
    });
    socket.write(`${JSON.stringify({ id: 1, method, params: {} })}\n`);
  });
}

import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { AppError } from '@cloudstage/protocol';
import { mediaLimits } from './limits.js';

/** Two connected sockets: what a child writes to `writer` comes to this process. */
export interface ReusedPipe {
  /** For the child's standard output; to be destroyed here once the child has it. */
  readonly writer: Socket;
  /** Ends when the child has ended. */
  readonly reader: Socket;
}

/**
 * Opens a pipe whose data is read into one buffer again and again. Node's own pipes to children get a buffer of 64 KiB with each read: for
 * small pieces that come a hundred times a second, collecting them costs more than what they are for.
 * @param path of a socket that is made for a moment, in a directory of this process
 * @param onData gets a view of the buffer, valid until it returns
 * @throws AppError `pipe-failed`
 */
export function openReusedPipe(path: string, onData: (data: Buffer) => void): Promise<ReusedPipe> {
  const buffer = Buffer.alloc(mediaLimits.pipeBytes);
  const read = { buffer, callback: (bytes: number) => onRead(buffer.subarray(0, bytes)) };
  const onRead = (data: Buffer) => {
    onData(data);
    return true;
  };
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true });
    let reader: Socket | undefined;
    const timer = setTimeout(() => finish(new Error('it took too long')), mediaLimits.pipeOpenMs);
    const finish = (outcome: Socket | Error) => {
      clearTimeout(timer);
      server.close();
      void rm(path, { force: true });
      if (reader && !(outcome instanceof Error)) {
        resolve({ writer: outcome, reader });
        return;
      }
      reader?.destroy();
      reject(new AppError('pipe-failed', `no pipe to the recorder: ${String(outcome)}`, { cause: outcome }));
    };
    server.once('connection', finish);
    server.once('error', finish);
    const meet = () => {
      reader = connect({ path, onread: read });
      reader.once('error', finish);
    };
    void rm(path, { force: true }).then(() => server.listen(path, meet), finish);
  });
}

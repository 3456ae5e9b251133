import { Socket } from 'node:net';

/**
 * A socket that hands everything written in one turn of the event loop to the system at once: a system call for each
 * statement of a pipeline, and a wake-up of the server, cost more than the statement. Used before TLS it changes nothing.
 */
export class CoalescingSocket extends Socket {
  #corked = false;

  override write(chunk: Uint8Array | string, ...rest: unknown[]): boolean {
    if (!this.#corked) {
      this.#corked = true;
      this.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.uncork();
      });
    }
    return (super.write as (chunk: Uint8Array | string, ...rest: unknown[]) => boolean)(chunk, ...rest);
  }
}

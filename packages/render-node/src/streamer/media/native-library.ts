import { AppError } from '@cloudstage/protocol';
import koffi from 'koffi';

/**
 * Stack of a call on another thread, bytes. The default of 128 KB overflows in libaom, which keeps arrays of 64 KB on it; programs give it the
 * megabytes of a thread. Only what is used of it takes memory.
 */
export const asyncStackBytes = 4_194_304;

// Refused once a library is loaded, so everybody gets koffi from here.
if (koffi.config().async_stack_size !== asyncStackBytes) koffi.config({ async_stack_size: asyncStackBytes });

export { koffi };

/**
 * Loads an encoder's library when it is wanted first, and keeps what `bind` makes of it.
 * @param file as the linker knows it, with its version
 * @returns the bindings. @throws AppError `encoder-failed` without the library; tried again with the next call
 */
export function createEncoderLoader<T>(file: string, bind: (library: ReturnType<typeof koffi.load>) => T): () => T {
  let binding: T | undefined;
  return () => {
    try {
      binding ??= bind(koffi.load(file));
      return binding;
    } catch (cause) {
      throw new AppError('encoder-failed', `${file} cannot be loaded`, { cause });
    }
  };
}

/** Calls a function that gives a number on another thread. The arguments' memory must outlive the call. Rejects when it cannot be called. */
export function callOnThread(
  called: ReturnType<ReturnType<typeof koffi.load>['func']>,
  ...args: readonly unknown[]
): Promise<number> {
  return new Promise((resolve, reject) => {
    called.async(...args, (error: unknown, result: number) => (error ? reject(error) : resolve(result)));
  });
}

import koffi from 'koffi';

/**
 * Stack of a call on another thread, bytes. The default of 128 KB overflows in libaom, which keeps arrays of 64 KB on it; programs give it the
 * megabytes of a thread. Only what is used of it takes memory.
 */
export const asyncStackBytes = 4_194_304;

// Refused once a library is loaded, so everybody gets koffi from here.
if (koffi.config().async_stack_size !== asyncStackBytes) koffi.config({ async_stack_size: asyncStackBytes });

export { koffi };

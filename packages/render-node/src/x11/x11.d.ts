declare module 'x11' {
  import type { Socket } from 'node:net';
  import type { X11Screen } from './core-types.js';
  import type { X11Client } from './extension-types.js';

  interface CreateClientOptions {
    readonly display: string;
    readonly stream: Socket;
    readonly auth: { readonly name: string; readonly data: string };
  }
  interface Greeting {
    readonly client: X11Client;
    readonly screen: readonly X11Screen[];
    readonly min_keycode: number;
    readonly max_keycode: number;
  }
  const x11: {
    createClient(
      options: CreateClientOptions,
      callback: (error: Error | null | undefined, display: Greeting) => void,
    ): X11Client;
  };
  export default x11;
}

declare module 'x11/lib/fdpass.js' {
  import type { Socket } from 'node:net';

  /** `connect` returns a socket that can carry file descriptors, or null where this Node cannot. */
  const fdpass: { connect(path: string, options: Record<string, never>): Socket | null };
  export default fdpass;
}

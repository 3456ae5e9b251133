declare module 's3rver' {
  import type { Server } from 'node:http';

  /** The little that we use of the test server; it is a Koa application. */
  export default class S3rver {
    constructor(options: {
      readonly address: string;
      readonly port: number;
      readonly silent: boolean;
      readonly directory: string;
      readonly configureBuckets: readonly { readonly name: string; readonly configs: readonly string[] }[];
    });
    readonly httpServer: Server;
    readonly middleware: unknown[];
    run(): Promise<unknown>;
    close(): Promise<void>;
  }
}

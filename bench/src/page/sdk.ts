import type { BenchPage } from './contract.js';
import { withDeadline } from './waiting.js';

/** What the benches use of the SDK. */
export interface Sdk {
  init(options: Readonly<Record<string, unknown>>): void;
  getClientSession(): string;
  start(serverSession: string): void;
  sendMouseEvent(event: { readonly type: string; readonly down: boolean }): void;
  destroy(): void;
}
declare global {
  interface Window {
    TCGSDK: Sdk;
    bench: BenchPage;
  }
}

/** Initialises the SDK. @returns the ClientSession. */
export function prepareSdk(options: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return withDeadline<string>('InitSuccess', 10_000, (resolve) => {
    window.TCGSDK.init({
      mount: 'mount',
      showLoading: false,
      reconnect: false,
      onInitSuccess: () => resolve(window.TCGSDK.getClientSession()),
      ...options,
    });
  });
}

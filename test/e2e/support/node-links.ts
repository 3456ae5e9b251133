import { callNode as callNodeIn, runDirOf } from '@cloudstage/bench';
import type { Product } from './product.js';

/** Calls one method of a process of the node over its socket, e.g. `mux.sock` or `slot-0/streamer.sock`. */
export function callNode<T>(product: Product, socketName: string, method: string): Promise<T> {
  return callNodeIn<T>(runDirOf(product.dataDir), socketName, method);
}

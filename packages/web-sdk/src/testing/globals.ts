import type { TcgSdk } from '../api.js';

/** The global that the bundle makes, as code of tests inside the page sees it. */
declare global {
  const TCGSDK: TcgSdk;
}

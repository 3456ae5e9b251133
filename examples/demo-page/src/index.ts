export type { PageState } from './page-state.js';

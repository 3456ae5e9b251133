import type { NodeEvent } from '@cloudstage/protocol';

/** What a test tells the control plane that runs as a process of its own. */
export type ToPlane =
  | { readonly type: 'event'; readonly id: number; readonly event: NodeEvent }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'unreachable'; readonly id: number };

/** What such a control plane tells the test. */
export type FromPlane =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'handled'; readonly id: number; readonly ok: boolean }
  | {
      readonly type: 'call';
      readonly id: number;
      readonly nodeId: string;
      readonly method: string;
      readonly params: unknown;
    };

import type { Role } from '@cloudstage/protocol';

/** Who a peer is. */
export interface PeerIdentity {
  readonly peerId: string;
  readonly userId: string;
  readonly role: Role;
  readonly seat: number;
  /** Lays a picture of any size out as the screen; without it, pictures keep their size. */
  readonly scalesPicture?: boolean;
  /** Its client can send a voice on a WebSocket as well. */
  readonly speaksOnSocket?: boolean;
}

import type { ClientSession, Role } from '@cloudstage/protocol';
import type { AddPeerResult } from '../../../links/streamer-link.js';
import { openDisplay, type X11Display } from '../../../x11/display.js';
import type { Stage } from './stage.js';

/** A program with one window, which covers the largest screen of a stage and belongs to no window manager. */
export interface StageProgram {
  readonly display: X11Display;
  readonly windowId: number;
  /** Fills all of it, or a rectangle (left, top, width, height), with a colour (0xRRGGBB). */
  fill(color: number, rectangle?: readonly [number, number, number, number]): void;
}

/** Starts it; the caller closes its display. */
export async function openStageProgram({ server }: Stage): Promise<StageProgram> {
  const display = await openDisplay(server);
  const { core } = display;
  const windowId = core.AllocID();
  core.CreateWindow(windowId, display.root, 0, 0, 1_280, 720, 0, 0, 0, 0, { overrideRedirect: 1 });
  core.MapWindow(windowId);
  await display.sync();
  return {
    display,
    windowId,
    fill: (color, rectangle = [0, 0, 1_280, 720]) => {
      const gc = core.AllocID();
      core.CreateGC(gc, windowId, { foreground: color });
      core.PolyFillRectangle(windowId, gc, [...rectangle]);
      core.FreeGC(gc);
    },
  };
}

/** Adds peers to a stage, each with an id of its own: `peer-1` and so on. `stage` is asked with each. */
export function createPeerAdder(stage: () => Stage) {
  let peers = 0;
  return (
    sdp: string,
    userId: string,
    role: Role = 'Player',
    wishes: Partial<ClientSession> = {},
  ): Promise<AddPeerResult> => {
    peers++;
    const clientSession = { sdp, type: 'offer', ...wishes };
    const params = { peerId: `peer-${peers}`, userId, role, seat: role === 'Player' ? 1 : 0, reconnectToken: 'token' };
    return stage().link.call('peer.add', { ...params, clientSession }, { deadlineMs: 10_000 });
  };
}

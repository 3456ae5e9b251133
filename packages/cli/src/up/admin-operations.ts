import { basename } from 'node:path';
import type { ControlPlaneAdmin } from '@cloudstage/control-plane';
import type { AdminOperations } from '../admin/contract.js';

/** Share of the highest bit rate below which the encoder does not go, so that a picture on a slow network stays readable. */
const minBitrateShare = 1 / 8;

/** The requests of the command line, over the control plane's side door. */
export function createAdminOperations(admin: ControlPlaneAdmin): AdminOperations {
  return {
    addApplication: async ({ name, archivePath, entryPath, args }) => {
      const { applicationId, created } = await admin.findOrCreateApplication({
        name,
        kind: 'Application3D',
        entryPath,
        args,
        archivePath,
        archiveName: basename(archivePath),
      });
      return { ApplicationId: applicationId, Created: created };
    },
    addProject: async ({ name, applicationId, width, height, fps, maxBitrateMbps }) => {
      const maxBitrateBps = Math.round(maxBitrateMbps * 1_000_000);
      const minBitrateBps = Math.max(100_000, Math.round(maxBitrateBps * minBitrateShare));
      const { projectId, created } = await admin.findOrCreateProject({
        name,
        applicationId,
        width,
        height,
        fps,
        minBitrateBps,
        maxBitrateBps,
      });
      return { ProjectId: projectId, ApplicationId: applicationId, Created: created };
    },
    listSessions: async () => {
      const sessions = await admin.listSessions();
      return sessions.map((session) => ({
        SessionId: session.sessionId,
        UserId: session.userId,
        ProjectId: session.projectId,
        ApplicationId: session.applicationId,
        State: session.state,
        NodeId: session.nodeId,
        SlotIndex: session.slotIndex,
        CreatedAt: new Date(session.createdAt).toISOString(),
      }));
    },
  };
}

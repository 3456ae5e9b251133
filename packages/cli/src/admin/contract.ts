import { type Static, Type } from 'typebox';

/**
 * Requests of the command line to a running instance. They travel as JSON over HTTP on the Unix socket
 * `<dataDir>/admin.sock`, which only its owner can open; there is no other authentication.
 */

const name = Type.String({ minLength: 1, maxLength: 256 });

/** `POST /applications`: unpacks and registers a program; the same archive under the same name is found again. */
export const AddApplicationSchema = Type.Object(
  {
    name,
    /** Absolute path of a `.zip` or `.tar.gz` on this machine. */
    archivePath: Type.String({ minLength: 1, maxLength: 4096 }),
    /** Program inside the archive. */
    entryPath: Type.String({ minLength: 1, maxLength: 4096 }),
    /** Arguments that every run gets. */
    args: Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 256 }),
  },
  { additionalProperties: false },
);
export type AddApplicationRequest = Static<typeof AddApplicationSchema>;

/** `POST /projects`: run settings for an application. */
export const AddProjectSchema = Type.Object(
  {
    name,
    applicationId: Type.String({ minLength: 1, maxLength: 128 }),
    width: Type.Integer({ minimum: 64, maximum: 8192 }),
    height: Type.Integer({ minimum: 64, maximum: 8192 }),
    fps: Type.Integer({ minimum: 1, maximum: 240 }),
    maxBitrateMbps: Type.Number({ exclusiveMinimum: 0, maximum: 1000 }),
  },
  { additionalProperties: false },
);
export type AddProjectRequest = Static<typeof AddProjectSchema>;

/** Answer of `POST /applications`. `Created` is false when there was one of this name. */
export interface ApplicationAnswer {
  readonly ApplicationId: string;
  readonly Created: boolean;
}

/** Answer of `POST /projects`. `Created` is false when there was one of this name; it keeps its settings. */
export interface ProjectAnswer {
  readonly ProjectId: string;
  readonly ApplicationId: string;
  readonly Created: boolean;
}

/** One entry of `GET /sessions`. */
export interface SessionAnswer {
  readonly SessionId: string;
  readonly UserId: string;
  readonly ProjectId: string;
  readonly ApplicationId: string;
  readonly State: string;
  readonly NodeId: string;
  readonly SlotIndex: number;
  /** ISO 8601. */
  readonly CreatedAt: string;
}

/** What the socket's server asks of the instance. Failures are thrown as AppError and reach the caller with code and text. */
export interface AdminOperations {
  addApplication(request: AddApplicationRequest): Promise<ApplicationAnswer>;
  addProject(request: AddProjectRequest): Promise<ProjectAnswer>;
  listSessions(): Promise<readonly SessionAnswer[]>;
}

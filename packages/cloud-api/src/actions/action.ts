import type { Static, TObject } from 'typebox';
import type { ErrorCode } from '../errors/error-table.js';

/** API version every action of this product has. */
export const apiVersion = '2022-01-10';

/** Name that TC3 credential scopes of our own client carry. */
export const serviceName = 'car';

/** Chapters of the API. */
export type ActionGroup = 'session' | 'stream' | 'application' | 'project' | 'concurrency';

/** Sites of the vendor; each publishes SDKs of its own. */
export type VendorSite = 'china' | 'international';

/** Sites of an action that both have. */
export const bothSites: readonly VendorSite[] = ['china', 'international'];

/** Site of the management actions, which only the international SDKs have. */
export const internationalSite: readonly VendorSite[] = ['international'];

/** What a customer who moves over from the vendor must know about one action. */
export interface Compatibility {
  /** Sites whose published SDKs have the action. */
  readonly sites: readonly VendorSite[];
  /** How far the published parameters and fields are honoured. */
  readonly honoured: string;
  /**
   * Fields and values that no published schema has, with what they are for: `response.UploadUrl`,
   * `request.ApplicationType=ApplicationWeb`. The tests compare the fields with the official models.
   */
  readonly added?: Readonly<Record<string, string>>;
  /** What this product decides where the public schema is silent, a sentence each. */
  readonly decided?: readonly string[];
}

/** Everything the edge, the client and the documentation need to know about one action. */
export interface ActionDefinition<Request extends TObject = TObject, Response extends TObject = TObject> {
  /** What it does, one line of the reference. */
  readonly summary: string;
  /** Chapter of the reference. */
  readonly group: ActionGroup;
  /** `query` changes nothing; `mutate` and `session` are written to the audit log. */
  readonly kind: 'session' | 'mutate' | 'query';
  /** Closed object: a field that is not listed is `UnknownParameter`. */
  readonly request: Request;
  /** Without `RequestId`, which every reply has. Open: a newer server may add fields. */
  readonly response: Response;
  /** Requests a second for each account. */
  readonly rateLimitPerSecond: number;
  /** Time within which a server must have answered, milliseconds, as documented; null where none is documented. */
  readonly serverTimeoutMs: number | null;
  /** Codes documented for the action; platform codes come on top. */
  readonly errorCodes: readonly ErrorCode[];
  /** Row of the compatibility table. */
  readonly compatibility: Compatibility;
}

/** Declares an action; exists so that the schemas keep their exact types. */
export function defineAction<Request extends TObject, Response extends TObject>(
  definition: ActionDefinition<Request, Response>,
): ActionDefinition<Request, Response> {
  return definition;
}

/** Request type of a definition. */
export type RequestType<D> = D extends ActionDefinition<infer Request, TObject> ? Static<Request> : never;

/** Response type of a definition, without `RequestId`. */
export type ResponseType<D> = D extends ActionDefinition<TObject, infer Response> ? Static<Response> : never;

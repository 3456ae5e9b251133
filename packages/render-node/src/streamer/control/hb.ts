import {
  clientLatencyLegs,
  type HeartbeatReply,
  type HeartbeatRequest,
  readLatencyCounts,
  type StreamPushState,
} from '@cloudstage/protocol';
import { controlLimits } from './limits.js';
import { looseNumber, parseJson } from './loose-values.js';
import { heartbeatMessage } from './schemas.js';

const textFields = ['fps', 'delay', 'cpu', 'gpu', 'bit_rate', 'packet_lost', 'nack', 'packet_received'] as const;
const numberFields = [
  'rtt',
  'raw_rtt',
  'edge_rtt',
  'load_cost_time',
  'input_delay',
  'timestamp',
  'first_frame_cost_time',
  'api_cost_time',
] as const;

/** Reads a heartbeat; fields of a wrong type are left out. Undefined when it is no heartbeat. */
export function decodeHeartbeat(data: string | Uint8Array): HeartbeatRequest | undefined {
  const value = parseJson(data, controlLimits.heartbeatBytes);
  if (!heartbeatMessage.Check(value)) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const request: Record<string, string | number> = {};
  for (const name of textFields) {
    const field = fields.get(name);
    if (typeof field === 'string') request[name] = field.slice(0, controlLimits.fieldChars);
    else if (typeof field === 'number') request[name] = String(field);
  }
  for (const name of numberFields) {
    const field = looseNumber(fields.get(name));
    if (field !== undefined) request[name] = field;
  }
  const latency = fields.get('latency');
  if (typeof latency !== 'object' || latency === null) return request;
  return { ...request, latency: readLatencyCounts(latency, clientLatencyLegs) };
}

/**
 * The reply to a heartbeat. No `code` (even null disconnects the client), no `user_id` (it turns the reply into statistics),
 * and always a push state (a missing one counts as a change).
 */
export function heartbeatReply(
  request: HeartbeatRequest,
  token: string,
  pushState: StreamPushState,
  serverTimeMs: number,
): HeartbeatReply {
  return {
    ...(request.timestamp === undefined ? {} : { timestamp: request.timestamp }),
    token,
    stream_push_state: pushState,
    server_time_ms: serverTimeMs,
  };
}

/** Tells the client to disconnect for good; `code` as in `disconnectCodes`. */
export function kickMessage(code: number, message: string, pushState: StreamPushState): HeartbeatReply {
  return { stream_push_state: pushState, code, message };
}

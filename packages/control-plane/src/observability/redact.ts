/** What must not be written down, told by the names of fields and by the form of texts. PURE. */

/** Names, without case and separators, that hold a secret wherever they stand. */
const secretNames =
  /^(secretkey|tmpsecretkey|secretaccesskey|secretcipher|masterkey|masterkeyprevious|(\w*)token|(\w*)tokenhash|password|passphrase|authorization|cookie|signature|clientsession|serversession|sdp|applicationparameters|publishstreamargs|signingkey|applicationparams)$/;

/** True for names of fields whose values are secrets, or SDPs with users' addresses, or arguments that may hold either. */
export function isSecretName(name: string): boolean {
  return secretNames.test(name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase());
}

/** Arguments of programs, which may hold a log-in: told by their type too, because the names are used for other things. */
function isProgramArguments(name: string, value: unknown): boolean {
  if (/^(project|application)?parameters$/i.test(name)) return typeof value === 'string';
  return /^(application)?args$/i.test(name) && Array.isArray(value) && value.length > 0;
}

const isUserIpName = (name: string): boolean => /^user_?ip$/i.test(name);

const url = /\b([a-z][a-z0-9+.-]{1,15}):\/\/([^\s"'\\<>/?#]*)([^\s"'\\<>?#]*)([?#][^\s"'\\<>]*)?/gi;

/**
 * Takes out of the URLs in a text what may be secret: user and password, query and fragment; of live pushes also the path,
 * which holds the stream's key.
 */
export function stripUrls(text: string): string {
  if (!text.includes('://')) return text;
  return text.replaceAll(url, (_all, scheme: string, authority: string, path: string, rest: string | undefined) => {
    const host = authority.slice(authority.lastIndexOf('@') + 1);
    const keptPath = /^(rtmps?|rtmpt|srt|rtsps?|webrtc)$/i.test(scheme) && path.length > 1 ? '/[redacted]' : path;
    return `${scheme}://${host}${keptPath}${rest === undefined ? '' : '?[redacted]'}`;
  });
}

/** Bounds and choices of {@link redact}. */
export interface RedactOptions {
  /** False: the addresses of users are blanked out too. */
  readonly userIp: boolean;
  /** Longer texts are cut. */
  readonly maxTextChars: number;
  /** Longer lists are cut. */
  readonly maxListItems: number;
}

const redacted = '[redacted]';
const maxDepth = 8;

function redactPart(value: unknown, options: RedactOptions, depth: number): unknown {
  if (typeof value === 'string') {
    const text = stripUrls(value);
    return text.length > options.maxTextChars ? `${text.slice(0, options.maxTextChars)}…` : text;
  }
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth >= maxDepth) return '[nested]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) {
    return value.slice(0, options.maxListItems).map((item) => redactPart(item, options, depth + 1));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects with a class of their own say themselves how they are written.
  if (prototype !== null && prototype !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      const isSecret = isSecretName(name) || isProgramArguments(name, part) || (!options.userIp && isUserIpName(name));
      const isPresent = part !== null && part !== undefined && part !== '';
      return [name, isSecret && isPresent ? redacted : redactPart(part, options, depth + 1)];
    }),
  );
}

/** A copy of plain fields without secrets. Errors and objects of classes are kept as they are. */
export function redact(
  fields: Readonly<Record<string, unknown>>,
  options: RedactOptions,
): Readonly<Record<string, unknown>> {
  return redactPart(fields, options, 0) as Readonly<Record<string, unknown>>;
}

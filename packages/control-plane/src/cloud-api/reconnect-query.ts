/** Parameters of `POST /reconnect`. `host` and `port` name what the client connected to and are not needed here. */
export interface ReconnectQuery {
  readonly token: string;
  readonly userId: string;
}

/** Decodes the escapes that are some; a user id such as `50%` is sent as it is. */
function decodeLeniently(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

function readValue(rawQuery: string, name: string): string {
  const match = new RegExp(`(?:^|&)${name}=(.*?)(?=&(?:host|port|token|uid)=|$)`, 's').exec(rawQuery);
  return decodeLeniently(match?.[1] ?? '');
}

/**
 * Reads the query of `/reconnect`. The official SDK does not URL-encode its values, so a `+` is a plus and a user id may
 * contain `&`: a value ends only where another known name begins.
 */
export function parseReconnectQuery(rawQuery: string): ReconnectQuery {
  return { token: readValue(rawQuery, 'token'), userId: readValue(rawQuery, 'uid') };
}

import type { CursorImageMessage } from '@cloudstage/protocol';
import { asNumber, asText, type Fields } from './inbound.js';

/** Longest base64 text of a cursor image: 128×128 RGBA, barely compressed. */
const maxImageChars = 131_072;

/** Reads a cursor image; null unless it is base64 with a sane hotspot, since it ends up in a CSS value. PURE. */
export function readCursorImage(fields: Fields): CursorImageMessage | null {
  const data = asText(fields.data);
  const hotspotx = asNumber(fields.hotspotx) ?? 0;
  const hotspoty = asNumber(fields.hotspoty) ?? 0;
  if (data === null || data.length === 0 || data.length > maxImageChars) return null;
  if (!/^[A-Za-z0-9+/]+=*$/.test(data)) return null;
  const inside = (value: number) => value >= 0 && value < 128;
  return inside(hotspotx) && inside(hotspoty) ? { data, hotspotx, hotspoty } : null;
}

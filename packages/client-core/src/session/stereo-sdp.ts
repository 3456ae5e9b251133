const opusMap = /^a=rtpmap:(\d+) opus\/48000/im;

/**
 * Asks for stereo in a local description. Chromium and Safari decode Opus to one channel unless their own description
 * says `stereo=1`; a description that says anything about `stereo` already (Firefox) stays as it is. PURE.
 * @see RFC 7587 §6.1
 */
export function withStereo(sdp: string): string {
  const payloadType = opusMap.exec(sdp)?.[1];
  if (payloadType === undefined) return sdp;
  const parameters = new RegExp(`^(a=fmtp:${payloadType} )([^\\r\\n]*)`, 'm');
  const found = parameters.exec(sdp);
  if (!found) return sdp.replace(opusMap, `a=fmtp:${payloadType} stereo=1\r\n$&`);
  if (/(?:^|;)\s*stereo=/.test(found[2] ?? '')) return sdp;
  return sdp.replace(parameters, '$1$2;stereo=1');
}

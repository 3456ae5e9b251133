import { AppError } from '@cloudstage/protocol';

/** PURE: leads a session's media through another port than the one that its description names. */

const isCandidate = (line: string) => line.startsWith('a=candidate:');

/** Replaces all candidates of a description by UDP to `port` on this machine, or by none. */
export function withOnlyCandidate(sdp: string, port: number | null): string {
  const lines = sdp.split(/\r?\n/).filter((line) => !isCandidate(line) && line !== 'a=end-of-candidates');
  if (port === null) return lines.join('\r\n');
  const anchor = lines.findIndex((line) => line.startsWith('a=ice-ufrag:'));
  if (anchor < 0) throw new AppError('answer-invalid', 'the description has no ICE credentials');
  return lines.toSpliced(anchor, 0, `a=candidate:1 1 udp 2130706431 127.0.0.1 ${port} typ host`).join('\r\n');
}

/** The same for a ServerSession of the product: base64 of JSON with the answer as `sdp`. */
export function withRelay(serverSession: string, port: number): string {
  const session = JSON.parse(Buffer.from(serverSession, 'base64').toString('utf8')) as { readonly sdp: string };
  return Buffer.from(JSON.stringify({ ...session, sdp: withOnlyCandidate(session.sdp, port) })).toString('base64');
}

/** Address of the first UDP candidate on IPv4. @throws AppError `answer-invalid`. */
export function udpCandidateOf(sdp: string): { readonly address: string; readonly port: number } {
  const found = /^a=candidate:\S+ \d+ udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host/im.exec(sdp);
  if (!found) throw new AppError('answer-invalid', 'the description has no UDP candidate on IPv4');
  return { address: found[1] ?? '', port: Number(found[2]) };
}

import type { CloudApiClient } from '@cloudstage/cloud-api';
import nodeDataChannel from 'node-datachannel';
import type { Product } from './product.js';
import { until } from './product.js';

/**
 * A client that no browser is: joins as a user of its own and sends one text of 1 MB on every channel, four times what the server announces
 * to take. Resolves when the server has cut it off or taken it; ends its session.
 */
export async function sendHugeMessage(product: Product, api: CloudApiClient): Promise<void> {
  const user = { UserId: 'hostile', UserIp: '127.0.0.1' };
  const connection = new nodeDataChannel.PeerConnection('hostile', { iceServers: [], maxMessageSize: 4_000_000 });
  const video = new nodeDataChannel.Video('video', 'RecvOnly');
  video.addH264Codec(102, 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1');
  const track = connection.addTrack(video);
  const channels = ['km', 'hb', 'ack', 'svr'].map((label) => connection.createDataChannel(label));
  let closed = 0;
  for (const channel of channels) channel.onClosed(() => (closed += 1));
  try {
    const sdp = await until('an offer', async () => connection.localDescription()?.sdp);
    await api.applyConcurrent({ ...user, ProjectId: product.demo.ProjectId });
    const offer = Buffer.from(JSON.stringify({ sdp, type: 'offer' })).toString('base64');
    const { ServerSession } = await api.createSession({ ...user, ClientSession: offer });
    const answer = JSON.parse(Buffer.from(ServerSession, 'base64').toString('utf8')) as { sdp: string };
    connection.setRemoteDescription(
      answer.sdp.replace(/a=max-message-size:\d+/, 'a=max-message-size:4000000'),
      'answer',
    );
    await until('the channels to open', async () => channels.every((channel) => channel.isOpen()));
    for (const channel of channels) channel.sendMessage('x'.repeat(1_000_000));
    await until(
      'the messages to leave or the channels to close',
      async () => closed > 0 || channels.every((channel) => channel.bufferedAmount() === 0),
    );
  } finally {
    track.close();
    for (const channel of channels) channel.close();
    connection.close();
    await api.destroySession({ UserId: user.UserId });
  }
}

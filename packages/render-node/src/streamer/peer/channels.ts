import { limits } from '@cloudstage/protocol';
import type { DataChannel } from 'node-datachannel';
import type { Logger } from 'pino';
import { streamerLimits } from '../limits.js';
import { createTokenBucket } from './token-bucket.js';

/** Who hears what happens on the channels of one peer. */
export interface ChannelListener {
  /** May be called more than once for one channel. */
  onOpen(label: string): void;
  onMessage(label: string, data: string | Uint8Array): void;
  onClosed(label: string): void;
}

/**
 * Data channels of one peer, by label. Keeps every native channel referenced until it is closed: the library aborts the
 * process when it calls into a collected one.
 */
export class PeerChannels {
  readonly #channels: { readonly label: string; readonly channel: DataChannel }[] = [];
  readonly #listener: ChannelListener;
  readonly #logger: Logger;
  readonly #messages = createTokenBucket(streamerLimits.messagesPerSecond);
  readonly #bytes = createTokenBucket(streamerLimits.messageBytesPerSecond);
  #dropped = 0;

  constructor(listener: ChannelListener, logger: Logger) {
    this.#listener = listener;
    this.#logger = logger;
  }

  /** Takes over a channel that the client opened. Channels beyond the bounds are closed. */
  add(channel: DataChannel): void {
    const label = channel.getLabel();
    const entry = { label, channel };
    this.#channels.push(entry);
    channel.onClosed(() => this.#onClosed(entry));
    channel.onError((error) => this.#logger.debug({ label, error }, 'data channel error'));
    const refused = label.length > streamerLimits.channelLabelChars;
    if (refused || this.#channels.length > streamerLimits.channelsPerPeer) {
      this.#logger.warn({ channels: this.#channels.length }, 'a data channel beyond the bounds was closed');
      channel.close();
      return;
    }
    channel.onMessage((data) => this.#onMessage(label, data));
    channel.onOpen(() => this.#guard(() => this.#listener.onOpen(label)));
    // A channel can be handed over open already, and then never reports it.
    if (channel.isOpen()) this.#guard(() => this.#listener.onOpen(label));
  }

  #onClosed(entry: { readonly label: string; readonly channel: DataChannel }): void {
    const index = this.#channels.indexOf(entry);
    if (index < 0) return;
    this.#channels.splice(index, 1);
    if (!this.#find(entry.label)) this.#guard(() => this.#listener.onClosed(entry.label));
  }

  #onMessage(label: string, data: string | Buffer | ArrayBuffer): void {
    const bytes = typeof data === 'string' ? data.length : data.byteLength;
    const nowMs = performance.now();
    const withinRate = this.#messages.take(1, nowMs) && this.#bytes.take(bytes, nowMs);
    if (bytes > limits.channelMessageBytes || !withinRate) {
      this.#dropped++;
      if (this.#dropped === 1) this.#logger.warn({ label, bytes }, 'a message beyond the bounds was dropped');
      return;
    }
    const content = typeof data === 'string' ? data : new Uint8Array(data);
    this.#guard(() => this.#listener.onMessage(label, content));
  }

  /** An exception that reaches the native callback would end the process. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#logger.error({ err: error }, 'a channel handler failed');
    }
  }

  /** The newest open channel with a label. */
  #find(label: string): DataChannel | undefined {
    return this.#channels.findLast((entry) => entry.label === label && entry.channel.isOpen())?.channel;
  }

  isOpen(label: string): boolean {
    return this.#find(label) !== undefined;
  }

  /** Sends text; false when no channel is open or too much waits already (the message is dropped). */
  send(label: string, text: string): boolean {
    const channel = this.#find(label);
    if (!channel) return false;
    try {
      return channel.bufferedAmount() <= streamerLimits.channelBufferedBytes && channel.sendMessage(text);
    } catch (error) {
      this.#logger.debug({ err: error, label }, 'a message could not be sent');
      return false;
    }
  }

  /** Bytes that wait to be sent, over all channels. */
  bufferedBytes(): number {
    return this.#channels.reduce((sum, { channel }) => sum + (channel.isOpen() ? channel.bufferedAmount() : 0), 0);
  }
}

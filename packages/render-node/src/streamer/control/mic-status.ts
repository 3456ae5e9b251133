import type { ControlPeer, MicrophoneState } from './contract.js';
import { controlLimits } from './limits.js';
import { micStatus } from './svr.js';

/** What one client is told about the program's use of the microphone. */
export interface MicStatusChannel {
  /** The `svr` channel opened, again or for the first time. */
  onOpen(): void;
  /** The client says that it has opened or closed its microphone. */
  onSwitched(status: 'open' | 'close'): void;
  close(): void;
}

/** What all clients have in common. */
export interface MicStatus {
  attach(peer: ControlPeer): MicStatusChannel;
  /** Tells nobody any more. Idempotent. */
  close(): void;
}

/** Users whose microphone is open by our word, as far as is known: they hear of its end when they come back from a loss. */
function createOpenedUsers() {
  const users = new Set<string>();
  return {
    has: (userId: string) => users.has(userId),
    remove: (userId: string) => void users.delete(userId),
    add(userId: string) {
      users.delete(userId);
      users.add(userId);
      const [oldest] = users;
      if (users.size > controlLimits.micUsers && oldest !== undefined) users.delete(oldest);
    },
  };
}

type OpenedUsers = ReturnType<typeof createOpenedUsers>;

function createChannel(peer: ControlPeer, microphone: MicrophoneState, opened: OpenedUsers) {
  let told: boolean | undefined;
  let timer: NodeJS.Timeout | undefined;
  const later = (act: () => void) => {
    clearTimeout(timer);
    timer = setTimeout(act, controlLimits.micRepeatMs);
    timer.unref();
  };
  const update = () => {
    const { inUse } = microphone;
    const isNews = told === undefined ? inUse || opened.has(peer.userId) : told !== inUse;
    if (!isNews || !peer.isOpen('svr')) return;
    const text = micStatus(inUse);
    // Too much waits on the channel.
    if (!peer.send('svr', text)) return later(update);
    told = inUse;
    if (inUse) opened.add(peer.userId);
    later(() => peer.send('svr', text));
  };
  return {
    update,
    onSwitched(status: 'open' | 'close') {
      if (status === 'close') opened.remove(peer.userId);
      // It has arrived.
      if (told === (status === 'open')) clearTimeout(timer);
    },
    close: () => clearTimeout(timer),
  };
}

const silent: MicStatusChannel = { onOpen: () => undefined, onSwitched: () => undefined, close: () => undefined };

/**
 * Tells players when the program begins and ends to record, and those who join what holds then: that it records, or that it no longer does
 * if they opened their microphone for it. The channel is lossy: each is sent once more after {@link controlLimits.micRepeatMs}, unless the client
 * has answered by then. Who cannot be heard is told nothing.
 */
export function createMicStatus(microphone: MicrophoneState): MicStatus {
  const opened = createOpenedUsers();
  const channels = new Set<ReturnType<typeof createChannel>>();
  const stop = microphone.onChange(() => {
    for (const channel of channels) channel.update();
  });
  return {
    attach(peer) {
      if (!peer.canSpeak) return silent;
      const channel = createChannel(peer, microphone, opened);
      channels.add(channel);
      return {
        onOpen: channel.update,
        onSwitched: channel.onSwitched,
        close() {
          channels.delete(channel);
          channel.close();
        },
      };
    },
    close: stop,
  };
}

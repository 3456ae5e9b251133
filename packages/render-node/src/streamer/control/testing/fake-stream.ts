import type { HeartbeatRequest, StreamProfile } from '@cloudstage/protocol';
import type { X11Display } from '../../../x11/display.js';
import type { ControlPeer, MicrophoneState, PausableMedia, StreamControl } from '../contract.js';

/** Stream of a test: resizes the real display and records what it was asked. */
export interface RecordingStream extends StreamControl {
  readonly calls: string[];
  readonly heartbeats: HeartbeatRequest[];
  readonly profiles: StreamProfile[];
}

/** Creates the stream over a real display. */
export function createRecordingStream(display: X11Display): RecordingStream {
  const calls: string[] = [];
  const heartbeats: HeartbeatRequest[] = [];
  const profiles: StreamProfile[] = [];
  return {
    calls,
    heartbeats,
    profiles,
    requestKeyFrame: () => void calls.push('key-frame'),
    setStreamProfile: (_peerId, profile) => void profiles.push(profile),
    setDesktopResolution: (width, height) =>
      display.setScreenSize(width, height).then(
        () => true,
        () => false,
      ),
    setPaused: (peerId: string, media: PausableMedia, paused: boolean) =>
      void calls.push(`${paused ? 'pause' : 'resume'} ${media} ${peerId}`),
    requestProgramRestart: (peerId) => void calls.push(`restart ${peerId}`),
    screen: () => ({ ...display.screenSize(), left: 0, top: 0 }),
    onScreenChange: (listener) => display.onScreenChange(listener),
    cpuUsagePercent: () => 12.4,
    pushState: () => 'NoStreamPushing',
    heartbeat: (_peerId, request) => {
      heartbeats.push(request);
      return request.latency === undefined ? {} : { wish: { id: 1, type: 'restart_playback' } };
    },
    drawCursor: (enabled) => void calls.push(`draw ${enabled}`),
  };
}

/** Microphone of a test: a program's use of it is what the test says. */
export interface SetMicrophone extends MicrophoneState {
  set(inUse: boolean): void;
}

/** Creates a microphone that no program uses. */
export function createSetMicrophone(): SetMicrophone {
  let inUse = false;
  const listeners = new Set<() => void>();
  return {
    get inUse() {
      return inUse;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(value) {
      inUse = value;
      for (const listener of listeners) listener();
    },
  };
}

/** Peer of a test: keeps what was sent to it, parsed, by channel. */
export interface RecordingPeer extends ControlPeer {
  readonly sent: { readonly label: string; readonly message: Record<string, unknown> }[];
  messages(label: string): Record<string, unknown>[];
}

/** Creates a peer whose channels are all open. */
export function createRecordingPeer(options: Partial<ControlPeer> = {}): RecordingPeer {
  const sent: RecordingPeer['sent'] = [];
  return {
    peerId: 'peer-1',
    userId: 'user-1',
    role: 'Player',
    seat: 1,
    reconnectToken: 'token-1',
    canSpeak: options.role !== 'Viewer',
    send(label, text) {
      sent.push({ label, message: JSON.parse(text) as Record<string, unknown> });
      return true;
    },
    isOpen: () => true,
    ...options,
    sent,
    messages: (label) => sent.filter((entry) => entry.label === label).map((entry) => entry.message),
  };
}

import {
  networkTroubles,
  rotateScreenConfig,
  type ServerEvent,
  type SessionNotification,
} from '@cloudstage/client-core';
import { assertNever } from '@cloudstage/protocol';
import type { SdkCore } from './sdk-core.js';

/** Turns what the session tells into the view's state and the page's events. */
export function routeNotification(core: SdkCore, notification: SessionNotification): void {
  switch (notification.type) {
    case 'init-result': {
      const { code, message: msg, description } = notification;
      core.trigger('InitSuccess', { code, msg, ...(description === null ? {} : { description }) });
      return;
    }
    case 'server-session':
      core.beginConnecting();
      return;
    case 'established':
      core.establish();
      return;
    case 'peer-closed':
      core.releaseConnection();
      return;
    case 'connect-fail':
    case 'status':
    case 'disconnect':
      routeCode(core, notification);
      return;
    case 'noflow':
    case 'idle':
    case 'ice-state':
    case 'jitter':
    case 'network-trouble':
    case 'relayed-stats':
      routeNetwork(core, notification);
      return;
    case 'server-event':
      routeServerEvent(core, notification.event);
      return;
    case 'trace':
      core.log.trace(notification.channel, notification.direction, notification.message);
      return;
    default:
      routeMedia(core, notification);
  }
}

type CodeNotification = Extract<SessionNotification, { type: 'connect-fail' | 'status' | 'disconnect' }>;

function routeCode(core: SdkCore, { type, code, message: msg }: CodeNotification): void {
  const reconnecting =
    (type === 'disconnect' && code === -1 && core.reconnects) || (type === 'connect-fail' && code === -2);
  if (type !== 'status') {
    core.view?.setState(reconnecting ? 'loading' : type === 'disconnect' && code === 1 ? 'taken-over' : 'ended');
    if (!reconnecting && core.session.phase === 'disconnected') {
      core.view?.detach(core.keepsLastFrame);
      core.microphone.close();
    }
  }
  const name = type === 'connect-fail' ? 'ConnectFailed' : type === 'status' ? 'WebrtcStatusChange' : 'Disconnected';
  core.trigger(name, { code, msg });
}

type NetworkNotification = Extract<
  SessionNotification,
  { type: 'noflow' | 'idle' | 'ice-state' | 'jitter' | 'network-trouble' | 'relayed-stats' }
>;

function routeNetwork(core: SdkCore, notification: NetworkNotification): void {
  switch (notification.type) {
    case 'noflow': {
      const status = notification.during === 'connecting' ? 'noflow' : 'noflowcenter';
      core.trigger('NetworkChange', { status });
      core.event({ type: status });
      return;
    }
    case 'idle': {
      const { times } = notification;
      core.trigger('NetworkChange', { status: 'idle', times });
      core.event({ type: 'idle', data: { times } });
      return;
    }
    case 'ice-state':
      core.event({ type: 'ice_state', data: { value: notification.value } });
      return;
    case 'jitter': {
      const data = { value: Math.round(notification.rttMs), message: 'NETWORK_JITTER' };
      core.trigger('NetworkChange', { status: 'jitter', data });
      return;
    }
    case 'network-trouble': {
      const data = { value: notification.value, message: networkTroubles[notification.value] ?? '' };
      core.trigger('NetworkChange', { status: 'latency', data });
      core.event({ type: 'latency', data });
      return;
    }
    case 'relayed-stats':
      core.trigger('NetworkChange', { status: 'stats', stats: notification.stats });
      return;
    default:
      assertNever(notification, 'network notification');
  }
}

type MediaNotification = Extract<
  SessionNotification,
  { type: 'stats' | 'screen' | 'video-size' | 'restart-playback' | 'first-frame' | 'cursor-image' | 'push-state' }
>;

function routeMedia(core: SdkCore, notification: MediaNotification): void {
  switch (notification.type) {
    case 'stats': {
      const { webrtc, media } = notification;
      core.trigger('NetworkChange', { status: 'stats', stats: webrtc });
      core.event({ type: 'webrtc_stats', data: webrtc });
      core.event({ type: 'media_stats', data: media });
      core.view?.updateStats(webrtc, media);
      return;
    }
    case 'screen': {
      const { width, height, top, left } = notification.screen;
      core.trigger('RemoteScreenResolutionChange', { width, height, top, left });
      core.view?.reshape();
      return;
    }
    case 'video-size': {
      const { width, height } = notification;
      core.view?.reshape();
      core.trigger('VideoStreamConfigChange', { width, height });
      return;
    }
    case 'restart-playback':
      core.log.write('latency of the picture creeps up: it is attached anew');
      core.view?.reattach();
      return;
    case 'first-frame':
      core.view?.reshape();
      return;
    case 'cursor-image':
      core.cursor?.setImage(notification.image);
      return;
    case 'push-state':
      core.trigger('StreamPushStateChange', { stream_push_state: notification.state });
      return;
    default:
      assertNever(notification, 'media notification');
  }
}

function routeServerEvent(core: SdkCore, event: ServerEvent): void {
  switch (event.type) {
    case 'game-start-complete':
      core.trigger('GameStartComplete', event.data);
      return;
    case 'game-stopped':
      core.trigger('GameStop', event.data);
      return;
    case 'archive-load':
      core.trigger('LoadGameArchive', event.data);
      return;
    case 'archive-save':
      core.trigger('SaveGameArchive', event.data);
      return;
    case 'input-focus':
      core.trigger('InputStatusChange', event.data);
      return;
    case 'screen-config':
      core.screenConfig = rotateScreenConfig(event.data);
      if (core.session.phase === 'established') {
        core.trigger('ConfigurationChange', { screen_config: core.screenConfig });
      }
      return;
    case 'cursor-visible':
      core.cursor?.update({ visible: event.visible });
      return;
    case 'cursor-position':
      core.cursor?.moveToRemote(event.x, event.y);
      return;
    case 'game-launched': {
      const { begin, finish } = event;
      core.trigger('NetworkChange', { status: 'gamelaunched', data: { begin, finish } });
      return;
    }
    case 'open-url': {
      const data = { value: event.url };
      core.trigger('NetworkChange', { status: 'openurl', data });
      core.event({ type: 'openurl', data });
      return;
    }
    case 'microphone': {
      const { status } = event;
      const isNews = core.microphone.follow(status, core.options?.autoSwitchMic ?? true);
      if (isNews) core.event({ type: 'mic_status', data: { status } });
      return;
    }
    case 'input-seat':
    case 'offer':
      // Kept by the session.
      return;
    default:
      assertNever(event, 'server event');
  }
}

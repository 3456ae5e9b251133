import type { EventName } from './api-events.js';
import type { InitCallbacks } from './api-options.js';

/** The init option that is called for an event. */
export const callbackNames: Readonly<Record<EventName, keyof InitCallbacks>> = {
  InitSuccess: 'onInitSuccess',
  ConnectSuccess: 'onConnectSuccess',
  ConnectFailed: 'onConnectFail',
  Disconnected: 'onDisconnect',
  WebrtcStatusChange: 'onWebrtcStatusChange',
  NetworkChange: 'onNetworkChange',
  Event: 'onEvent',
  TouchEvent: 'onTouchEvent',
  DoubleTap: 'onDoubleTap',
  GameStartComplete: 'onGameStartComplete',
  GameStop: 'onGameStop',
  LoadGameArchive: 'onLoadGameArchive',
  SaveGameArchive: 'onSaveGameArchive',
  InputStatusChange: 'onInputStatusChange',
  GamepadConnectChange: 'onGamepadConnectChange',
  CursorShowStatChange: 'onCursorShowStatChange',
  ConfigurationChange: 'onConfigurationChange',
  RemoteScreenResolutionChange: 'onRemoteScreenResolutionChange',
  VideoStreamConfigChange: 'onVideoStreamConfigChange',
  StreamPushStateChange: 'onStreamPushStateChange',
  OrientationChange: 'onOrientationChange',
  VisibilityChange: 'onVisibilityChange',
  GetUserMediaStatusChange: 'onGetUserMediaStatusChange',
};

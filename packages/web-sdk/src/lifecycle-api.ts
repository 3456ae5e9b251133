import type { LifecycleApi } from './api.js';
import type { EventMap, EventName } from './api-events.js';
import type { SdkCore } from './sdk-core.js';
import { sdkVersion } from './version.js';

type EventMethods = Pick<LifecycleApi, 'on' | 'once' | 'off' | 'offAll' | 'clear' | 'trigger'>;

function createEventMethods(core: SdkCore): EventMethods {
  return {
    on: (type, handler) => core.emitter.on(type, handler),
    once: (type, handler) => core.emitter.on(type, handler, true),
    off: (type, handler) => core.emitter.off(type, handler),
    offAll: (type) => core.emitter.offAll(type),
    clear: () => core.emitter.clear(),
    trigger: <T extends EventName>(type: T, response: EventMap[T]) => core.emitter.trigger(type, response),
  };
}

/** Life-cycle methods of the SDK. */
export function createLifecycleApi(core: SdkCore): LifecycleApi {
  const { session } = core;

  /** Restarts, pauses or resumes; keys pressed before would stay pressed. */
  function gameOperation(op: 'restart' | 'pause' | 'resume', media?: 'audio' | 'video'): void {
    void session.request({ type: 'game_op', op, ...(media === undefined ? {} : { media }) });
    if (op !== 'restart') session.setPlaying(op === 'resume');
    void session.request({ type: 'keys_clean' });
  }

  return {
    ...createEventMethods(core),
    version: sdkVersion,
    init: (options) => core.init(options),
    getInitOptions: () => core.options,
    getClientSession: () => session.clientSession,
    start: (serverSession) => session.start(String(serverSession ?? '')),
    setAccessToken: (access) => core.setAccess(access),
    destroy({ message = '主动关闭', code = 0 } = {}) {
      core.microphone.close();
      session.destroy(code, message);
    },
    reconnect: () => session.reconnect(),
    getRequestId: () => session.serverSession.request_id ?? '',
    getServerSession: () => session.serverSession,
    getGameConfig: () => session.serverSession.game_config,
    getRemoteScreenConfig: () => core.screenConfig,
    isMobile: () => core.mobile,
    getLatencyStats: () => session.latency(),
    setDebugMode(setting) {
      core.log.configure(setting);
      if (setting.showStats !== undefined) core.view?.showStats(setting.showStats);
    },
    setLogHandler: (handler) => core.log.setHandler(handler),
    gameRestart: () => gameOperation('restart'),
    gamePause: (params) => gameOperation('pause', params?.media),
    gameResume: (params) => gameOperation('resume', params?.media),
  };
}

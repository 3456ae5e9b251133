import type { EndReason, FailureReason, PageState } from './page-state.js';

/** Languages of the page. */
export type Language = 'zh-CN' | 'en';

/** Texts of the document's elements, by their `data-text`. */
export type TextName = keyof typeof english.elements;

const english = {
  elements: {
    title: 'Cloudstage demo',
    userId: 'User ID',
    start: 'Start',
    stop: 'Stop',
    fullscreen: 'Full screen',
    language: '中文',
    fps: 'Frames/s',
    rtt: 'Round trip',
    bitrate: 'Bit rate',
    latency: 'Capture→present p50 / p95',
    resolution: 'Picture',
    loss: 'Packet loss',
    soundBlocked: 'Click the picture to hear the sound.',
  },
  idle: ['Ready', 'Press Start to play. Arrow keys steer, Enter selects. Esc gives the mouse back.'],
  preparing: ['Starting', 'Preparing the connection…'],
  reserving: ['Starting', 'Reserving a slot and starting the program…'],
  connecting: ['Starting', 'Connecting to the picture…'],
  queueing: ['In the queue', 'All slots are in use. Your position: {n}. You start as soon as it is your turn.'],
  reconnecting: ['Reconnecting', 'The connection was lost; the program keeps running. Attempt {n}…'],
  failed: {
    'no-sdk': 'The browser SDK did not load. Run "npm run build" and reload the page.',
    'no-webrtc': 'This browser cannot use WebRTC. Use a current Chrome, Edge, Firefox or Safari, and allow WebRTC.',
    'backend-unreachable': 'The demo backend does not answer. Check that Cloudstage is running, then press Start.',
    refused: 'The cloud API refused. See the code below and the server log, then press Start.',
    'signature-required': 'This backend takes only signed requests (demo.salt is set), which a page cannot make.',
    'queue-full': 'Too many users are waiting. Try again later.',
    'connect-failed': 'The browser could not connect. Check that the media port is reachable by UDP or TCP.',
    'no-picture': 'No picture arrived. Check that the media port is reachable by UDP or TCP, then press Start.',
    'connection-lost':
      'The connection was lost again and again. Perhaps the program ends at once: see the server log. Press Start to try again.',
  } satisfies Record<FailureReason, string>,
  failedTitle: 'That did not work',
  ended: {
    stopped: 'You stopped the program. Press Start for a new one.',
    'taken-over': 'The same user opened the program elsewhere. Press Start to take it back.',
    'program-ended': 'The program has ended. Press Start for a new one.',
  } satisfies Record<EndReason, string>,
  endedTitle: 'Ended',
};

const chinese: typeof english = {
  elements: {
    title: 'Cloudstage 演示',
    userId: '用户 ID',
    start: '开始',
    stop: '停止',
    fullscreen: '全屏',
    language: 'English',
    fps: '帧率',
    rtt: '往返时延',
    bitrate: '码率',
    latency: '采集→呈现 p50 / p95',
    resolution: '画面',
    loss: '丢包率',
    soundBlocked: '点击画面以播放声音。',
  },
  idle: ['准备就绪', '点击“开始”即可体验。方向键控制，回车键确认，按 Esc 释放鼠标。'],
  preparing: ['正在启动', '正在准备连接…'],
  reserving: ['正在启动', '正在申请并发并启动程序…'],
  connecting: ['正在启动', '正在连接画面…'],
  queueing: ['排队中', '并发已用完，您当前排在第 {n} 位，轮到您时将自动开始。'],
  reconnecting: ['正在重连', '连接已断开，程序仍在运行。第 {n} 次尝试…'],
  failed: {
    'no-sdk': '浏览器 SDK 未加载。请执行 “npm run build” 后刷新页面。',
    'no-webrtc': '当前浏览器无法使用 WebRTC。请使用新版 Chrome、Edge、Firefox 或 Safari，并允许 WebRTC。',
    'backend-unreachable': '演示后台没有响应。请确认 Cloudstage 正在运行，然后点击“开始”。',
    refused: '云 API 拒绝了请求。请查看下方错误码和服务端日志，然后点击“开始”。',
    'signature-required': '后台只接受已签名的请求（已设置 demo.salt），网页无法签名。',
    'queue-full': '排队人数过多，请稍后再试。',
    'connect-failed': '浏览器无法建立连接。请确认媒体端口的 UDP 或 TCP 可达。',
    'no-picture': '没有收到画面。请确认媒体端口的 UDP 或 TCP 可达，然后点击“开始”。',
    'connection-lost': '连接反复断开。程序可能一启动就退出，请查看服务端日志，然后点击“开始”重试。',
  },
  failedTitle: '未能成功',
  ended: {
    stopped: '程序已停止。点击“开始”可重新启动。',
    'taken-over': '同一用户在其他地方打开了程序。点击“开始”可重新接管。',
    'program-ended': '程序已结束。点击“开始”可重新启动。',
  },
  endedTitle: '已结束',
};

function textsOf(language: Language): typeof english {
  return language === 'en' ? english : chinese;
}

/** Language for a browser's preference list, or for an explicit choice. PURE. */
export function chooseLanguage(chosen: string | null, preferred: readonly string[]): Language {
  const wanted = chosen ?? preferred.find((tag) => /^(zh|en)\b/i.test(tag)) ?? 'en';
  return /^zh\b/i.test(wanted) ? 'zh-CN' : 'en';
}

/** Text of an element. PURE. */
export function elementText(language: Language, name: string): string {
  const elements: Readonly<Record<string, string>> = textsOf(language).elements;
  return elements[name] ?? name;
}

/** What the status card says. */
export interface StatusText {
  readonly title: string;
  readonly body: string;
  /** Technical detail such as a code, or `''`. */
  readonly detail: string;
}

/** Texts of the status card for a state. PURE. */
export function statusText(language: Language, state: PageState): StatusText {
  const texts = textsOf(language);
  switch (state.kind) {
    case 'idle':
      return card(texts.idle);
    case 'loading':
      return card(texts[state.step]);
    case 'queueing':
      return card(texts.queueing, state.position);
    case 'reconnecting':
      return card(texts.reconnecting, state.attempt);
    case 'failed':
      return { title: texts.failedTitle, body: texts.failed[state.reason], detail: state.detail };
    case 'ended':
      return { title: texts.endedTitle, body: texts.ended[state.reason], detail: '' };
    case 'playing':
      return { title: '', body: '', detail: '' };
  }
}

function card(pair: readonly string[], n = 0): StatusText {
  return { title: pair[0] ?? '', body: (pair[1] ?? '').replace('{n}', String(n)), detail: '' };
}

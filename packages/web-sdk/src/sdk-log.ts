import type { DebugSetting } from './api-options.js';
import { guard } from './emitter.js';

/** The setting that prints a channel's messages. */
const traceFlags: Readonly<Record<string, keyof DebugSetting>> = {
  'km out': 'showSendKmData',
  'ack out': 'showSendAckData',
  'hb out': 'showSendHbData',
  'hb in': 'showOnHbMessage',
  'km in': 'showOnKmMessage',
  'ack in': 'showOnAckMessage',
  'cd in': 'showOnCdMessage',
  'svr in': 'showOnSvMessage',
};

/** The SDK's log: to the page's handler always, to the console when it is switched on. Nothing leaves the page. */
export class SdkLog {
  #setting: DebugSetting = {};
  #handler: ((line: string) => void) | null = null;

  configure(setting: DebugSetting): void {
    this.#setting = { ...this.#setting, ...setting };
  }

  setHandler(handler: ((line: string) => void) | null): void {
    this.#handler = handler;
  }

  write(text: string): void {
    const line = `[TCGSDK] ${new Date().toISOString()} ${text}`;
    const handler = this.#handler;
    if (handler !== null) guard(() => handler(line));
    if (this.#setting.showLog === true) console.log(line);
  }

  /** Prints a message of a data channel when its flag is set. */
  trace(channel: string, direction: 'in' | 'out', message: object): void {
    const flag = traceFlags[`${channel} ${direction}`];
    if (flag !== undefined && this.#setting[flag] === true) console.log(`[TCGSDK] ${channel} ${direction}`, message);
  }
}

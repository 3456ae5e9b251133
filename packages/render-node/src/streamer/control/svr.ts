import type { ScreenConfig } from '@cloudstage/protocol';
import type { ScreenGeometry } from './contract.js';

/** Event text of the `svr` channel. */
const svrEvent = (type: string, data: Readonly<Record<string, unknown>>) => JSON.stringify({ type, data });

/** `game_start_complete`: the program runs; once per peer. */
export function gameStartComplete(peerId: string, userId: string): string {
  return svrEvent('game_start_complete', { request_id: peerId, app_id: 0, user_id: userId, game_id: '', status: 0 });
}

/** `mic_status`: whether the program records. */
export function micStatus(inUse: boolean): string {
  return svrEvent('mic_status', { status: inUse ? 'open' : 'close' });
}

/**
 * Orientation block of a desktop. Always landscape and 0°, whatever its shape: `landscape` alone makes the client turn the
 * picture by 270°.
 */
export function screenConfigOf(screen: ScreenGeometry): ScreenConfig {
  return { width: screen.width, height: screen.height, orientation: 'landscape', degree: '0_degree' };
}

/** `screen_config_change`: the desktop got another size. */
export function screenConfigChange(screen: ScreenGeometry): string {
  return svrEvent('screen_config_change', { ...screenConfigOf(screen) });
}

/** Channel on which `sendRawEvent` puts an object: input by its type goes to `km`, everything else is a request. PURE. */
export function rawEventChannel(type: unknown): 'km' | 'ack' {
  if (typeof type !== 'string') return 'ack';
  return type === 'keyboard' || type === 'lt' || type === 'rt' || /mouse|gamepad|axis/.test(type) ? 'km' : 'ack';
}

/** Messages that are worthless once a later one exists; they may be dropped when the channel is congested. PURE. */
export function isSupersededByNext(message: { readonly type?: unknown }): boolean {
  return message.type === 'mousemove' || message.type === 'mousemove_v2';
}

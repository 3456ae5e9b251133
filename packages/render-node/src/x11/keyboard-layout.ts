import { AppError } from '@cloudstage/protocol';
import type { X11Display } from './display.js';

/** One XKB layout with an optional variant, e.g. `de` or `fr(oss)`. The server compiles it: nothing else may get through. */
const layoutPattern = /^[a-z]{2,12}(\([a-z0-9_-]{1,32}\))?$/;

const getKeyboardByName = 23;
const allComponents = 0xff;

/** XkbGetKbdByName with `load`: the server compiles the components with its own xkbcomp and uses them at once. */
function loadRequest(majorOpcode: number, device: number, layout: string): Buffer {
  const components = ['', 'evdev+aliases(qwerty)', 'complete', 'complete', `pc+${layout}+inet(evdev)`, ''];
  const body = Buffer.concat(
    components.map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')])),
  );
  const packet = Buffer.alloc(12 + Math.ceil(body.length / 4) * 4);
  packet.writeUInt8(majorOpcode, 0);
  packet.writeUInt8(getKeyboardByName, 1);
  packet.writeUInt16LE(packet.length / 4, 2);
  packet.writeUInt16LE(device, 4);
  packet.writeUInt16LE(allComponents, 6);
  packet.writeUInt16LE(0, 8);
  packet.writeUInt8(1, 10);
  body.copy(packet, 12);
  return packet;
}

const rulesProperty = '_XKB_RULES_NAMES';
const stringAtom = 31;
const replace = 0;

/**
 * Switches the keyboard layout of the server, ≈ 20 ms; keys that are down stay down, release them before.
 * @throws AppError `keyboard-layout-unknown`
 * @see The X Keyboard Extension, "XkbGetKbdByName"
 */
export async function loadKeyboardLayout(display: X11Display, layout: string): Promise<void> {
  if (!layoutPattern.test(layout)) {
    throw new AppError('keyboard-layout-unknown', `"${layout}" is not the name of a keyboard layout`);
  }
  const packet = loadRequest(display.xkb.majorOpcode, display.xkb.UseCoreKbd, layout);
  const loaded = await display.rawRequest(packet, (body) => body.readUInt8(2) !== 0, 'XkbGetKbdByName');
  if (!loaded) throw new AppError('keyboard-layout-unknown', `the X server has no keyboard layout "${layout}"`);
  const [name = layout, variant = ''] = layout.split(/[()]/);
  const names = Buffer.from(`evdev\0pc105\0${name}\0${variant}\0\0`, 'latin1');
  display.core.ChangeProperty(replace, display.root, await display.atom(rulesProperty), stringAtom, 8, names);
}

/** Name of the server's first layout; `us` when the server does not say. */
export async function readKeyboardLayout(display: X11Display): Promise<string> {
  const property = await display.atom(rulesProperty);
  const value = await display.request<{ readonly data: Buffer }>(
    (reply) => display.core.GetProperty(0, display.root, property, stringAtom, 0, 256, reply),
    'GetProperty',
  );
  const layouts = value.data.toString('latin1').split('\0')[2];
  return layouts?.split(',')[0] || 'us';
}

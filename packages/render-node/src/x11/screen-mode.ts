import { AppError } from '@cloudstage/protocol';
import type { Reply, X11Core } from './core-types.js';
import type { X11NewMode, X11OutputInfo, X11Randr, X11ScreenResources } from './extension-types.js';

/** What {@link setScreenMode} needs of a display. */
export interface ScreenModeDeps {
  readonly root: number;
  readonly core: X11Core;
  readonly randr: X11Randr;
  request<T>(send: (reply: Reply<T>) => void, what: string): Promise<T>;
}

const namePrefix = 'cloudstage-';
const rotate0 = 1;
const connected = 0;
const refreshHz = 60;

/** Timings that every virtual driver accepts: short blanking, 60 Hz. The dot clock is in Hz. */
export function modeTimings(width: number, height: number): X11NewMode {
  const horizontalTotal = width + 160;
  const verticalTotal = height + 30;
  return {
    width,
    height,
    dot_clock: horizontalTotal * verticalTotal * refreshHz,
    h_sync_start: width + 48,
    h_sync_end: width + 80,
    h_total: horizontalTotal,
    v_sync_start: height + 3,
    v_sync_end: height + 8,
    v_total: verticalTotal,
    modeflags: 0,
    name: `${namePrefix}${width}x${height}`,
  };
}

/** Size in millimetres at 96 dpi. */
const millimetres = (pixels: number) => Math.max(1, Math.round((pixels * 25.4) / 96));

async function findOutput(deps: ScreenModeDeps, resources: X11ScreenResources) {
  for (const output of resources.outputs) {
    const info = await deps.request<X11OutputInfo>(
      (reply) => deps.randr.GetOutputInfo(output, resources.config_timestamp, reply),
      'GetOutputInfo',
    );
    const crtc = info.crtc || info.crtcs[0];
    if (info.connection === connected && crtc !== undefined) return { output, crtc, info };
  }
  throw new AppError('x11-no-output', 'the X server has no connected RANDR output to resize');
}

const getResources = (deps: ScreenModeDeps) =>
  deps.request<X11ScreenResources>(
    (reply) => deps.randr.GetScreenResourcesCurrent(deps.root, reply),
    'GetScreenResourcesCurrent',
  );

async function setCrtc(deps: ScreenModeDeps, crtc: number, configTime: number, mode: number, outputs: number[]) {
  const { status } = await deps.request<{ readonly status: number }>(
    (reply) => deps.randr.SetCrtcConfig(crtc, 0, configTime, 0, 0, mode, rotate0, outputs, reply),
    'SetCrtcConfig',
  );
  if (status !== 0) throw new AppError('x11-mode-refused', `SetCrtcConfig answered status ${status}`);
}

/** Finds or creates the mode and attaches it to the output. */
async function ensureMode(
  deps: ScreenModeDeps,
  resources: X11ScreenResources,
  output: number,
  info: X11OutputInfo,
  timings: X11NewMode,
): Promise<number> {
  const sameSize = resources.modeinfos.filter((mode) => mode.width === timings.width && mode.height === timings.height);
  const attached = sameSize.find((mode) => info.modes.includes(mode.id));
  if (attached !== undefined) return attached.id;
  const known = sameSize.find((mode) => mode.name === timings.name);
  const mode =
    known?.id ??
    (await deps.request<number>((reply) => deps.randr.CreateMode(deps.root, timings, reply), 'CreateMode'));
  deps.randr.AddOutputMode(output, mode);
  return mode;
}

/** Removes our earlier modes, so that a client that resizes all day does not fill the server's list. */
function removeOtherModes(deps: ScreenModeDeps, resources: X11ScreenResources, output: number, keep: number): void {
  for (const mode of resources.modeinfos) {
    if (mode.id === keep || !mode.name.startsWith(namePrefix)) continue;
    deps.randr.DeleteOutputMode(output, mode.id);
    deps.randr.DestroyMode(mode.id);
  }
}

/**
 * Switches the screen to `width × height`: new mode, CRTC off, framebuffer size, CRTC on, in one server grab so that no
 * program sees the steps. The framebuffer size alone cannot change: RANDR wants every active CRTC to fit in it.
 * @throws AppError `x11-screen-size-unsupported` (Xvfb: never above its start size), `x11-mode-refused`
 */
export async function setScreenMode(deps: ScreenModeDeps, width: number, height: number): Promise<void> {
  const range = await deps.request<{ minWidth: number; minHeight: number; maxWidth: number; maxHeight: number }>(
    (reply) => deps.randr.GetScreenSizeRange(deps.root, reply),
    'GetScreenSizeRange',
  );
  if (width < range.minWidth || height < range.minHeight || width > range.maxWidth || height > range.maxHeight) {
    throw new AppError(
      'x11-screen-size-unsupported',
      `the X server allows ${range.minWidth}×${range.minHeight} to ${range.maxWidth}×${range.maxHeight}`,
    );
  }
  deps.core.GrabServer();
  try {
    const before = await getResources(deps);
    const { output, crtc, info } = await findOutput(deps, before);
    const mode = await ensureMode(deps, before, output, info, modeTimings(width, height));
    const resources = await getResources(deps);
    await setCrtc(deps, crtc, resources.config_timestamp, 0, []);
    deps.randr.SetScreenSize(deps.root, width, height, millimetres(width), millimetres(height));
    await setCrtc(deps, crtc, resources.config_timestamp, mode, [output]);
    removeOtherModes(deps, resources, output, mode);
  } finally {
    deps.core.UngrabServer();
  }
}

import type { ClientSession, StreamProfile } from '@cloudstage/protocol';

/** Facts about the device and the page's wishes that go into a ClientSession. */
export interface ClientDescriptionOptions {
  readonly platform: 'mobile' | 'pc';
  readonly userAgent: string;
  readonly remoteDesktopResolution?: { readonly width?: number; readonly height?: number } | null;
  readonly videoCodecList?: readonly string[];
  readonly streamName?: string;
  readonly streamProfile?: StreamProfile;
  readonly userId?: string;
  /** The device can send its user's voice on a WebSocket. */
  readonly speaksOnSocket?: boolean;
}

/**
 * Builds the ClientSession around an offer. Field for field what the official SDK sends, `scalesPicture` and `speaksOnSocket`: undefined fields are
 * absent, `desktopResolution` is null when there is no wish. PURE.
 */
export function describeClient(offerSdp: string, options: ClientDescriptionOptions): ClientSession {
  const { width, height } = options.remoteDesktopResolution ?? {};
  return {
    sdp: offerSdp,
    type: 'offer',
    deviceInfo: { platform: options.platform, user_agent: options.userAgent },
    sdkType: 'JS',
    desktopResolution: width && height ? `${width}x${height}` : null,
    ...(options.videoCodecList ? { preferredCodecList: options.videoCodecList.map((name) => name.toUpperCase()) } : {}),
    streamName: options.streamName ?? 'high',
    ...(options.streamProfile ? { streamProfile: options.streamProfile } : {}),
    ...(options.userId === undefined ? {} : { userId: options.userId }),
    scalesPicture: true,
    ...(options.speaksOnSocket ? { speaksOnSocket: true } : {}),
  };
}

/** Whether a user agent is treated as mobile: phones and tablets by name, and iPads that pretend to be a Mac. PURE. */
export function isMobileDevice(userAgent: string, platform: string, maxTouchPoints: number): boolean {
  return /Android|iPhone|iPad|iPod|\biOS\b|Phone/i.test(userAgent) || (platform === 'MacIntel' && maxTouchPoints > 1);
}

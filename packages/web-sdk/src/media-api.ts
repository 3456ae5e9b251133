import type { MediaApi } from './api.js';
import type { SdkCore } from './sdk-core.js';

/** Microphone methods of the SDK. */
export function createMediaApi(core: SdkCore): MediaApi {
  const { microphone } = core;
  return {
    switchMic: ({ status, profile }) => microphone.switch(status, profile),
    setMicProfile: (profile) => microphone.setProfile(profile),
    getUserMedia: () => microphone.stream ?? new MediaStream(),
    // Absent on pages without HTTPS.
    getDevices: async () => (await (navigator.mediaDevices as MediaDevices | undefined)?.enumerateDevices()) ?? [],
  };
}

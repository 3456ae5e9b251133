/** Parameters of {@link xorgConfig}. */
export interface XorgConfigOptions {
  readonly maxWidth: number;
  readonly maxHeight: number;
  /** Where the inputtest driver creates its socket; its directory must be closed to others, as the socket is 0777. */
  readonly touchSocketPath: string;
}

/** Bytes a pixel at depth 24. */
const bytesPerPixel = 4;

/**
 * Configuration of Xorg with the dummy video driver and the inputtest touch device. Starts at 1280×720; modes up to the
 * given size are set with RANDR. @see xorg.conf(5), inputtestdrv(4)
 */
export function xorgConfig({ maxWidth, maxHeight, touchSocketPath }: XorgConfigOptions): string {
  // A screen may be as wide as a landscape and as high as a portrait session, never both at once.
  const side = Math.max(maxWidth, maxHeight);
  const videoRamKiB = Math.ceil((side * side * bytesPerPixel) / 1024) + 1024;
  return `Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoAddGPU" "false"
  Option "DontVTSwitch" "true"
  Option "DontZap" "true"
  Option "AllowMouseOpenFail" "true"
  Option "BlankTime" "0"
  Option "StandbyTime" "0"
  Option "SuspendTime" "0"
  Option "OffTime" "0"
EndSection
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam ${videoRamKiB}
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 1.0-10000.0
  VertRefresh 1.0-1000.0
  Modeline "1280x720" 74.25 1280 1390 1430 1650 720 725 730 750
  Option "DPMS" "false"
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "1280x720"
    Virtual 1280 720
  EndSubSection
EndSection
Section "InputDevice"
  Identifier "touch"
  Driver "inputtest"
  Option "SocketPath" "${touchSocketPath}"
  Option "DeviceType" "Touch"
EndSection
Section "ServerLayout"
  Identifier "layout"
  Screen "screen"
  InputDevice "touch" "SendCoreEvents"
EndSection
`;
}

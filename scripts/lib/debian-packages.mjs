/**
 * Debian packages that the product needs at run time, each with what it is for. `up` names them again when a program is
 * missing (packages/cli/src/up/preflight.ts).
 */
export const runtimePackages = [
  // Display: Xorg with the dummy driver, Xvfb as the fallback, keyboard maps, window manager.
  'xserver-xorg-core',
  'xserver-xorg-video-dummy',
  'xvfb',
  'x11-xserver-utils',
  'x11-xkb-utils',
  'xkb-data',
  'openbox',
  // Colour conversion six times as fast as the encoder library's own.
  'libyuv0',
  // AV1 for clients that ask for it.
  'libaom3',
  // H.264 with a quantizer for each picture.
  'libx264-164',
  // Sound.
  'pulseaudio',
  'libasound2-plugins',
  // Sandbox.
  'bubblewrap',
  'iproute2',
  'util-linux',
  // OpenGL, which programs expect of the node, and a font for those that bring none.
  'libgl1-mesa-dri',
  'libgl1',
  'libopengl0',
  'libegl1',
  'libglx-mesa0',
  'fonts-dejavu-core',
  // Uploaded archives: 7z, rar, zstd and the rest that bsdtar reads.
  'libarchive-tools',
  // The native preload of the sandbox is compiled at set-up.
  'gcc',
  'libc6-dev',
];

/**
 * What the tests need besides: two browsers, X programs to be captured, a GL program, picture tools, Chinese glyphs, a database
 * server, an RTMP server, tools that make archives and certificates, programs that play and record.
 */
export const testPackages = [
  'chromium',
  'firefox-esr',
  'x11-apps',
  'x11-utils',
  'mesa-utils',
  'imagemagick',
  'fonts-wqy-microhei',
  'procps',
  'pulseaudio-utils',
  'postgresql',
  'libnginx-mod-rtmp',
  '7zip',
  'zstd',
  // A certificate for the RTMPS server.
  'openssl',
];

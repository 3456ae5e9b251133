/** Address family that matches any host: the program's host name differs from the machine's. @see Xauthority format, libXau */
const familyWild = 0xffff;

function counted(bytes: Uint8Array): Uint8Array {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** An Xauthority file with one MIT-MAGIC-COOKIE-1 for display `displayNumber`. @param cookie 16 random bytes. */
export function encodeXAuthority(displayNumber: number, cookie: Uint8Array): Uint8Array {
  const family = Buffer.alloc(2);
  family.writeUInt16BE(familyWild);
  return Buffer.concat([
    family,
    counted(new Uint8Array(0)),
    counted(Buffer.from(String(displayNumber))),
    counted(Buffer.from('MIT-MAGIC-COOKIE-1')),
    counted(cookie),
  ]);
}

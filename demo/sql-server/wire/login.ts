import { ByteReader } from './bytes.js';

export interface Login {
  user: string;
  password: string;
  /** Empty if the client leaves the choice to the server. */
  database: string;
  application: string;
  host: string;
  packetSize: number;
}

/** Reads LOGIN7 (MS-TDS 2.2.6.4): fixed fields, then offsets and lengths of the texts. */
export function readLogin(body: Buffer): Login {
  const text = (at: number, decode = (bytes: Buffer) => bytes): string => {
    const reader = new ByteReader(body.subarray(at));
    const offset = reader.u16();
    const length = reader.u16() * 2;
    if (offset + length > body.length) throw new RangeError('a text of the login lies outside it');
    return decode(body.subarray(offset, offset + length)).toString('utf16le');
  };
  const asked = body.readUInt32LE(8);
  return {
    // Both sides use this size from the answer on; SQL Server accepts 512 to 32767 bytes.
    packetSize: Math.min(32767, Math.max(512, asked || 4096)),
    host: text(36),
    user: text(40),
    password: text(44, unscramble),
    application: text(48),
    database: text(68),
  };
}

/** Decodes a login's password: nibbles swapped and XORed with 0xA5, which obfuscates but does not protect it. */
function unscramble(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => (((byte ^ 0xa5) << 4) & 0xf0) | ((byte ^ 0xa5) >> 4)));
}

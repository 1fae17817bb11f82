import { ByteReader } from './bytes.js';

/** Encryption options of client and server before login (MS-TDS 2.2.6.5). */
export const encryption = { off: 0, on: 1, notSupported: 2, required: 3 } as const;

const option = { version: 0, encryption: 1, instance: 2, threadId: 3, mars: 4 };
const terminator = 0xff;

/** Reads the client's encryption byte; `notSupported` if it sent none. */
export function readPrelogin(body: Buffer): number {
  const reader = new ByteReader(body);
  for (let token = reader.u8(); token !== terminator; token = reader.u8()) {
    const offset = body.readUInt16BE(reader.at);
    reader.at += 4;
    if (token === option.encryption) return body.readUInt8(offset);
  }
  return encryption.notSupported;
}

/** Builds the server's answer: SQL Server 2016 (13.0), this encryption, no instance check, no MARS. */
export function preloginAnswer(encrypt: number): Buffer {
  const parts: [number, Buffer][] = [
    [option.version, Buffer.from([13, 0, 0x10, 0x5c, 0, 0])],
    [option.encryption, Buffer.from([encrypt])],
    [option.instance, Buffer.from([0])],
    [option.threadId, Buffer.alloc(0)],
    [option.mars, Buffer.from([0])],
  ];
  const head: number[] = [];
  let offset = parts.length * 5 + 1;
  for (const [token, data] of parts) {
    head.push(token, offset >> 8, offset & 0xff, data.length >> 8, data.length & 0xff);
    offset += data.length;
  }
  return Buffer.concat([Buffer.from([...head, terminator]), ...parts.map(([, data]) => data)]);
}

/** TLS policy of a server. */
export type Encryption = 'not-supported' | 'offered' | 'required';

/**
 * Returns the answer of a server with this policy; the client decides whether to continue. A client that wants to
 * encrypt only the login (`off`) gets full encryption, which the protocol allows and which keeps the tunnel simple.
 */
export function agreeOnEncryption(policy: Encryption, client: number): number {
  if (client === encryption.notSupported) return policy === 'required' ? encryption.required : encryption.notSupported;
  if (policy === 'not-supported') return encryption.notSupported;
  return client === encryption.off ? encryption.required : encryption.on;
}

/** Encryption options of client and server before login (MS-TDS 2.2.6.5). */
export const encryption = { off: 0, on: 1, notSupported: 2, required: 3 } as const;

/** TLS policy of a server. */
export type Encryption = 'not-supported' | 'offered' | 'required';

const encryptionOption = 1;
const terminator = 0xff;

/**
 * Decides about TLS from the client's PRELOGIN and the server's policy; the client decides whether to continue. A
 * client that wants to encrypt only the login (`off`) gets full encryption, which the protocol allows and which keeps
 * the tunnel simple.
 */
export function agreeOnEncryption(policy: Encryption, body: Buffer): number {
  const client = clientEncryption(body);
  if (client === encryption.notSupported) return policy === 'required' ? encryption.required : encryption.notSupported;
  if (policy === 'not-supported') return encryption.notSupported;
  return client === encryption.off ? encryption.required : encryption.on;
}

function clientEncryption(body: Buffer): number {
  for (let at = 0; body.readUInt8(at) !== terminator; at += 5)
    if (body.readUInt8(at) === encryptionOption) return body.readUInt8(body.readUInt16BE(at + 1));
  return encryption.notSupported;
}

/** Builds the server's answer: SQL Server 2016 (13.0), this encryption, no instance check, no thread, no MARS. */
export function preloginAnswer(encrypt: number): Buffer {
  const options = [[13, 0, 0x10, 0x5c, 0, 0], [encrypt], [0], [], [0]];
  const head: number[] = [];
  let offset = options.length * 5 + 1;
  for (const [token, data] of options.entries()) {
    head.push(token, offset >> 8, offset & 0xff, 0, data.length);
    offset += data.length;
  }
  return Buffer.from([...head, terminator, ...options.flat()]);
}

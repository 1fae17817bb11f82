import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { generate } from 'selfsigned';

export interface Certificate {
  /** PEM, for clients that must trust it. */
  cert: string;
  context: SecureContext;
}

/** Makes a self-signed certificate for localhost and this address, as SQL Server does if none is installed. */
export async function makeCertificate(address: string): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: address },
        ],
      },
    ],
  });
  // TLS 1.3 sends tickets after its handshake, outside the packets that a TDS 7 client still expects at that point.
  const context = createSecureContext({ key: made.private, cert: made.cert, maxVersion: 'TLSv1.2' });
  return { cert: made.cert, context };
}

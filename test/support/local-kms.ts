import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LocalKms {
  url: string;
  /** Requests so far, by operation. */
  asked: string[];
  /** The error for every request until it is cleared. */
  fail(error: string | null): void;
  stop(): Promise<void>;
}

interface Asked {
  CiphertextBlob?: string;
  EncryptionContext?: Record<string, string>;
  KeyId?: string;
  NumberOfBytes?: number;
}

/**
 * Starts the part of AWS KMS that wraps keys, over HTTP: JSON 1.1 with `X-Amz-Target`, one KMS key of one region,
 * ciphertexts bound to their encryption context. Like the real one, it answers AccessDenied to a ciphertext of another
 * region.
 */
export async function startLocalKms(keyId: string, region = 'us-east-1'): Promise<LocalKms> {
  const master = randomBytes(32);
  const asked: string[] = [];
  let failing: string | null = null;

  const answer = (operation: string, body: Asked, scope: string): [status: number, answer: object] => {
    const error = (type: string): [number, object] => [400, { __type: type, message: `${type} said so.` }];
    if (failing) return error(failing);
    if (!scope.includes(`/${region}/kms/`)) return error('AccessDeniedException');
    const context = Buffer.from(JSON.stringify(Object.entries(body.EncryptionContext ?? {}).sort()));
    if (operation === 'TrentService.GenerateDataKeyWithoutPlaintext') {
      if (body.KeyId !== keyId) return error('NotFoundException');
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(context);
      const sealed = Buffer.concat([nonce, cipher.update(randomBytes(body.NumberOfBytes ?? 0)), cipher.final()]);
      const blob = Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64');
      return [200, { CiphertextBlob: blob, KeyId: keyId }];
    }
    if (operation !== 'TrentService.Decrypt') return error('UnknownOperationException');
    try {
      const blob = Buffer.from(body.CiphertextBlob ?? '', 'base64');
      const decipher = createDecipheriv('aes-256-gcm', master, blob.subarray(0, 12));
      decipher.setAAD(context).setAuthTag(blob.subarray(-16));
      const plain = Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()]);
      return [200, { Plaintext: plain.toString('base64'), KeyId: keyId }];
    } catch {
      return error('InvalidCiphertextException');
    }
  };

  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const operation = String(request.headers['x-amz-target']);
      asked.push(operation);
      const [status, said] = answer(operation, JSON.parse(text) as Asked, String(request.headers.authorization));
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(said));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    fail: (error) => (failing = error),
    stop: () => new Promise((closed) => (server.closeAllConnections(), server.close(() => closed()))),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

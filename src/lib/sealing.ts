import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { Problem } from './problem.js';
import { Secret } from './secret.js';

/** A sealed secret as the database stores it: the key's id and the sealed bytes (12 nonce, text, 16 tag). */
export interface Sealed {
  keyId: string;
  bytes: Buffer;
}

/**
 * Seals and unseals secrets. `owner` (an account id) is bound into the seal, so bytes moved to another row cannot be
 * unsealed.
 */
export interface Keyring {
  currentKeyId: string;
  /** The ids of all keys in the ring. */
  keyIds: readonly string[];
  seal(secret: Secret, owner: string): Sealed;
  /** @throws Problem `credential-key-unknown`, `credential-unreadable` */
  open(sealed: Sealed, owner: string): Secret;
  /** Returns a keyed one-way digest of a secret, to compare secrets without storing them. */
  mark(secret: Secret, owner: string, keyId?: string): Buffer;
}

const nonceLength = 12;
const tagLength = 16;

/**
 * Parses `CREDENTIAL_KEYS`: `id:base64,id:base64`, each key 32 bytes. The first key seals; all of them unseal.
 *
 * @throws Problem `credential-keys-wrong`, naming the entry but never its key
 */
export function createKeyring(keys: Secret): Keyring {
  const ring = parseKeys(keys.open());
  const [currentKeyId] = [...ring.keys()] as [string];
  const keyOf = (id: string) => {
    const key = ring.get(id);
    if (key) return key;
    throw new Problem({
      code: 'credential-key-unknown',
      message: `A secret was sealed with key "${id}", which CREDENTIAL_KEYS does not hold.`,
    });
  };
  return {
    currentKeyId,
    keyIds: [...ring.keys()],
    seal(secret, owner) {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv('aes-256-gcm', keyOf(currentKeyId), nonce).setAAD(Buffer.from(owner));
      const bytes = Buffer.concat([nonce, cipher.update(secret.open(), 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return { keyId: currentKeyId, bytes };
    },
    open(sealed, owner) {
      const { bytes } = sealed;
      const decipher = createDecipheriv('aes-256-gcm', keyOf(sealed.keyId), bytes.subarray(0, nonceLength));
      try {
        decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-tagLength));
        const text = [decipher.update(bytes.subarray(nonceLength, -tagLength)), decipher.final()];
        return new Secret(Buffer.concat(text).toString('utf8'));
      } catch (cause) {
        throw new Problem({
          code: 'credential-unreadable',
          message: `The temporary password of account ${owner} cannot be unsealed with key "${sealed.keyId}".`,
          help: 'Its key was replaced under the same id, or the row was altered. Issue a new temporary password.',
          cause,
        });
      }
    },
    mark(secret, owner, keyId = currentKeyId) {
      return createHmac('sha256', keyOf(keyId)).update(`${owner}\0${secret.open()}`).digest();
    },
  };
}

function parseKeys(text: string): Map<string, Buffer> {
  const ring = new Map<string, Buffer>();
  for (const [index, entry] of text
    .split(',')
    .map((part) => part.trim())
    .entries()) {
    const match = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_=-]+)$/.exec(entry);
    const key = match ? Buffer.from(match[2] as string, 'base64') : null;
    if (!match || key?.length !== 32 || ring.has(match[1] as string)) {
      throw new Problem({
        code: 'credential-keys-wrong',
        message: `Entry ${index + 1} of CREDENTIAL_KEYS is not "id:base64 of 32 bytes", or its id is used twice.`,
      });
    }
    ring.set(match[1] as string, key);
  }
  return ring;
}

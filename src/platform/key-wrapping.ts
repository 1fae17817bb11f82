import { DecryptCommand, GenerateDataKeyWithoutPlaintextCommand, KMSClient } from '@aws-sdk/client-kms';
import { Problem, type ProblemParts } from '../lib/problem.js';
import { Secret } from '../lib/secret.js';

/**
 * The encryption context of a wrapped key: AWS KMS unwraps the key only with the same context, and CloudTrail shows it
 * for each use. A public constant, not a secret.
 */
const context = { application: 'pims-sync', purpose: 'credential-keys' };
const wrapped = /^([A-Za-z0-9_-]{1,32}):kms:([A-Za-z0-9+/_=-]+)$/;

/** Tells whether any entry of `CREDENTIAL_KEYS` is wrapped by KMS: `id:kms:<base64>`. */
function hasWrappedKeys(keys: string): boolean {
  return entriesOf(keys).some((entry) => wrapped.test(entry));
}

/**
 * Unwraps the KMS entries of `CREDENTIAL_KEYS` once at start and leaves the others unchanged. The AWS SDK finds the
 * region and the credentials.
 *
 * @returns the text of `CREDENTIAL_KEYS` with every entry unwrapped
 * @throws Problem `kms-refused`, `kms-unreachable`, `kms-key-unusable`, `kms-ciphertext-wrong`, `kms-settings-missing`
 */
export async function openWrappedKeys(keys: Secret): Promise<Secret> {
  if (!hasWrappedKeys(keys.open())) return keys;
  const opened = await withKms((kms) =>
    Promise.all(
      entriesOf(keys.open()).map(async (entry) => {
        const [, id = '', ciphertext = ''] = wrapped.exec(entry) ?? [];
        if (id === '') return entry;
        try {
          const command = new DecryptCommand({
            CiphertextBlob: Buffer.from(ciphertext, 'base64'),
            EncryptionContext: context,
          });
          const { Plaintext } = await kms.send(command);
          return `${id}:${Buffer.from(Plaintext ?? []).toString('base64')}`;
        } catch (error) {
          throw await kmsProblem(error, kms, `open key "${id}" of CREDENTIAL_KEYS`, 'kms:Decrypt');
        }
      }),
    ),
  );
  return new Secret(opened.join(','));
}

/**
 * Lets KMS create a new key and returns it in wrapped form only: no person and no process, including this one, sees the
 * plain key.
 *
 * @param kmsKey id, ARN or `alias/...` of the KMS key that wraps it
 * @returns an entry for `CREDENTIAL_KEYS`
 */
export async function newWrappedKey(id: string, kmsKey: string): Promise<string> {
  return withKms(async (kms) => {
    try {
      const command = new GenerateDataKeyWithoutPlaintextCommand({
        KeyId: kmsKey,
        NumberOfBytes: 32,
        EncryptionContext: context,
      });
      const { CiphertextBlob } = await kms.send(command);
      return `${id}:kms:${Buffer.from(CiphertextBlob ?? []).toString('base64')}`;
    } catch (error) {
      throw await kmsProblem(error, kms, `make a key with "${kmsKey}"`, 'kms:GenerateDataKeyWithoutPlaintext');
    }
  });
}

async function withKms<T>(work: (kms: KMSClient) => Promise<T>): Promise<T> {
  const kms = new KMSClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 5_000 },
  });
  try {
    return await work(kms);
  } finally {
    kms.destroy();
  }
}

function entriesOf(keys: string): string[] {
  return keys.split(',').map((entry) => entry.trim());
}

async function kmsProblem(cause: unknown, kms: KMSClient, what: string, right: string): Promise<Problem> {
  const { name = '', message = '', code = '' } = cause as { name?: string; message?: string; code?: string };
  const region = await kms.config.region().catch(() => null);
  const where = region === null ? '' : ` in ${region}`;
  const problem = (parts: ProblemParts) => new Problem({ ...parts, cause });
  if (region === null || /Region is missing/i.test(message) || /Credential/i.test(name)) {
    return problem({
      code: 'kms-settings-missing',
      message: `AWS KMS cannot ${what}: the AWS SDK found no ${region === null ? 'region' : 'credentials'}.`,
    });
  }
  switch (name) {
    case 'AccessDeniedException':
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
    case 'ExpiredTokenException':
      return problem({
        code: 'kms-refused',
        message: `AWS KMS${where} refused to ${what} (${name}).`,
        help: `Allow ${right} on that KMS key to the role of this process. KMS says the same when the key is of another region: is AWS_REGION right?`,
      });
    case 'InvalidCiphertextException':
    case 'IncorrectKeyException':
      return problem({
        code: 'kms-ciphertext-wrong',
        message: `AWS KMS${where} cannot ${what}: it was not wrapped there, not for this purpose, or was cut short.`,
      });
    case 'NotFoundException':
    case 'DisabledException':
    case 'KMSInvalidStateException':
    case 'InvalidKeyUsageException':
      return problem({
        code: 'kms-key-unusable',
        message: `AWS KMS${where} cannot ${what}: the KMS key does not exist there, is disabled, or waits for deletion (${name}).`,
      });
    default:
      return problem({
        code: 'kms-unreachable',
        message: `AWS KMS${where} did not answer when asked to ${what} (${code || name}).`,
      });
  }
}

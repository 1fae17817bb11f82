import type { Client } from './client.js';

/** 32 hex digits that change when anything about the client or its pets changes; the order of pets does not count. */
export function fingerprint(_client: Client): string {
  throw new Error('not yet written');
}

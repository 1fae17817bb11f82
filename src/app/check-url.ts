import type { Secret } from '../lib/secret.js';

/** Adds the problems of a URL to `problems`; ignores an empty one, which the caller reports. */
export function checkUrl(name: string, url: Secret, protocols: readonly string[], problems: string[]): void {
  if (url.open() === '') return;
  const ok = URL.canParse(url.open()) && protocols.includes(new URL(url.open()).protocol);
  if (!ok) problems.push(`${name} is not a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}.`);
  else if (!isEncoded(new URL(url.open())))
    problems.push(`The user or password in ${name} has an invalid percent-encoding; write %25 for a plain %.`);
  else if (protocols.includes('mysql:') && asksForTlsInVain(new URL(url.open())))
    problems.push(
      `${name} requests TLS with an option that mysql2 does not know; write ?ssl={"rejectUnauthorized":true}, URL-encoded.`,
    );
}

/**
 * Whether the URL requests TLS with an option that mysql2 ignores, such as `sslmode=require`; it would connect without
 * TLS.
 */
function asksForTlsInVain({ searchParams }: URL): boolean {
  return [...searchParams].some(([key, value]) => (key === 'ssl' ? value === 'true' : /ssl|tls/i.test(key)));
}

function isEncoded({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** The secrets that a test knows, by how they are compared. */
export interface Secrets {
  /** Compared without case, spaces and dashes, as people type them. */
  temporaryPasswords: readonly string[];
  /** Addresses; compared without case, plain and URL-encoded. */
  emails: readonly string[];
  /** Passwords, tokens and keys; compared letter by letter. */
  exact: readonly string[];
}

/** Returns the lines that contain a secret: the kind, and the start of the line, to find its source. */
export function leaksIn(lines: Iterable<string>, secrets: Secrets): string[] {
  const passwords = secrets.temporaryPasswords.map(bare);
  const emails = secrets.emails.flatMap((email) => [email.toLowerCase(), encodeURIComponent(email).toLowerCase()]);
  const leaks: string[] = [];
  for (const line of lines) {
    const lower = line.toLowerCase();
    const stripped = bare(line);
    const kinds = [
      passwords.some((one) => stripped.includes(one)) && 'a temporary password',
      emails.some((one) => lower.includes(one)) && 'an email address',
      secrets.exact.some((one) => line.includes(one)) && 'a secret',
    ].filter(Boolean);
    if (kinds.length > 0) leaks.push(`${kinds.join(' and ')} in: ${line.slice(0, 60)}...`);
  }
  return leaks;
}

const bare = (text: string): string => text.toUpperCase().replace(/[\s\-_.]+/g, '');

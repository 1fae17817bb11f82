import { inspect } from 'node:util';
import type { Client } from '../../domain/client/client.js';
import { PimsProblem, type PimsProblemCode } from '../errors.js';
import type { Subject } from './subject.js';
import { must } from './verdict.js';

const secretName = /pass|pwd|secret|token|credential|api_?key/i;

/** Returns the secrets of a subject: those it names, and every text in its settings whose name marks it as a secret. */
function secretsOf(subject: Subject): string[] {
  const found = new Set(subject.secrets ?? []);
  const look = (value: unknown, secret: boolean): void => {
    if (typeof value === 'string' && secret && value.length >= 4) found.add(value);
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) look(inner, secret || secretName.test(name));
  };
  look(subject.settings, false);
  for (const refusal of subject.refusals ?? []) look(refusal.settings, false);
  for (const fault of Object.values(subject.faults ?? {})) look(fault?.settings, false);
  return [...found];
}

export function withoutSecrets(subject: Subject, text: string): string {
  return secretsOf(subject).reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
}

/** Fails if a text for people holds a secret, a planted text or an email address of a client. */
export function mustNotTell(subject: Subject, where: string, said: unknown, clients: Client[] = []): void {
  // inspect() shows what a careless log shows: the stack, the causes and every own property.
  const text =
    typeof said === 'string' ? said : inspect(said, { depth: 8, maxStringLength: null, maxArrayLength: null });
  must(!secretsOf(subject).some((secret) => text.includes(secret)), `${where} holds a secret of the settings.`);
  must(!(subject.canaries ?? []).some((planted) => text.includes(planted)), `${where} holds text of a row.`);
  const emails = clients.flatMap((client) => client.emails).filter((email) => email.includes('@'));
  must(!emails.some((email) => text.includes(email)), `${where} holds an email address of a client.`);
}

/** Fails unless the error is a PimsProblem of one of these codes, names a next step and holds no secret. */
export function mustBeProblem(
  subject: Subject,
  error: unknown,
  codes: PimsProblemCode[],
): asserts error is PimsProblem & { help: string } {
  mustNotTell(subject, 'The error', error);
  const given = error instanceof Error ? `${error.name} "${error.message}"` : typeof error;
  must(error instanceof PimsProblem, `Expected a PimsProblem with code ${codes.join(' or ')}, got ${given}.`);
  must(codes.includes(error.code), `Expected code ${codes.join(' or ')}, got ${error.code}: ${error.message}`);
  must(error.message.trim() !== '', `The problem ${error.code} has no message.`);
  must(
    error.help !== undefined && error.help.trim() !== '',
    `The problem ${error.code} has no help: no next step for an installer.`,
  );
}

import type { Connector } from '../../../src/connectors/contract.js';
import type { Client } from '../../../src/domain/client/client.js';
import { decide } from '../../../src/domain/decision/eligibility.js';
import { personOf } from '../../../src/domain/client/person.js';
import { defaultPolicy } from '../../../src/domain/decision/policy.js';

/** Reads everything from a connector; throws on an unreadable row. */
export async function readAll(connector: Connector): Promise<Client[]> {
  const clients: Client[] = [];
  const signal = new AbortController().signal;
  for await (const page of connector.clients({ cursor: null, pageSize: 100, signal })) {
    if (page.unreadable.length > 0) throw new Error(JSON.stringify(page.unreadable[0]));
    clients.push(...page.clients);
  }
  await connector.close();
  return clients;
}

/** Evaluates a whole practice by the rules of the domain: returns the number of clients by reason. */
export function reasonsOf(clients: Client[], today: string, country: string): Record<string, number> {
  const read = clients.map((client) => ({ client, person: personOf(client, { defaultCountry: country }) }));
  const living = read.filter(({ client }) => !client.deleted);
  const sharers = new Map<string, number>();
  const named = new Map<string, typeof living>();
  for (const one of living) {
    const { duplicateKey, emails } = one.person;
    if (emails.loginKey !== null) sharers.set(emails.loginKey, (sharers.get(emails.loginKey) ?? 0) + 1);
    if (duplicateKey !== null) named.set(duplicateKey, [...(named.get(duplicateKey) ?? []), one]);
  }
  const reasons: Record<string, number> = {};
  for (const { client, person } of read) {
    const duplicates = (named.get(person.duplicateKey ?? '') ?? [])
      .filter((other) => other.client !== client)
      .map((other) => ({ pimsId: other.client.pimsId, emailKey: other.person.emails.loginKey }));
    const { reason } = decide(
      {
        ...{
          client,
          person,
          duplicates,
          missing: false,
          identityConflict: false,
          mergedInto: null,
          refused: false,
          suppressed: null,
        },
        ...{
          account: 'none',
          linked: false,
          allowed: [],
          undone: [],
          sharedBy: sharers.get(person.emails.loginKey ?? '') ?? 0,
        },
      },
      defaultPolicy,
      today,
    );
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return reasons;
}

import type { Client } from '../../../domain/client/client.js';
import type { IdentityConflict } from '../../../store/clients/identity-conflicts.js';
import type { PetParentDetails } from '../../../store/pet-parents/pet-parent-details.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { calendarText } from '../../ui/when.js';
import { staffLinks } from '../shell/routes.js';
import { useRight } from '../shell/staff-context.js';

/** Shows an identity conflict: both people side by side, with the result of either answer. */
export function IdentityCard({ details, conflict }: { details: PetParentDetails; conflict: IdentityConflict }) {
  const { line, client, account } = details;
  const { now, fingerprint } = conflict;
  const action = `${staffLinks.petParent(line.practiceId, line.pimsId)}/who`;
  return (
    <section class="card" aria-labelledby="identity-card">
      <h2 id="identity-card">Is this the same person?</h2>
      <p>
        The practice software now describes another person under client number {client.displayId ?? line.pimsId}. A
        client number can be reused after the practice software was restored from a backup; names also change by
        marriage or correction. Nothing changes until staff decide.
      </p>
      <div class="compare">
        <Side title="Until now" client={client} pets={details.pets.map(({ name }) => name)} />
        <Side title="In the practice software now" client={now} pets={now.pets.map(({ name }) => name ?? '')} />
      </div>
      {useRight('settle-identity') ? (
        <div class="actions">
          <PostForm
            action={action}
            confirm={`Use the new data of the practice software? ${nameOf(now)} then has ${account ? 'this account and ' : ''}these pets.`}
          >
            <input type="hidden" name="who" value="same-person" />
            <input type="hidden" name="fingerprint" value={fingerprint} />
            <button class="button">
              <Icon name="check" /> Same person: use the new data
            </button>
          </PostForm>
          <PostForm
            action={action}
            confirm={`Treat ${nameOf(now)} as a new client? ${nameOf(client)} stays here as a client who left${account ? ', and keeps the account' : ''}.`}
          >
            <input type="hidden" name="who" value="someone-else" />
            <input type="hidden" name="fingerprint" value={fingerprint} />
            <button class="button">
              <Icon name="people" /> Another person: treat as a new client
            </button>
          </PostForm>
        </div>
      ) : (
        <p class="hint">A manager or an owner of the practice can decide.</p>
      )}
    </section>
  );
}

function Side({ title, client, pets }: { title: string; client: Omit<Client, 'pets'>; pets: readonly string[] }) {
  const facts: [string, string][] = [
    ['Name', nameOf(client)],
    ['Email', client.emails.join(', ')],
    ['Phone', client.phones.map(({ number }) => number).join(', ')],
    ['Pets', pets.filter(Boolean).join(', ')],
    ['Client since', client.createdOn ? calendarText(client.createdOn) : ''],
  ];
  return (
    <div>
      <h3>{title}</h3>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="break">{value || <span class="muted">none</span>}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function nameOf(client: Omit<Client, 'pets'>): string {
  return [client.firstName, client.lastName].filter(Boolean).join(' ') || client.companyName || 'No name';
}

import type { DetailPet } from '../../../store/pet-parents/detail-pets.js';
import type { PetParentDetails } from '../../../store/pet-parents/pet-parent-details.js';
import { Chip } from '../../ui/notice.js';
import { phoneText } from '../../ui/phone.js';
import { speciesName } from '../../ui/species.js';
import { calendarText } from '../../ui/when.js';
import { staffLinks } from '../shell/routes.js';
import { usePractice } from '../shell/staff-context.js';

/** Contact data from the PIMS, and the data that the pet parent confirmed. */
export function ProfileCard({ details }: { details: PetParentDetails }) {
  const practice = usePractice();
  const { client, account, line } = details;
  const spouse = [client.spouseFirstName, client.spouseLastName].filter(Boolean).join(' ');
  const inPims = [client.firstName, client.lastName].filter(Boolean).join(' ') || client.companyName;
  const confirmed = account?.confirmedAt ? [account.firstName, account.lastName].filter(Boolean).join(' ') : null;
  return (
    <section class="card" aria-labelledby="profile-card">
      <h2 id="profile-card">Profile</h2>
      <dl class="facts facts-two">
        <Fact name="Name" value={inPims} />
        {confirmed && confirmed !== inPims ? <Fact name="Name, as confirmed" value={confirmed} /> : null}
        <Fact name="Partner" value={spouse} />
        <Fact name="Client number" value={client.displayId ?? line.pimsId} />
        <div>
          <dt>Email in the PIMS</dt>
          <dd class="break">{client.emails?.length ? client.emails.join(', ') : <span class="muted">none</span>}</dd>
        </div>
        <div>
          <dt>Phone in the PIMS</dt>
          <dd>
            {client.phones?.length ? (
              client.phones.map(({ label, number }) => (
                <span key={number} class="block">
                  {number}
                  {label ? <span class="muted"> {label}</span> : null}
                </span>
              ))
            ) : (
              <span class="muted">none</span>
            )}
          </dd>
        </div>
        {account?.confirmedAt ? <Fact name="Phone, as confirmed" value={phoneText(account.phone)} /> : null}
        <Fact name="Last visit" value={client.lastVisitOn ? calendarText(client.lastVisitOn) : null} />
        <Fact name="Client since" value={client.createdOn ? calendarText(client.createdOn) : null} />
        <Fact name="Class" value={client.classification} />
        <div>
          <dt>Practice</dt>
          <dd>{practice.name}</dd>
        </div>
        {details.otherRecords.length > 0 ? (
          <div>
            <dt>On the same account</dt>
            <dd>
              {details.otherRecords.map((record) => (
                <a
                  key={`${record.practiceId}/${record.pimsId}`}
                  class="block"
                  href={staffLinks.petParent(record.practiceId, record.pimsId)}
                >
                  {record.name}
                  {record.practiceId === practice.id ? '' : `, ${record.practiceName}`}
                </a>
              ))}
            </dd>
          </div>
        ) : null}
        {details.decision ? <Fact name="Invite plan" value={details.decision.sentence} /> : null}
      </dl>
    </section>
  );
}

function Fact(props: { name: string; value: string | null | undefined }) {
  if (!props.value) return null;
  return (
    <div>
      <dt>{props.name}</dt>
      <dd class="break">{props.value}</dd>
    </div>
  );
}

/** Lists the pets; pets that died come last, without emphasis. */
export function PetsCard({ details }: { details: PetParentDetails }) {
  const gone = (pet: DetailPet) => pet.confirmed === 'passed' || pet.diedOn !== null || pet.status === 'deceased';
  const pets = [...details.pets].sort((one, other) => Number(gone(one)) - Number(gone(other)));
  return (
    <section class="card" aria-labelledby="pets-card">
      <h2 id="pets-card">Pets</h2>
      {pets.length === 0 ? <p class="muted">No pets on record.</p> : null}
      <ul class="pet-list">
        {pets.map((pet) => (
          <li key={`${pet.name} ${pet.bornOn}`} class={gone(pet) ? 'pet-gone' : undefined}>
            <span class="pet-name">{pet.name}</span>
            <span class="muted">
              {[speciesName(pet.species), pet.breed, pet.bornOn ? `born ${calendarText(pet.bornOn)}` : null]
                .filter(Boolean)
                .join(', ')}
            </span>
            <PetNote pet={pet} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function PetNote({ pet }: { pet: DetailPet }) {
  if (pet.confirmed === 'passed') return <Chip tone="quiet">reported as no longer with them</Chip>;
  if (pet.diedOn || pet.status === 'deceased') {
    return <Chip tone="quiet">died{pet.diedOn ? ` ${calendarText(pet.diedOn)}` : ''}</Chip>;
  }
  if (pet.confirmed === 'added') return <Chip tone="info">added by the pet parent</Chip>;
  if (pet.confirmed === 'confirmed') return <Chip tone="good">confirmed</Chip>;
  return pet.status === 'active' ? null : <Chip tone="quiet">{pet.status}</Chip>;
}

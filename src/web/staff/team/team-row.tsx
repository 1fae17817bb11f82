import type { StaffOfPractices } from '../../../store/access/staff.js';
import type { StaffMailState } from '../../../store/messages/staff-messages.js';
import { usePage } from '../../ui/page-context.js';
import { Chip } from '../../ui/notice.js';
import { dateText } from '../../ui/when.js';
import { roleNames } from './rights.js';
import { PracticeForm } from '../shell/practice-form.js';
import { useStaffRequest } from '../shell/staff-context.js';

/** A staff member, with the actions of an owner. */
export function PersonRow(props: { person: StaffOfPractices; mail: StaffMailState | null; canMail: boolean }) {
  const { person, mail, canMail } = props;
  const { timeZone } = usePage();
  const isSelf = person.id === useStaffRequest().staff.id;
  const state = person.disabledAt ? 'no access' : person.hasPassword ? null : 'invited';
  return (
    <li>
      <div>
        <p>
          <span class="who-name">{person.name}</span> <Chip tone="quiet">{roleNames[person.role]}</Chip>{' '}
          {state ? <Chip tone={person.disabledAt ? 'bad' : 'info'}>{state}</Chip> : null}
        </p>
        <p class="muted break">{person.email}</p>
        <p class="timeline-when">
          {person.lastLoginAt ? `Last signed in ${dateText(person.lastLoginAt, timeZone)}` : 'Never signed in'}
        </p>
        {mail && !person.disabledAt ? (
          <p class={`timeline-when${mail.state === 'bounced' || mail.state === 'rejected' ? ' field-error' : ''}`}>
            {mailWords(mail, dateText(mail.changed_at, timeZone))}
          </p>
        ) : null}
      </div>
      {isSelf ? null : (
        <div class="row-actions">
          {person.disabledAt || !canMail ? null : (
            <PracticeForm action={`/staff/people/${person.id}/mail`}>
              <button class="button button-small">
                Email a link<span class="hidden"> to {person.name}</span>
              </button>
            </PracticeForm>
          )}
          {person.disabledAt ? null : (
            <PracticeForm action={`/staff/people/${person.id}/link`}>
              <button class="button button-small">
                New link<span class="hidden"> for {person.name}</span>
              </button>
            </PracticeForm>
          )}
          <PracticeForm
            action={`/staff/people/${person.id}/${person.disabledAt ? 'restore' : 'end'}`}
            {...(person.disabledAt ? {} : { confirm: `End the access of ${person.name}?` })}
          >
            <button class="button button-small">
              {person.disabledAt ? 'Restore access' : 'End access'}
              <span class="hidden"> of {person.name}</span>
            </button>
          </PracticeForm>
        </div>
      )}
    </li>
  );
}

/** Describes the status of the last email to a staff member, with the next step if it did not arrive. */
function mailWords({ kind, state, detail }: StaffMailState, on: string): string {
  const what = kind === 'staff-invitation' ? 'Invitation' : 'Link for a new password';
  switch (state) {
    case 'queued':
      return detail ? `${what} waits: ${detail} It goes out automatically.` : `${what} is on its way.`;
    case 'sending':
      return `${what} is on its way.`;
    case 'accepted':
      return `${what} sent ${on}`;
    case 'bounced':
      return `${what} bounced ${on} (${detail ?? 'no reason given'}). Check the address, or hand over a link.`;
    case 'complained':
      return `${what} was marked as spam ${on}. Ask the person, and hand over a link.`;
    case 'uncertain':
      return `It is unknown whether the ${what.toLowerCase()} went out. Ask the person, then send it again or hand over a link.`;
    default:
      return `${what} was not sent. ${detail ?? ''} Hand over a link instead.`;
  }
}

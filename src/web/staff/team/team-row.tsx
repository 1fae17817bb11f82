import { scrub } from '../../../lib/scrub.js';
import type { StaffOfPractices } from '../../../store/access/staff.js';
import { messageKinds } from '../../../domain/message/message-kinds.js';
import { messageReason } from '../../../domain/message/message-reasons.js';
import type { StaffEmailStatus } from '../../../store/messages/urgent-messages.js';
import { usePage } from '../../ui/page-context.js';
import { Chip } from '../../ui/notice.js';
import { dateText } from '../../ui/when.js';
import { roleNames } from './rights.js';
import { PracticeForm } from '../shell/practice-form.js';
import { useStaffRequest } from '../shell/staff-context.js';

/** A staff member, with the actions of an owner. */
export function PersonRow(props: { person: StaffOfPractices; mail: StaffEmailStatus | null; canMail: boolean }) {
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
          <p class={`timeline-when${didNotArrive(mail) ? ' field-error' : ''}`}>
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

function didNotArrive({ state, reason }: StaffEmailStatus): boolean {
  return state === 'rejected' || (state === 'bounced' && reason !== 'bounced-for-now');
}

/** Describes the status of the last email to a staff member, with the next step if it did not arrive. */
function mailWords({ kind, state, reason, detail }: StaffEmailStatus, on: string): string {
  const { name, afterFailure } = messageKinds[kind];
  if (reason === 'bounced-for-now') return `${name} sent ${on}`;
  switch (state) {
    case 'queued':
      return reason ? `${name} waits: ${messageReason(reason)} It goes out automatically.` : `${name} is on its way.`;
    case 'sending':
      return `${name} is on its way.`;
    case 'accepted':
    case 'delayed':
    case 'delivered':
      return `${name} sent ${on}`;
    case 'bounced':
      return `${name} bounced ${on} (${detail ?? 'no reason given'}). Check the address, or hand over a link.`;
    case 'complained':
      return `${name} was marked as spam ${on}. Ask the person, and hand over a link.`;
    case 'uncertain':
      return `It is unknown whether the ${name.toLowerCase()} went out. Ask the person, then send it again or hand over a link.`;
    default:
      return `${name} was not sent. ${whyNotSent(reason, detail)} ${afterFailure}`;
  }
}

function whyNotSent(reason: string | null, detail: string | null): string {
  if (reason === 'rejected-by-ses')
    return `Amazon SES accepted it and then rejected it (${detail ?? 'no reason given'}).`;
  if (reason === 'refused-by-ses') return `Amazon SES refused it: ${scrub(detail ?? 'no reason given')}`;
  return detail ?? '';
}

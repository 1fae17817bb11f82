import { PostForm } from '../ui/form.js';
import { Icon } from '../ui/icons.js';
import { When } from '../ui/when.js';
import { staffLinks } from './links.js';
import type { PlanView } from './plan-view.js';
import { may } from './rights.js';
import type { PracticeChoice, Visit } from './visit.js';

/** Whether the plan is approved; if not, what approving it would do. */
export function ApprovalCard(props: {
  visit: Visit;
  practice: PracticeChoice;
  csrf: string;
  plan: PlanView;
  /** Whether the first mails are watched before the rest follows. */
  careful: boolean;
  paused: { title: string } | null;
}) {
  const { visit, practice, plan } = props;
  const { state, counts, addresses } = plan;
  const invited = counts
    .filter(({ verdict }) => verdict === 'invite')
    .reduce((sum, { count }) => sum + count, 0);
  const what = `${invited.toLocaleString('en-US')} ${invited === 1 ? 'client' : 'clients'}`;
  const shared = addresses !== null && addresses < invited;
  const mails = `${(addresses ?? invited).toLocaleString('en-US')} ${addresses === 1 ? 'address' : 'addresses'}`;
  return (
    <section class="card approve-card" aria-labelledby="approval">
      <h2 id="approval">Approval</h2>
      {state.approved_at ? (
        <p>
          Approved{state.approved_by ? ` by ${state.approved_by}` : ''} on{' '}
          <When at={state.approved_at} timeZone={practice.timeZone} />. New clients who fit are invited after
          each sync.
        </p>
      ) : (
        <>
          <p>
            <strong>{what}</strong> would get an account and a Welcome Email
            {shared
              ? `, at ${mails}: those who share an address share one account and get one mail`
              : ''}.{' '}
            {props.paused
              ? `${props.paused.title} Accounts would be made at once, and no mail goes out before it is resumed.`
              : props.careful
                ? 'The first few go out alone and are watched before the rest follows.'
                : 'They go out one after the other.'}{' '}
            You can pause or recall at any time; what has gone out cannot be taken back.
          </p>
          {!may(visit.staff.role, 'run-waves') ? (
            <p class="muted">A manager or the owner approves it.</p>
          ) : plan.settled ? (
            <PostForm
              action={`${staffLinks.emailMarketing}/approve`}
              csrf={props.csrf}
              confirm={`Invite ${what}${shared ? ` at ${mails}` : ''}?`}
            >
              <input type="hidden" name="practice" value={practice.id} />
              <button class="button button-main">
                <Icon name="check" /> Approve and invite
              </button>
            </PostForm>
          ) : (
            <p class="muted">It can be approved as soon as the sync is done.</p>
          )}
        </>
      )}
    </section>
  );
}

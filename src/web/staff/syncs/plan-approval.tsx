import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { agoText, When } from '../../ui/when.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import type { PlanView } from './plan-view.js';
import { may } from '../team/rights.js';
import type { PracticeChoice, StaffRequest } from '../shell/staff-session.js';

interface ApprovalProps {
  staffRequest: StaffRequest;
  practice: PracticeChoice;
  csrf: string;
  plan: PlanView;
  /** Whether the first emails are watched before the rest follows. */
  careful: boolean;
  paused: { title: string } | null;
  now: Date;
}

/** Whether the plan is approved; if not, or not for everyone, what approving it would do. */
export function ApprovalCard(props: ApprovalProps) {
  const { practice, plan } = props;
  const { state, waiting, manual, whole } = plan;
  const again = state.approved_at !== null;
  return (
    <section class="card approve-card" aria-labelledby="approval">
      <h2 id="approval">Approval</h2>
      {state.approved_at ? (
        <p>
          Approved{state.approved_by ? ` by ${state.approved_by}` : ''} on{' '}
          <When at={state.approved_at} timeZone={practice.timeZone} />.{' '}
          {manual
            ? 'Clients who came after that wait until you approve again.'
            : 'New clients who fit are invited after each sync.'}
          {again && waiting?.clients === 0 ? ' Nobody is waiting now.' : null}
        </p>
      ) : !whole ? (
        <p>There is no plan yet: it is made when the practice has been read to the end once.</p>
      ) : null}
      {waiting && (again ? waiting.clients > 0 : whole) ? <Waiting {...props} again={again} /> : null}
      {!whole && plan.latest && plan.latest.state !== 'failed' && !again ? (
        <p class="muted">It can be approved as soon as the sync is done.</p>
      ) : null}
    </section>
  );
}

/** Those who approving would invite, and what happens to them then. */
function Waiting(props: ApprovalProps & { again: boolean }) {
  const { staffRequest, practice, plan, again } = props;
  const { clients, addresses } = plan.waiting ?? { clients: 0, addresses: 0 };
  const what = `${clients.toLocaleString('en-US')} ${again ? 'new ' : ''}${clients === 1 ? 'client' : 'clients'}`;
  const shared = addresses < clients;
  const mails = `${addresses.toLocaleString('en-US')} ${addresses === 1 ? 'address' : 'addresses'}`;
  return (
    <>
      <p>
        <strong>{what}</strong> would get an account and a Welcome Email
        {shared ? `, at ${mails}: those who share an address share one account and get one mail` : ''}.{' '}
        {props.paused
          ? `${props.paused.title} Accounts would be made at once, and no email goes out before it is resumed.`
          : props.careful
            ? 'The first few go out alone and are watched before the rest follows.'
            : 'They go out one after the other.'}{' '}
        {plan.manual ? 'Clients who come later wait until you approve again. ' : null}
        You can pause or recall at any time; what has gone out cannot be recalled.
      </p>
      {plan.dataFrom ? (
        <p>
          The plan is made from data of <When at={plan.dataFrom} timeZone={practice.timeZone} />,{' '}
          {agoText(plan.dataFrom, props.now)}.
        </p>
      ) : null}
      {!may(staffRequest.staff.role, 'run-waves') ? (
        <p class="muted">A manager or the owner approves it.</p>
      ) : plan.approvable ? (
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
      ) : plan.tooOld ? (
        <p>
          These data are too old to invite anyone.{' '}
          <a href={withQuery(staffLinks.syncs, practiceQuery(staffRequest))}>Press Resync now on the Syncs page</a>; the
          plan can be approved once that sync is done.
        </p>
      ) : (
        <p class="muted">It can be approved as soon as the sync is done.</p>
      )}
    </>
  );
}

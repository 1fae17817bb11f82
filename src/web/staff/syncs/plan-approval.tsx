import { Icon } from '../../ui/icons.js';
import { agoText, When } from '../../ui/when.js';
import { staffLinks } from '../shell/routes.js';
import type { PlanView } from '../../views/invite-plan.js';
import { PracticeForm } from '../shell/practice-form.js';
import { useLink, useRight } from '../shell/staff-context.js';

interface ApprovalProps {
  plan: PlanView;
  /** Whether the campaign starts with a rollout: bounces of the first emails are watched before the rest follows. */
  careful: boolean;
  paused: { title: string } | null;
  now: Date;
}

/** Shows whether the plan is approved, and the effect of an approval if clients wait for one. */
export function ApprovalCard(props: ApprovalProps) {
  const { plan } = props;
  const { state, waiting, manual, whole } = plan;
  const again = state.approvedAt !== null;
  return (
    <section class="card approve-card" aria-labelledby="approval">
      <h2 id="approval">Approval</h2>
      {state.approvedAt ? (
        <p>
          Approved{state.approvedBy ? ` by ${state.approvedBy}` : ''} on <When at={state.approvedAt} />.{' '}
          {manual ? 'Later clients wait until you approve again.' : 'New matching clients are invited after each sync.'}
          {again && waiting?.clients === 0 ? ' No client is waiting now.' : null}
        </p>
      ) : !whole ? (
        <p>There is no plan yet. It appears after the first full sync of the practice.</p>
      ) : null}
      {waiting && (again ? waiting.clients > 0 : whole) ? <Waiting {...props} again={again} /> : null}
      {!whole && plan.latest && plan.latest.state !== 'failed' && !again ? (
        <p class="muted">You can approve it once the sync is done.</p>
      ) : null}
    </section>
  );
}

/** Shows the clients that an approval would invite, and what happens to them. */
function Waiting(props: ApprovalProps & { again: boolean }) {
  const { plan, again } = props;
  const { clients, addresses } = plan.waiting ?? { clients: 0, addresses: 0 };
  const what = `${clients.toLocaleString('en-US')} ${again ? 'new ' : ''}${clients === 1 ? 'client' : 'clients'}`;
  const shared = addresses < clients;
  const mails = `${addresses.toLocaleString('en-US')} ${addresses === 1 ? 'address' : 'addresses'}`;
  return (
    <>
      <p>
        <strong>{what}</strong> would get an account and a Welcome Email
        {shared ? `, at ${mails}: clients who share an address share one account and get one email` : ''}.{' '}
        {props.paused
          ? `${props.paused.title} Accounts would be created at once, and no email goes out until mail is resumed.`
          : props.careful
            ? 'A few emails go out first, and their bounces are watched before the rest follows.'
            : 'They go out one after the other.'}{' '}
        {plan.manual ? 'Later clients wait until you approve again. ' : null}
        You can pause or recall emails at any time; emails already sent cannot be recalled.
      </p>
      {plan.dataFrom ? (
        <p>
          The plan is based on data of <When at={plan.dataFrom} />, {agoText(plan.dataFrom, props.now)}.
        </p>
      ) : null}
      {!useRight('run-campaigns') ? (
        <p class="muted">A manager or the owner can approve the plan.</p>
      ) : plan.approvable ? (
        <PracticeForm
          action={`${staffLinks.emailMarketing}/approve`}
          confirm={`Invite ${what}${shared ? ` at ${mails}` : ''}?`}
        >
          <button class="button button-main">
            <Icon name="check" /> Approve and invite
          </button>
        </PracticeForm>
      ) : plan.tooOld ? (
        <p>
          This data is too old to invite anyone.{' '}
          <a href={useLink()(staffLinks.syncs)}>Press Resync now on the Syncs page</a>; the plan can be approved once
          that sync is done.
        </p>
      ) : (
        <p class="muted">You can approve it once the sync is done.</p>
      )}
    </>
  );
}

import type { PracticeMailState } from '../../../store/messages/email-marketing.js';
import type { MessageStatus } from '../../../domain/message/message-status.js';
import { Icon } from '../../ui/icons.js';
import { Notice } from '../../ui/notice.js';
import { waitOfAll, waitWhilePaused, waitOfCampaign, type DeliveryConditions } from '../../views/delivery-status.js';
import { staffLinks } from '../shell/routes.js';
import { PracticeForm } from '../shell/practice-form.js';
import { useLink, useRight } from '../shell/staff-context.js';

/** Shows whether the practice's emails go out, with the bulk actions of a manager. */
export function CampaignBar(props: {
  state: PracticeMailState;
  counts: Partial<Record<MessageStatus, number>>;
  /** Number of people whose email was never sent. */
  unsent: number;
  conditions: DeliveryConditions;
}) {
  const { state, counts, unsent, conditions } = props;
  const waiting = counts.queued ?? 0;
  const paused = waitWhilePaused(conditions);
  const ofCampaign = waiting > 0 && !paused ? waitOfCampaign(conditions) : null;
  const waits = [waitOfAll(conditions), paused, ofCampaign].filter((wait) => wait !== null);
  const sent = (counts.accepted ?? 0) + (counts.delivered ?? 0) + (counts.delayed ?? 0);
  return (
    <>
      {!state.approvedAt ? (
        <Notice tone="info" title="No client is invited yet: the invite plan needs approval.">
          <a href={useLink()(staffLinks.plan)}>Review the plan</a>
        </Notice>
      ) : null}
      {waits.map(({ title, more, tone }) => (
        <Notice key={title} tone={tone} title={title}>
          {more}
        </Notice>
      ))}
      {useRight('run-campaigns') ? (
        <div class="actions actions-row">
          {state.pausedAt ? (
            <CampaignAction what="resume" icon="play" label="Resume mail" />
          ) : (
            <CampaignAction what="pause" icon="pause" label="Pause mail" />
          )}
          {waiting > 0 ? (
            <CampaignAction
              what="recall"
              icon="undo"
              label={`Recall ${waiting.toLocaleString('en-US')} waiting`}
              confirm="Recall every email that has not gone out yet, and pause this practice’s mail? No email goes out until you resume it."
            />
          ) : null}
          {unsent > 0 ? (
            <CampaignAction
              what="resend-rest"
              rest="not-sent"
              icon="mail"
              label={`Send unsent emails (${unsent.toLocaleString('en-US')})`}
              confirm="Send the email to everyone whose email was recalled, rejected or failed?"
            />
          ) : null}
          {sent > 0 ? (
            <CampaignAction
              what="resend-rest"
              rest="not-logged-in"
              icon="mail"
              label="Resend to everyone not logged in"
              confirm="Send the Welcome Email again to everyone who has not logged in yet? Bounced addresses are left out."
            />
          ) : null}
        </div>
      ) : null}
    </>
  );
}

function CampaignAction(props: {
  what: 'pause' | 'resume' | 'recall' | 'resend-rest';
  icon: 'pause' | 'play' | 'undo' | 'mail';
  label: string;
  rest?: 'not-sent' | 'not-logged-in';
  confirm?: string;
}) {
  return (
    <PracticeForm
      action={`${staffLinks.emailMarketing}/${props.what}`}
      {...(props.confirm ? { confirm: props.confirm } : {})}
    >
      {props.rest ? <input type="hidden" name="rest" value={props.rest} /> : null}
      <button class="button">
        <Icon name={props.icon} /> {props.label}
      </button>
    </PracticeForm>
  );
}

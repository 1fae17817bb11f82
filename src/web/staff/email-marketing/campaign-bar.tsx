import type { PracticeMailState } from '../../../store/messages/email-marketing.js';
import type { WelcomeState } from '../../../store/db/tables.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { Notice } from '../../ui/notice.js';
import { waitOfAll, waitOfPause, waitOfWave, type MailWeather } from './delivery-status.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { may } from '../team/rights.js';
import type { PracticeChoice, Visit } from '../shell/staff-session.js';

/** Whether the practice's mail goes out, and what a manager can do about all of it at once. */
export function WaveBar(props: {
  visit: Visit;
  practice: PracticeChoice;
  csrf: string;
  state: PracticeMailState;
  counts: Partial<Record<WelcomeState, number>>;
  /** To how many people a mail that never went would go now. */
  unsent: number;
  weather: MailWeather;
}) {
  const { visit, state, counts, unsent, weather } = props;
  const waiting = counts.owed ?? 0;
  const paused = waitOfPause(weather);
  const ofWave = waiting > 0 && !paused ? waitOfWave(weather) : null;
  const waits = [waitOfAll(weather), paused, ofWave].filter((wait) => wait !== null);
  const sent = (counts.accepted ?? 0) + (counts.delivered ?? 0) + (counts.delayed ?? 0);
  return (
    <>
      {!state.approved_at ? (
        <Notice tone="info" title="Nobody has been invited yet: the invite plan waits for approval.">
          <a href={withQuery(staffLinks.plan, practiceQuery(visit))}>Look at the plan</a>
        </Notice>
      ) : null}
      {waits.map(({ title, more, tone }) => (
        <Notice key={title} tone={tone} title={title}>
          {more}
        </Notice>
      ))}
      {may(visit.staff.role, 'run-waves') ? (
        <div class="actions actions-row">
          {state.mail_paused_at ? (
            <Wave {...props} what="resume" icon="play" label="Resume mail" />
          ) : (
            <Wave {...props} what="pause" icon="pause" label="Pause mail" />
          )}
          {waiting > 0 ? (
            <Wave
              {...props}
              what="recall"
              icon="undo"
              label={`Recall ${waiting.toLocaleString('en-US')} waiting`}
              confirm="Take back every mail that has not gone out yet, and pause this practice’s mail? Nothing more goes out until you resume it."
            />
          ) : null}
          {unsent > 0 ? (
            <Wave
              {...props}
              what="resend-rest"
              rest="not-sent"
              icon="mail"
              label={`Send what never went (${unsent.toLocaleString('en-US')})`}
              confirm="Send the mail to everyone whose mail was recalled, refused or failed?"
            />
          ) : null}
          {sent > 0 ? (
            <Wave
              {...props}
              what="resend-rest"
              rest="not-logged-in"
              icon="mail"
              label="Resend the rest"
              confirm="Send the Welcome Email again to everyone who has not logged in yet? Addresses that bounced are left out."
            />
          ) : null}
        </div>
      ) : null}
    </>
  );
}

function Wave(props: {
  practice: PracticeChoice;
  csrf: string;
  what: 'pause' | 'resume' | 'recall' | 'resend-rest';
  icon: 'pause' | 'play' | 'undo' | 'mail';
  label: string;
  rest?: 'not-sent' | 'not-logged-in';
  confirm?: string;
}) {
  return (
    <PostForm
      action={`${staffLinks.emailMarketing}/${props.what}`}
      csrf={props.csrf}
      {...(props.confirm ? { confirm: props.confirm } : {})}
    >
      <input type="hidden" name="practice" value={props.practice.id} />
      {props.rest ? <input type="hidden" name="rest" value={props.rest} /> : null}
      <button class="button">
        <Icon name={props.icon} /> {props.label}
      </button>
    </PostForm>
  );
}

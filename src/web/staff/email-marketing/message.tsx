import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../../../lib/problem.js';
import { loadMail, type MailLine } from '../../../store/messages/email-marketing.js';
import { mailWithStory, type DetailMail } from '../../../store/messages/message-history.js';
import { loadCredential, type DetailCredential } from '../../../store/pet-parents/pet-parent-details.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { Chip } from '../../ui/notice.js';
import { mailKinds, mailWords } from '../../ui/state-words.js';
import { When } from '../../ui/when.js';
import { DetailsHead } from '../pet-parents/details-head.js';
import { staffLinks } from '../shell/routes.js';
import { IssuedElsewhere } from '../pet-parents/issued-elsewhere.js';
import { PasswordLine } from '../pet-parents/password-line.js';
import { notVisible, reveal, type Revealed } from '../pet-parents/reveal.js';
import { may, mustBeAllowed } from '../team/rights.js';
import { StaffShell } from '../shell/staff-shell.js';
import { leftMeaning, mailMeaning, weatherOf, type MailWeather } from './delivery-status.js';
import { mailEntries, newestFirst } from '../pet-parents/timeline.js';
import { readTold, type Told } from '../shell/flash-messages.js';
import { ToldNotice } from '../shell/flash-notice.js';
import { staffFormToken, visitOf, type PracticeChoice, type Visit } from '../shell/staff-session.js';

export interface WelcomePath {
  practice: string;
  welcome: string;
}

interface Loaded {
  line: MailLine;
  mail: DetailMail;
  credential: DetailCredential | null;
  practice: PracticeChoice;
  weather: MailWeather;
}

/** One mail of a practice that the visitor may see. @throws Problem `not-found` */
export async function mailFor(deps: WebDeps, visit: Visit, path: WelcomePath): Promise<Loaded> {
  const line = await loadMail(deps.db, visit.allowed, path.practice, path.welcome);
  const mail = line ? await mailWithStory(deps.db, visit.allowed, line.id) : null;
  if (!line || !mail)
    throw new Problem({ code: 'not-found', message: 'There is no such mail in this practice.' });
  const practice = visit.practices.find(({ id }) => id === line.practiceId) as PracticeChoice;
  const weathers = await weatherOf(deps, [practice]);
  const credential = line.canSee ? await loadCredential(deps.db, line.accountId, deps.clock()) : null;
  return { line, mail, credential, practice, weather: weathers.get(practice.id) as MailWeather };
}

/** Marketing > Email Marketing > View Details: the mail, and the full login while nobody has logged in. */
export function welcomePage(app: FastifyInstance, deps: WebDeps): void {
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    loaded: Loaded,
    view: { revealed?: Revealed; told?: Told | null },
  ) =>
    sendHtml(
      reply,
      <WelcomeDetails
        visit={visitOf(request)}
        csrf={staffFormToken(request, reply)}
        loaded={loaded}
        revealed={view.revealed ?? null}
        told={view.told ?? null}
        seconds={deps.settings.revealSeconds}
      />,
    );

  app.get('/staff/email-marketing/:practice/:welcome', async (request, reply) => {
    const loaded = await mailFor(deps, visitOf(request), request.params as WelcomePath);
    return show(request, reply, loaded, { told: readTold(request) });
  });

  app.get('/staff/email-marketing/:practice/:welcome/login', async (request, reply) => {
    const { practice, welcome } = request.params as WelcomePath;
    return reply.redirect(staffLinks.welcome(practice, welcome));
  });

  app.post('/staff/email-marketing/:practice/:welcome/login', async (request, reply) => {
    const visit = visitOf(request);
    mustBeAllowed(visit.staff.role, 'see-passwords');
    const loaded = await mailFor(deps, visit, request.params as WelcomePath);
    const { practiceId, accountId } = loaded.line;
    const { actor, address, allowed } = visit;
    const screen = 'Marketing > Email Marketing';
    const shown = await reveal(deps, {
      actor,
      address,
      allowed,
      practiceId,
      accountId,
      action: 'login-viewed',
      screen,
    });
    if (shown.visible) return show(request, reply, loaded, { revealed: shown });
    const fresh = await mailFor(deps, visit, request.params as WelcomePath);
    return show(request, reply, fresh, { told: { tone: 'info', title: notVisible[shown.why] } });
  });
}

function WelcomeDetails(props: {
  visit: Visit;
  csrf: string;
  loaded: Loaded;
  revealed: Revealed | null;
  told: Told | null;
  seconds: number;
}) {
  const { visit, csrf } = props;
  const { line, mail, credential, practice, weather } = props.loaded;
  const here = staffLinks.welcome(line.practiceId, line.id);
  const words = mailWords[line.state];
  const { timeZone } = practice;
  const entries = newestFirst(mailEntries(mail, weather, line.email));
  return (
    <StaffShell visit={visit} csrf={csrf} tab="email-marketing" title={`Mail to ${line.name}`}>
      <DetailsHead
        visit={visit}
        parent={{ name: 'Email Marketing', href: staffLinks.emailMarketing }}
        title={line.name}
      >
        <Chip tone={line.left ? 'quiet' : words.tone}>{words.name}</Chip> {mailKinds[line.kind]}.{' '}
        {line.left ? leftMeaning(line) : mailMeaning(mail.welcome, weather)}
      </DetailsHead>
      <ToldNotice told={props.told} />
      <div class="columns">
        <div class="column-side">
          <section class="card" aria-labelledby="login-card">
            <h2 id="login-card">Full login</h2>
            <dl class="facts">
              <div>
                <dt>User email</dt>
                <dd>
                  <span id="user-id" class="break">
                    {line.email}
                  </span>
                  <button type="button" class="button button-small" data-copy="user-id" hidden>
                    <Icon name="copy" /> <span data-copy-label>Copy</span>
                  </button>
                </dd>
              </div>
              {credential?.visible ? (
                <PasswordLine
                  credential={credential}
                  revealed={props.revealed}
                  csrf={csrf}
                  action={`${here}/login`}
                  hideHref={here}
                  seconds={props.seconds}
                  timeZone={timeZone}
                  mayAsk={may(visit.staff.role, 'see-passwords')}
                />
              ) : null}
              {line.firstLoginAt ? (
                <div>
                  <dt>First login</dt>
                  <dd>
                    <When at={line.firstLoginAt} timeZone={timeZone} />
                  </dd>
                </div>
              ) : null}
            </dl>
            {line.canSee ? null : <IssuedElsewhere isUsed={line.isUsed} />}
            {may(visit.staff.role, 'help-person') ? (
              <MailActions here={here} csrf={csrf} line={line} />
            ) : null}
          </section>
        </div>
        <div class="column-main">
          <section class="card" aria-labelledby="mail-card">
            <h2 id="mail-card">What became of it</h2>
            <ol class="timeline">
              {entries.map((entry, index) => (
                <li key={index} class={`tone-${entry.tone}`}>
                  <p class="timeline-title">{entry.title}</p>
                  {entry.more ? <p class="timeline-more">{entry.more}</p> : null}
                  <p class="timeline-when">
                    <When at={entry.at} timeZone={timeZone} />
                  </p>
                </li>
              ))}
            </ol>
          </section>
          {line.clientPimsId ? (
            <p>
              <a href={staffLinks.petParent(line.practiceId, line.clientPimsId)}>
                Everything about {line.name}
              </a>
            </p>
          ) : null}
        </div>
      </div>
    </StaffShell>
  );
}

function MailActions({ here, csrf, line }: { here: string; csrf: string; line: MailLine }) {
  return (
    <div class="actions">
      {line.isUsed ? null : (
        <PostForm action={`${here}/resend`} csrf={csrf}>
          <button class="button">
            <Icon name="mail" /> Resend
          </button>
        </PostForm>
      )}
      {line.state === 'uncertain' ? (
        <>
          <PostForm action={`${here}/settle`} csrf={csrf}>
            <input type="hidden" name="arrived" value="yes" />
            <button class="button">
              <Icon name="check" /> They have the mail
            </button>
          </PostForm>
          <PostForm action={`${here}/settle`} csrf={csrf}>
            <input type="hidden" name="arrived" value="no" />
            <button class="button">They do not have it</button>
          </PostForm>
        </>
      ) : null}
    </div>
  );
}

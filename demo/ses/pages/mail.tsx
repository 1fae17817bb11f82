import type { ComponentChildren } from 'preact';
import { headerValues } from '../headers.js';
import type { AcceptedMail, MailContent, MailEvent } from '../mails.js';
import { Status } from './status.js';
import { counted, page, Time } from './layout.js';

const mostSource = 100_000;

/** Renders one email: addresses, status, the HTML part in a sandboxed frame, the text part, headers, source. */
export function mailPage(mail: AcceptedMail, content: MailContent): string {
  const subject = content.subject || '(no subject)';
  return page(
    subject,
    <>
      <p class="back">
        <a href="/mailbox">
          <span aria-hidden="true">← </span>All emails
        </a>
      </p>
      <div class="heading">
        <h1 dir="auto">{subject}</h1>
        <Status mail={mail} />
      </div>
      <dl class="about">
        <Fact name="From">{headerValues(mail.headers, 'From').join(', ') || mail.source}</Fact>
        <Fact name="To">{mail.destinations.join(', ')}</Fact>
        <Fact name="Accepted">
          <Time at={mail.at} />
        </Fact>
        <Fact name="SES message id">
          <code>{mail.messageId}</code>
        </Fact>
        {mail.configurationSet && <Fact name="Configuration set">{mail.configurationSet}</Fact>}
        {Object.keys(mail.tags).length > 0 && <Fact name="Tags">{tagText(mail.tags)}</Fact>}
        {content.attachments.length > 0 && (
          <Fact name="Attachments">{content.attachments.map((file) => file.filename ?? file.mimeType).join(', ')}</Fact>
        )}
      </dl>
      <Html mail={mail} html={content.html} />
      <section aria-labelledby="text-part">
        <h2 id="text-part">Text part</h2>
        {content.text ? (
          <pre class="text" dir="auto">
            {content.text.trimEnd()}
          </pre>
        ) : (
          <p class="empty">This email has no text part.</p>
        )}
      </section>
      <Events events={mail.events} />
      <details>
        <summary>Headers ({mail.headers.length})</summary>
        <dl class="about">
          {mail.headers.map((header) => (
            <Fact name={header.name}>{header.value}</Fact>
          ))}
        </dl>
      </details>
      <details>
        <summary>Source ({counted(mail.raw.length)} bytes)</summary>
        <p>
          <a href={`/mailbox/${mail.id}/source`}>Full source as plain text</a>
          {mail.raw.length > mostSource && `; its first ${counted(mostSource)} bytes follow`}
        </p>
        <pre class="source">{mail.raw.subarray(0, mostSource).toString('utf8')}</pre>
      </details>
    </>,
  );
}

/** Renders the page for a URL without an email, or whose email was dropped. */
export function missingPage(): string {
  return page(
    'Email not found',
    <>
      <h1>Email not found</h1>
      <p>This email does not exist, or the mailbox dropped it to make room for newer ones.</p>
      <p>
        <a href="/mailbox">All emails</a>
      </p>
    </>,
  );
}

function Html({ mail, html }: { mail: AcceptedMail; html: string | undefined }) {
  return (
    <section aria-labelledby="html-part">
      <div class="heading">
        <h2 id="html-part">HTML part</h2>
        {html && (
          <a class="button quiet" href={`/mailbox/${mail.id}/html`} target="_blank" rel="noreferrer">
            Open in new tab
          </a>
        )}
      </div>
      {html ? (
        <iframe
          title="HTML part of this email"
          src={`/mailbox/${mail.id}/html`}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          referrerpolicy="no-referrer"
        />
      ) : (
        <p class="empty">This email has no HTML part.</p>
      )}
    </section>
  );
}

const notified: Record<MailEvent['notified'], string> = {
  'nobody-listens': 'no subscriber',
  waiting: 'waiting for the subscriber',
  taken: 'accepted by the subscriber',
  failed: 'given up: the subscriber never accepted it',
};

function Events({ events }: { events: MailEvent[] }) {
  return (
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      <ol class="events">
        {events.map((event) => (
          <li>
            <strong>{event.type}</strong> <span>{event.recipients.join(', ')}</span> <Time at={event.at} />{' '}
            <em>{notified[event.notified]}</em>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd dir="auto">{children}</dd>
    </div>
  );
}

function tagText(tags: Record<string, string>): string {
  return Object.entries(tags)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ');
}

import { subjectOf, type AcceptedMail } from '../mails.js';
import { Status } from './status.js';
import { Address, counted, page, Time } from './layout.js';

export interface ListView {
  mails: AcceptedMail[];
  /** Total number of emails that match the search. */
  total: number;
  /** Counting from 1. */
  pageNumber: number;
  perPage: number;
  search: string;
  accepted: number;
  maxSendRate: number;
  sentLast24Hours: number;
  max24HourSend: number;
}

/** Renders the list of emails, newest first. */
export function listPage(view: ListView): string {
  const { mails, total, pageNumber, perPage, search } = view;
  const first = (pageNumber - 1) * perPage + 1;
  const searched = search.trim() !== '';
  return page(
    searched ? `Search: ${search}` : 'All emails',
    <>
      <div class="heading">
        <h1>{searched ? 'Search' : 'All emails'}</h1>
        <a class="button quiet" href={linkTo(1, search)}>
          Refresh
        </a>
      </div>
      <Facts view={view} />
      <form class="search" action="/mailbox" method="get" role="search">
        <label for="q">Recipient or subject</label>
        <input id="q" name="q" type="search" value={search} autocomplete="off" spellcheck={false} />
        <button class="button" type="submit">
          Search
        </button>
        {searched && (
          <a class="button quiet" href="/mailbox">
            Show all
          </a>
        )}
      </form>
      {mails.length === 0 ? (
        <p class="empty">{emptyText(searched, total)}</p>
      ) : (
        <>
          <ol class="emails" reversed start={total - first + 1}>
            {mails.map((mail) => (
              <Row mail={mail} />
            ))}
          </ol>
          <nav class="pages" aria-label="Pages">
            {pageNumber > 1 && (
              <a class="button quiet" rel="prev" href={linkTo(pageNumber - 1, search)}>
                Newer
              </a>
            )}
            <span>
              {counted(first)} to {counted(first + mails.length - 1)} of {counted(total)}
            </span>
            {first + mails.length - 1 < total && (
              <a class="button quiet" rel="next" href={linkTo(pageNumber + 1, search)}>
                Older
              </a>
            )}
          </nav>
        </>
      )}
    </>,
  );
}

function Facts({ view }: { view: ListView }) {
  const day = view.max24HourSend === -1 ? 'without limit' : `of ${counted(view.max24HourSend)}`;
  return (
    <dl class="facts">
      <div>
        <dt>Accepted since start</dt>
        <dd>{counted(view.accepted)}</dd>
      </div>
      <div>
        <dt>Rate allowed</dt>
        <dd>{counted(view.maxSendRate)} a second</dd>
      </div>
      <div>
        <dt>Last 24 hours</dt>
        <dd>
          {counted(view.sentLast24Hours)} {day}
        </dd>
      </div>
    </dl>
  );
}

function Row({ mail }: { mail: AcceptedMail }) {
  const [to = '', ...others] = mail.destinations;
  return (
    <li>
      <a href={`/mailbox/${mail.id}`}>
        <span class="to" dir="auto">
          <Address of={to} />
          {others.length > 0 && ` and ${others.length} more`}
        </span>
        <span class="subject" dir="auto">
          {subjectOf(mail) || '(no subject)'}
        </span>
        <Status mail={mail} />
        <Time at={mail.at} />
      </a>
    </li>
  );
}

function emptyText(searched: boolean, total: number): string {
  if (total > 0) return 'This page is empty; its emails have moved to other pages.';
  if (searched) return 'No email has this text in its recipients or subject.';
  return 'No emails yet. Set AWS_ENDPOINT_URL_SES to this address and send one.';
}

function linkTo(pageNumber: number, search: string): string {
  const query = new URLSearchParams();
  if (search) query.set('q', search);
  if (pageNumber > 1) query.set('page', String(pageNumber));
  return query.size > 0 ? `/mailbox?${query}` : '/mailbox';
}

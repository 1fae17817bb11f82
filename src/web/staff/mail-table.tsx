import type { MailLine } from '../../store/email-marketing.js';
import { Chip } from '../ui/notice.js';
import { mailKinds, mailWords } from '../ui/state-words.js';
import { When } from '../ui/when.js';
import { staffLinks } from './links.js';

/** The mails of a practice. On a phone each row becomes a card; the roles keep it a table for screen readers. */
export function MailTable(props: { lines: readonly MailLine[]; timeZone: string }) {
  const heads = ['Name', 'Email', 'Mail', 'Status'];
  return (
    <table class="list" role="table">
      <caption class="hidden">Welcome emails</caption>
      <thead role="rowgroup">
        <tr role="row">
          {heads.map((head) => (
            <th key={head} role="columnheader" scope="col">
              {head}
            </th>
          ))}
          <th role="columnheader" scope="col" class="action">
            Action
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {props.lines.map((line) => (
          <Line key={line.id} line={line} timeZone={props.timeZone} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ line, timeZone }: { line: MailLine; timeZone: string }) {
  const { name, tone } = mailWords[line.state];
  return (
    <tr role="row">
      <th role="rowheader" scope="row" class="who">
        <span class="who-name">{line.name}</span>
      </th>
      <td role="cell" class="contact">
        {line.email}
      </td>
      <td role="cell">
        {mailKinds[line.kind]}
        <span class="muted block">
          <When at={line.createdAt} timeZone={timeZone} />
        </span>
      </td>
      <td role="cell" class="state">
        <Chip tone={tone}>{name}</Chip>
        <span class="muted state-more">{more(line)}</span>
      </td>
      <td role="cell" class="action">
        <a class="button button-small" href={staffLinks.welcome(line.practiceId, line.id)}>
          View Details
          <span class="hidden"> of the mail to {line.name}</span>
        </a>
      </td>
    </tr>
  );
}

/** What explains the status: the reason when the mail did not arrive, that the person has logged in when it did. */
function more(line: MailLine): string {
  if (line.firstLoginAt) return 'has logged in';
  return mailWords[line.state].tone === 'good' ? '' : (line.detail ?? '');
}

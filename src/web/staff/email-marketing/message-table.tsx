import { whyOf } from '../../../domain/message/message-reasons.js';
import type { MessageLine } from '../../../store/messages/email-marketing.js';
import { ActionCell, Cell, HeadCell, ListTable, Row } from '../../ui/list-table.js';
import { Chip } from '../../ui/notice.js';
import { mailKinds, mailWords } from '../../ui/state-words.js';
import { When } from '../../ui/when.js';
import { staffLinks } from '../shell/routes.js';

export function MessageTableView(props: { lines: readonly MessageLine[]; timeZone: string }) {
  return (
    <ListTable caption="Welcome emails" heads={['Name', 'Email', 'Mail', 'Status']}>
      {props.lines.map((line) => (
        <Line key={line.id} line={line} timeZone={props.timeZone} />
      ))}
    </ListTable>
  );
}

function Line({ line, timeZone }: { line: MessageLine; timeZone: string }) {
  const { name, tone } = mailWords[line.state];
  return (
    <Row>
      <HeadCell>
        <span class="who-name">{line.name}</span>
      </HeadCell>
      <Cell class="contact">
        {line.left ? (line.sentTo ?? 'a former address') : line.email}
        {line.left && line.canSee ? <span class="muted block">now {line.email}</span> : null}
      </Cell>
      <Cell>
        {mailKinds[line.kind]}
        <span class="muted block">
          <When at={line.createdAt} timeZone={timeZone} />
        </span>
      </Cell>
      <Cell class="state">
        <Chip tone={line.left ? 'quiet' : tone}>{name}</Chip>
        <span class="muted state-more">{more(line)}</span>
      </Cell>
      <ActionCell href={staffLinks.welcome(line.practiceId, line.id)} of={`of the email to ${line.name}`} />
    </Row>
  );
}

/** What explains the status: the reason when the email did not arrive, that the person has logged in when it did. */
function more(line: MessageLine): string {
  if (line.isUsed) return 'has logged in';
  if (line.left) return 'The person has another address by now; nothing is to be done about this email.';
  return mailWords[line.state].tone === 'good' ? '' : (whyOf(line) ?? '');
}

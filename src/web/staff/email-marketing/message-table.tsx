import { messageKinds } from '../../../domain/message/message-kinds.js';
import { whyOf } from '../../../domain/message/message-reasons.js';
import type { MessageLine } from '../../../store/messages/message-lines.js';
import { ActionCell, Cell, HeadCell, ListTable, Row } from '../../ui/list-table.js';
import { Chip } from '../../ui/notice.js';
import { mailWords } from '../../ui/state-words.js';
import { When } from '../../ui/when.js';
import { staffLinks } from '../shell/routes.js';

export function MessageTableView({ lines }: { lines: readonly MessageLine[] }) {
  return (
    <ListTable caption="Emails" heads={['Name', 'Email', 'Kind', 'Status']}>
      {lines.map((line) => (
        <Line key={line.id} line={line} />
      ))}
    </ListTable>
  );
}

function Line({ line }: { line: MessageLine }) {
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
        {messageKinds[line.kind].name}
        <span class="muted block">
          <When at={line.createdAt} />
        </span>
      </Cell>
      <Cell class="state">
        <Chip tone={line.left ? 'quiet' : tone}>{name}</Chip>
        <span class="muted state-more">{more(line)}</span>
      </Cell>
      <ActionCell href={staffLinks.message(line.practiceId, line.id)} of={`of the email to ${line.name}`} />
    </Row>
  );
}

/** Explains the status: that the pet parent has logged in, or why the email did not arrive. */
function more(line: MessageLine): string {
  if (line.isUsed) return 'has logged in';
  if (line.left) return 'The pet parent now has another address. You need not do anything about this email.';
  return mailWords[line.state].tone === 'good' ? '' : (whyOf(line) ?? '');
}

import type { PetParentLine } from '../../../store/pet-parents/pet-parents.js';
import { ActionCell, Cell, HeadCell, ListTable, Row } from '../../ui/list-table.js';
import { Chip } from '../../ui/notice.js';
import { usePage } from '../../ui/page-context.js';
import { phoneText } from '../../ui/phone.js';
import { reasonTitle, stateWords } from '../../ui/state-words.js';
import { dateText } from '../../ui/when.js';
import { staffLinks } from '../shell/routes.js';

export function PetParentTable({ lines }: { lines: readonly PetParentLine[] }) {
  return (
    <ListTable caption="Pet parents" heads={['Name', 'Contact', 'Pets', 'State']}>
      {lines.map((line) => (
        <Line key={line.pimsId} line={line} />
      ))}
    </ListTable>
  );
}

function Line({ line }: { line: PetParentLine }) {
  const state = stateWords[line.state];
  return (
    <Row>
      <HeadCell>
        <span class="who-name">{line.name}</span>
        {line.displayId ? <span class="muted"> #{line.displayId}</span> : null}
      </HeadCell>
      <Cell class="contact">
        <span>{line.email ?? <span class="muted">no email</span>}</span>
        {line.phone ? <span class="muted">{phoneText(line.phone)}</span> : null}
      </Cell>
      <Cell class="pets">{petList(line.pets)}</Cell>
      <Cell class="state">
        <Chip tone={state.tone}>{state.name}</Chip>
        <span class="muted state-more">{more(line, usePage().timeZone)}</span>
      </Cell>
      <ActionCell href={staffLinks.petParent(line.practiceId, line.pimsId)} of={`of ${line.name}`} />
    </Row>
  );
}

function petList(pets: readonly string[]) {
  if (pets.length === 0) return <span class="muted">none</span>;
  return pets.length > 3 ? `${pets.slice(0, 3).join(', ')} and ${pets.length - 3} more` : pets.join(', ');
}

function more(line: PetParentLine, timeZone: string): string {
  if ((line.state === 'on-hold' || line.state === 'not-invited') && line.reason) return reasonTitle(line.reason);
  if (line.state === 'invited' && line.expiresAt) return `until ${dateText(line.expiresAt, timeZone)}`;
  if (line.state === 'expired' && line.expiresAt) return `on ${dateText(line.expiresAt, timeZone)}`;
  if (line.state === 'active' && line.lastLoginAt) return `last log-in ${dateText(line.lastLoginAt, timeZone)}`;
  return '';
}

import type { PetParentLine } from '../../store/pet-parents.js';
import { Chip } from '../ui/notice.js';
import { phoneText } from '../ui/phone.js';
import { reasonTitle, stateWords } from '../ui/state-words.js';
import { dateText } from '../ui/when.js';
import { staffLinks } from './links.js';

/** The list itself. On a phone each row becomes a card; the roles keep it a table for screen readers. */
export function PetParentTable(props: { lines: readonly PetParentLine[]; timeZone: string }) {
  return (
    <table class="list" role="table">
      <caption class="hidden">Pet parents</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            Name
          </th>
          <th role="columnheader" scope="col">
            Contact
          </th>
          <th role="columnheader" scope="col">
            Pets
          </th>
          <th role="columnheader" scope="col">
            State
          </th>
          <th role="columnheader" scope="col" class="action">
            Action
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {props.lines.map((line) => (
          <Line key={line.pimsId} line={line} timeZone={props.timeZone} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ line, timeZone }: { line: PetParentLine; timeZone: string }) {
  const state = stateWords[line.state];
  return (
    <tr role="row">
      <th role="rowheader" scope="row" class="who">
        <span class="who-name">{line.name}</span>
        {line.displayId ? <span class="muted"> #{line.displayId}</span> : null}
      </th>
      <td role="cell" class="contact">
        <span>{line.email ?? <span class="muted">no email</span>}</span>
        {line.phone ? <span class="muted">{phoneText(line.phone)}</span> : null}
      </td>
      <td role="cell" class="pets">
        {petList(line.pets)}
      </td>
      <td role="cell" class="state">
        <Chip tone={state.tone}>{state.name}</Chip>
        <span class="muted state-more">{more(line, timeZone)}</span>
      </td>
      <td role="cell" class="action">
        <a class="button button-small" href={staffLinks.petParent(line.practiceId, line.pimsId)}>
          View Details
          <span class="hidden"> of {line.name}</span>
        </a>
      </td>
    </tr>
  );
}

function petList(pets: readonly string[]) {
  if (pets.length === 0) return <span class="muted">none</span>;
  return pets.length > 3 ? `${pets.slice(0, 3).join(', ')} and ${pets.length - 3} more` : pets.join(', ');
}

function more(line: PetParentLine, timeZone: string): string {
  if ((line.state === 'on-hold' || line.state === 'not-invited') && line.reason)
    return reasonTitle(line.reason);
  if (line.state === 'invited' && line.expiresAt) return `until ${dateText(line.expiresAt, timeZone)}`;
  if (line.state === 'expired' && line.expiresAt) return `on ${dateText(line.expiresAt, timeZone)}`;
  if (line.state === 'active' && line.lastLoginAt)
    return `last log-in ${dateText(line.lastLoginAt, timeZone)}`;
  return '';
}

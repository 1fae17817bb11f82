import { messageKinds } from '../../../domain/message/message-kinds.js';
import type { BrandingSheet } from '../../../domain/message/branding.js';
import { FieldError } from '../../ui/form.js';
import { fieldId, partLabels, parts, type Editing, type Part } from './editing.js';

/** Text fields of one kind of email. */
export function TextFields({
  editing,
  kind,
  open,
}: {
  editing: Editing;
  kind: BrandingSheet['texts'][number];
  open: boolean;
}) {
  const wrong = Object.keys(editing.errors).some((name) => name.startsWith(`texts.${kind.kind}.`));
  const changed = parts.some(
    (part) => (editing.fields[`texts.${kind.kind}.${part}`] ?? '').replaceAll('\r\n', '\n').trim() !== kind.parts[part],
  );
  return (
    <details class="card branding-texts" open={open || wrong}>
      <summary>
        {messageKinds[kind.kind].name}
        {changed ? <span class="muted"> (changed)</span> : null}
      </summary>
      <div class="stack">
        {parts.map((part) => (
          <Words key={part} editing={editing} name={`texts.${kind.kind}.${part}`} part={part} />
        ))}
        <p class="hint">
          Available placeholders:{' '}
          {kind.variables.map((name) => (
            <>
              <code key={name}>{`{{${name}}}`}</code>{' '}
            </>
          ))}
          Leave a field empty to use the default text.
        </p>
      </div>
    </details>
  );
}

function Words({ editing, name, part }: { editing: Editing; name: string; part: Part }) {
  const id = fieldId(name);
  const error = editing.errors[name];
  const attributes = {
    id,
    name,
    'aria-invalid': error ? ('true' as const) : undefined,
    'aria-describedby': error ? `${id}-error` : undefined,
  };
  return (
    <div class={`field${error ? ' field-wrong' : ''}`}>
      <label for={id}>{partLabels[part]}</label>
      {part === 'subject' ? (
        <input type="text" value={editing.fields[name]} maxLength={200} {...attributes} />
      ) : (
        <textarea rows={part === 'opening' ? 5 : 2} maxLength={4000} {...attributes}>
          {editing.fields[name]}
        </textarea>
      )}
      <FieldError id={`${id}-error`}>{error}</FieldError>
    </div>
  );
}
